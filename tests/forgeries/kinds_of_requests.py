"""Forgeries that change a signed request: method, path, query, headers, host, and what is sent twice."""

from dataclasses import replace

from world import BUCKET, KEPT

#: What Version 2 leaves unsigned cannot be forged: queries that are no part of the resource, and most headers.
_SIGNED_QUERY_2 = ("acl", "tagging", "uploads", "versionId=null", "response-content-type=text%2Fevil", "x-amz-acl=x")
_IS_FORM = ("form v4", "form v2")


def _is_version_2(signed):
    return signed.form.startswith("v2")


def another_method(signed, world, random):
    if signed.form in _IS_FORM:
        return None
    others = [one for one in ("GET", "PUT", "POST", "DELETE", "HEAD", "PATCH") if one != signed.call.method]
    return replace(signed.call, method=random.choice(others))


def another_path(signed, world, random):
    if signed.form in _IS_FORM:
        return None
    path = signed.call.path
    if signed.is_s3:
        other = random.choice([f"/{BUCKET}/{random.choice(list(KEPT))}", path + "x", path + "/", path[:-1], "/other/k"])
    else:
        other = random.choice([path + "x", path + "/", "/canary", "//" if path == "/" else path.upper(), path + "/."])
    return None if other == path else replace(signed.call, path=other)


def dots_in_the_path(signed, world, random):
    if signed.form in _IS_FORM:
        return None
    parts = signed.call.path.split("/")
    parts.insert(random.randrange(1, len(parts)), random.choice([".", "x/..", "", "%2e", "..", "%2E%2E"]))
    return replace(signed.call, path="/".join(parts))


def a_query_added(signed, world, random):
    if signed.form in _IS_FORM:
        return None
    signed_by_2 = _SIGNED_QUERY_2 if signed.form == "v2 query" else _SIGNED_QUERY_2[:-1]
    more = signed_by_2 if _is_version_2(signed) else (*_SIGNED_QUERY_2, "x=y", "canary", "Action=DeleteUser")
    pair = random.choice([pair for pair in more if pair not in signed.call.query])
    place = random.randrange(len(signed.call.query) + 1)
    return replace(signed.call, query=(*signed.call.query[:place], pair, *signed.call.query[place:]))


def _signed_pairs(signed):
    """The parameters that the signature covers."""
    if signed.form in _IS_FORM:
        return []
    names = tuple(pair.split("=")[0] for pair in _SIGNED_QUERY_2)
    return [
        pair
        for pair in signed.call.query
        if not pair.startswith("X-Amz-Signature=")
        and (not _is_version_2(signed) or pair.lower().startswith((*map(str.lower, names), "expires=", "content-")))
    ]


def a_query_taken_away(signed, world, random):
    pairs = _signed_pairs(signed)
    if not pairs:
        return None
    gone = random.choice(pairs)
    return replace(signed.call, query=tuple(pair for pair in signed.call.query if pair != gone))


def another_value_in_the_query(signed, world, random):
    pairs = _signed_pairs(signed)
    if not pairs:
        return None
    old = random.choice(pairs)
    name, _, value = old.partition("=")
    new = f"{name}={random.choice([value + '1', value[:-1] + 'x', 'canary'])}"
    return replace(signed.call, query=tuple(new if pair == old else pair for pair in signed.call.query))


def a_query_sent_twice(signed, world, random):
    """Before and behind the first, with the same value and another."""
    pairs = _signed_pairs(signed)
    if signed.form == "presigned":
        pairs = [*pairs, *(pair for pair in signed.call.query if pair.startswith("X-Amz-Signature="))]
    pairs = [pair for pair in pairs if not pair.startswith(("Expires=", "tagging", "uploads", "acl"))]
    if not pairs:
        return None
    name, _, value = random.choice(pairs).partition("=")
    name = random.choice([name, name.title()]) if name in ("x-amz-acl", "content-type") else name
    more = f"{name}={random.choice(['public-read', value + '1'])}"
    return replace(signed.call, query=random.choice([(more, *signed.call.query), (*signed.call.query, more)]))


