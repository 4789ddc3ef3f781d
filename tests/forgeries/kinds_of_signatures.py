"""Forgeries of the signature itself: its text, its algorithm, its scope, its time, the headers it names."""

import datetime
import re
from dataclasses import replace
from email.utils import format_datetime

from s3_signer import sign_header2

_HEX = "0123456789abcdef"


def _map_signature(signed, change):
    """The call with its signature changed, wherever its form has it; None for a form without such a place."""
    call = signed.call
    if signed.form.startswith("form"):
        return None
    authorization = call.header("Authorization")
    if authorization is not None:
        head, mark, signature = re.match(r"(.*)([=:])(.+)$", authorization).groups()
        if authorization.startswith("AWS "):
            head, _, signature = authorization.partition(":")
            mark = ":"
        return call.having("Authorization", head + mark + change(signature))
    pattern = re.compile(r"^((?:X-Amz-)?Signature=)(.*)$")
    return replace(call, query=tuple(pattern.sub(lambda m: m[1] + change(m[2]), pair) for pair in call.query))


def a_letter_of_the_signature_changed(signed, world, random):
    def change(signature):
        place = random.randrange(len(signature) - 4)
        letter = random.choice([one for one in _HEX if one != signature[place].lower()])
        return signature[:place] + letter + signature[place + 1 :]

    return _map_signature(signed, change)


def a_signature_cut(signed, world, random):
    return _map_signature(signed, lambda signature: signature[: -random.randrange(4, len(signature) - 1)])


def a_signature_made_longer(signed, world, random):
    return _map_signature(signed, lambda signature: signature + random.choice(["0", "00", "a" * 64, signature]))


def a_signature_in_capitals(signed, world, random):
    """Hexadecimal in capitals is another text; base64 in capitals another number."""
    return _map_signature(signed, str.upper)


def a_signature_in_other_digits(signed, world, random):
    """The same digits from elsewhere in Unicode."""
    wide = str.maketrans({digit: chr(0xFF10 + int(digit)) for digit in "0123456789"})
    quoted = signed.call.header("Authorization") is None
    translate = lambda text: text.translate(wide)  # noqa: E731 - one of two forms of the same change
    percent = lambda text: re.sub(r"(?<!%)\d", lambda m: f"%EF%BC%9{m[0]}", text)  # noqa: E731
    return _map_signature(signed, percent if quoted else translate)


def an_empty_signature(signed, world, random):
    return _map_signature(signed, lambda signature: random.choice(["", "0" * len(signature), "null", "%00"]))


def the_signature_of_another_request(signed, world, random):
    other = signed.again(at=signed.scope.at - datetime.timedelta(seconds=random.randrange(1, 50)))
    found = re.search(r"Signature=([^&,\s]+)|AWS [^:]+:(\S+)", other.header("Authorization") or other.target)
    return _map_signature(signed, lambda _: found[1] or found[2]) if found else None


def another_algorithm(signed, world, random):
    call = signed.call
    names = ["none", "AWS4-HMAC-SHA1", "AWS4-HMAC-SHA512", "AWS3-HTTPS", "AWS4-ECDSA-P256-SHA256", "Bearer", "HS256"]
    names += ["aws4-hmac-sha256", "AWS4-HMAC-SHA256-PAYLOAD", "AWS4-HMAC-SHA256x"]
    other = random.choice(names)
    if signed.form == "presigned":
        return replace(call, query=tuple(re.sub(r"^(X-Amz-Algorithm=).*", rf"\g<1>{other}", p) for p in call.query))
    authorization = call.header("Authorization")
    if authorization is None:
        return None
    return call.having("Authorization", authorization.replace(authorization.split(" ")[0], other, 1))


def no_signature(signed, world, random):
    if signed.form.startswith("form"):
        return None
    query = tuple(pair for pair in signed.call.query if not re.match("X-Amz-|AWSAccessKeyId|Signature|Expires", pair))
    return replace(signed.call.without("Authorization"), query=query)


def _map_scope(signed, change):
    """Changes the five parts of the scope where they stand."""
    call = signed.call
    authorization = call.header("Authorization")
    if authorization is not None:
        new = re.sub(r"Credential=([^,]+)", lambda m: "Credential=" + "/".join(change(m[1].split("/"))), authorization)
        return None if new == authorization else call.having("Authorization", new)
    pairs = [
        "X-Amz-Credential=" + "%2F".join(change(pair.partition("=")[2].split("%2F")))
        if pair.startswith("X-Amz-Credential=")
        else pair
        for pair in call.query
    ]
    return None if tuple(pairs) == call.query else replace(call, query=tuple(pairs))