def _signed_headers(signed):
    """Host has kinds of its own; Version 2 does not sign a date that x-amz-date stands for."""
    if signed.form in _IS_FORM:
        return []
    return [
        (name, value)
        for name, value in signed.call.headers
        if name.lower().startswith("x-amz") or name.lower() in ("content-type", "content-md5")
    ]


def another_value_of_a_header(signed, world, random):
    headers = _signed_headers(signed)
    if not headers:
        return None
    name, value = random.choice(headers)
    changed = [value + "1", "canary", value[:-1] + ("x" if value[-1] != "x" else "y"), value + "\u00a0", value + ", "]
    return signed.call.having(name, random.choice(changed))


def a_header_taken_away(signed, world, random):
    headers = _signed_headers(signed)
    return signed.call.without(random.choice(headers)[0]) if headers else None


def a_header_sent_twice(signed, world, random):
    headers = [*_signed_headers(signed), *((n, v) for n, v in signed.call.headers if n == "Authorization")]
    if not headers:
        return None
    name, value = random.choice(headers)
    more = (name, random.choice([value, value + "1", "canary"]))
    call = signed.call
    return replace(call, headers=random.choice([(more, *call.headers), (*call.headers, more)]))


def a_header_added(signed, world, random):
    if signed.form in _IS_FORM:
        return None
    names = ["X-Amz-Meta-Evil", "x-amz-acl", "X-Amz-Copy-Source", "X-Amz-Security-Token", "x-amz-tagging", "X-AMZ-X"]
    name = random.choice([name for name in names if signed.call.header(name) is None])
    return signed.call.adding(name, f"/{BUCKET}/kept-1")


def another_host(signed, world, random):
    """Version 2 signs the bucket and not the host that names it, and a form's host is nowhere signed."""
    if signed.form in _IS_FORM or _is_version_2(signed):
        return None
    hosts = ["sagemaker.eu-west-1.amazonaws.com", "other.s3.localhost", "127.0.0.1", "localhost:1", "s3.localhost"]
    return signed.call.having("Host", random.choice(hosts))


def a_second_host(signed, world, random):
    if signed.form in _IS_FORM or _is_version_2(signed):
        return None
    return signed.call.adding("Host", random.choice([world.host, "evil"]))


def a_resource_in_the_host(signed, world, random):
    """The resource of Version 2 is text: a host that holds a part of it would make the same text for another key."""
    pairs = [pair for pair in signed.call.query if pair.startswith("response-content-type=text%2F")]
    if signed.form != "v2 query" or not pairs:
        return None
    bucket = f"{signed.call.path.lstrip('/')}?response-content-type=text.s3.localhost"
    rest = tuple(pair for pair in signed.call.query if pair not in pairs)
    call = replace(signed.call, path="/x-own", query=rest)
    return call.having("Host", f"{bucket}:{world.host.rsplit(':')[-1]}")


def a_parameter_inside_another(signed, world, random):
    """`a=1&versionId=2` and `a=1%26versionId=2` are the same text to Version 2."""
    query = signed.call.query
    if signed.form != "v2 query" or "versionId=null" not in query:
        return None
    swallowed = tuple(
        pair + "%26versionId%3Dnull" if pair.startswith("response-content-type") else pair
        for pair in query
        if pair != "versionId=null"
    )
    return replace(signed.call, query=swallowed)


def a_header_moved_to_the_query(signed, world, random):
    """It would be signed as before, and not be read any more."""
    headers = [pair for pair in _signed_headers(signed) if pair[0].lower() != "x-amz-date"]
    if signed.form not in ("v2 header", "header") or not headers:
        return None
    name, value = random.choice(headers)
    from_query = f"{name.lower()}={value.replace('/', '%2F').replace(' ', '%20').replace('+', '%2B')}"
    return replace(signed.call.without(name), query=(*signed.call.query, from_query))


KINDS = {
    function.__name__.replace("_", " "): function
    for function in (
        another_method,
        another_path,
        dots_in_the_path,
        a_query_added,
        a_query_taken_away,
        another_value_in_the_query,
        a_query_sent_twice,
        another_value_of_a_header,
        a_header_taken_away,
        a_header_sent_twice,
        a_header_added,
        another_host,
        a_second_host,
        a_resource_in_the_host,
        a_parameter_inside_another,
        a_header_moved_to_the_query,
    )
}