def another_date_in_the_scope(signed, world, random):
    return _map_scope(signed, lambda parts: [parts[0], str(int(parts[1]) + random.choice([-1, 1, 100])), *parts[2:]])


def another_region_in_the_scope(signed, world, random):
    region = random.choice(["eu-west-1", "us-east-2", "US-EAST-1", "us-east-1a"])
    return _map_scope(signed, lambda parts: [*parts[:2], region, *parts[3:]])


def another_service_in_the_scope(signed, world, random):
    names = ("s3", "iam", "sts", "logs", "monitoring", "sagemaker", "kms", "S3")
    service = random.choice([name for name in names if name != signed.scope.service])
    return _map_scope(signed, lambda parts: [*parts[:3], service, *parts[4:]])


def another_end_of_the_scope(signed, world, random):
    return _map_scope(signed, lambda parts: random.choice([parts[:4], [*parts[:4], "aws5_request"], [*parts, "x"]]))


def two_scopes(signed, world, random):
    """The first would say the region, the second would be checked."""
    authorization = signed.call.header("Authorization")
    if authorization is None or authorization.startswith("AWS "):
        return None
    found = re.search(r"Credential=[^,]+", authorization)[0]
    other = random.choice([found.replace("us-east-1", "eu-west-1"), found, "Foo" + found.replace("us-east-1", "eu")])
    place = random.choice([authorization.replace(found, f"{other}, {found}"), f"{authorization}, {other}"])
    return signed.call.having("Authorization", place)


def another_time(signed, world, random):
    """Another second, within what a clock may be wrong."""
    call = signed.call
    time = (signed.scope.at + datetime.timedelta(seconds=random.choice([-60, -1, 1, 60]))).strftime("%Y%m%dT%H%M%SZ")
    if signed.form == "presigned":
        return replace(call, query=tuple(re.sub(r"^(X-Amz-Date=).*", rf"\g<1>{time}", pair) for pair in call.query))
    return call.having("X-Amz-Date", time) if call.header("X-Amz-Date") else None


def a_longer_life(signed, world, random):
    """Of an address: more seconds, or a later end."""
    more = random.choice([1, 60, 86_400])
    pattern = re.compile(r"^((?:X-Amz-)?Expires=)(\d+)$")
    query = tuple(pattern.sub(lambda m: m[1] + str(int(m[2]) + more), pair) for pair in signed.call.query)
    return None if query == signed.call.query else replace(signed.call, query=query)


def an_old_request_with_a_new_date(signed, world, random):
    """A request of Version 2 from last year; its own date goes into the query, where it would be signed still."""
    if signed.form != "v2 header":
        return None
    year_ago = signed.scope.at - datetime.timedelta(days=365)
    old = sign_header2(signed.call, replace(signed.scope, at=year_ago))
    moved = "x-amz-date=" + old.header("X-Amz-Date").replace(" ", "%20").replace(",", "%2C")
    fresh = format_datetime(datetime.datetime.now(datetime.UTC), usegmt=True)
    return replace(old.without("X-Amz-Date").having("Date", fresh), query=(*old.query, moved))


def other_signed_headers(signed, world, random):
    """A name put in, with its header; a name taken away, with its header and without."""
    call = signed.call
    authorization = call.header("Authorization") or ""
    names = re.search(r"SignedHeaders=([^,]+)", authorization)
    if names is None:
        return None
    listed = names[1].split(";")
    gone = random.choice(listed)
    kept = ";".join(name for name in listed if name != gone)
    changes = [
        call.having("Authorization", authorization.replace(names[1], ";".join(sorted([*listed, "x-amz-meta-evil"])))),
        call.having("Authorization", authorization.replace(names[1], kept)),
    ]
    if gone != "host":
        changes.append(changes[1].without(gone))
    return random.choice([changes[0].adding("x-amz-meta-evil", "1"), *changes[1:]])


KINDS = {
    function.__name__.replace("_", " "): function
    for function in (
        a_letter_of_the_signature_changed,
        a_signature_cut,
        a_signature_made_longer,
        a_signature_in_capitals,
        a_signature_in_other_digits,
        an_empty_signature,
        the_signature_of_another_request,
        another_algorithm,
        no_signature,
        another_date_in_the_scope,
        another_region_in_the_scope,
        another_service_in_the_scope,
        another_end_of_the_scope,
        two_scopes,
        another_time,
        a_longer_life,
        an_old_request_with_a_new_date,
        other_signed_headers,
    )
}
