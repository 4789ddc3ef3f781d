"""Mutations of what stands before the body: path, query, headers."""

from dataclasses import replace
from urllib.parse import quote

from odd_values import NUMBERS, a_text

#: Headers that somebody reads, and values that only they know to be odd.
HEADERS = {
    "Accept-Encoding": ("gzip", "\u00ff"),
    "Cache-Control": ("no-cache", "\u00e9"),
    "Content-Encoding": ("gzip", "br", "aws-chunked", "aws-chunked,gzip", "identity", ","),
    "Content-MD5": ("x", "1B2M2Y8AsgTpgAmY7PhCfg==", "===="),
    "Content-Type": (
        "application/json",
        "application/x-amz-json-1.0",
        "application/x-www-form-urlencoded",
        "application/cbor",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "text/xml; charset=utf-16",
        "",
        "/",
        ";",
    ),
    "Expect": ("200-ok",),
    "Expires": ("0", "x"),
    "If-Match": ("*", '"x"', "x,y", '"'),
    "If-None-Match": ("*", '"x"'),
    "If-Modified-Since": ("x", "0", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 99999 23:59:59 GMT"),
    "If-Unmodified-Since": ("x", "2020"),
    "Range": ("bytes=0-0", "bytes=-0", "bytes=5-1", "bytes=0-1,2-3", "bytes=", "x", "bytes=99999999999999999999-"),
    "Transfer-Encoding": ("identity",),
    "Upgrade": ("h2c", "websocket"),
    "X-Amz-Target": ("", ".", "SageMaker.", ".ListModels", "SageMaker.__proto__", "SageMaker.toString", "x" * 500),
    "X-Amz-User-Agent": ("\u00ff",),
    "X-Amzn-SageMaker-Custom-Attributes": ("\u00e9", "x" * 2000),
    "X-Amzn-SageMaker-Session-Id": ("NEW_SESSION", "x"),
    "X-Forwarded-For": ("1.2.3.4",),
    "X-HTTP-Method-Override": ("DELETE",),
    "smithy-protocol": ("rpc-v2-cbor", "rpc-v2-json"),
    "x-amz-acl": ("private", "x"),
    "x-amz-bucket-object-lock-enabled": ("true", "x"),
    "x-amz-checksum-algorithm": ("CRC32", "x", "__proto__"),
    "x-amz-checksum-crc32": ("x", "AAAAAA=="),
    "x-amz-checksum-sha256": ("x",),
    "x-amz-checksum-type": ("FULL_OBJECT", "x"),
    "x-amz-copy-source": (
        "/",
        "x",
        "/fuzzed-one",
        "/fuzzed-one/%zz",
        "?versionId=",
        "//",
        "%2f",
        "/fuzzed-one/key?x=1",
    ),
    "x-amz-copy-source-if-modified-since": ("x",),
    "x-amz-copy-source-range": ("bytes=0-0", "x"),
    "x-amz-date": ("x", "20201332T256199Z"),
    "x-amz-decoded-content-length": ("-1", "1", "99999999999999999999", "x"),
    "x-amz-meta-\u00e9": ("x",),
    "x-amz-meta-__proto__": ("x",),
    "x-amz-meta-": ("x",),
    "x-amz-metadata-directive": ("REPLACE", "x"),
    "x-amz-mp-object-size": ("-1", "x"),
    "x-amz-object-attributes": ("ETag", "x", ",", "ETag,,x"),
    "x-amz-object-lock-mode": ("GOVERNANCE", "x"),
    "x-amz-object-lock-retain-until-date": ("x", "2999-01-01T00:00:00Z", "99999-01-01"),
    "x-amz-optional-object-attributes": ("RestoreStatus", "x"),
    "x-amz-server-side-encryption": ("AES256", "aws:kms", "x"),
    "x-amz-storage-class": ("STANDARD", "x"),
    "x-amz-tagging": ("a=b", "a=b&a=c", "%zz", "&", "=", "a" * 300 + "=b", "&".join(f"k{n}=v" for n in range(60))),
    "x-amz-trailer": ("x-amz-checksum-crc32", ","),
    "x-amz-website-redirect-location": ("x", "/"),
}
_QUERY_WORDS = """
acl tagging versions uploads uploadId partNumber=1 partNumber=0 partNumber=x&uploadId=x versionId versionId=null
versionId=x list-type=2 list-type=3 max-keys=0 max-keys=-1 max-keys=1e308 max-keys=x max-keys=99999999999999999999
max-uploads=x max-parts=0 part-number-marker=x part-number-marker=-1 key-marker=%00 version-id-marker=x
continuation-token=x continuation-token=AAAA continuation-token=%00 start-after=%F0%9F%98%80 start-after=%00
delimiter= delimiter=%00 delimiter=/ delimiter=%2F%2F prefix=%00 encoding-type=url encoding-type=x fetch-owner=x
delete location policy policyStatus versioning object-lock retention legal-hold encryption lifecycle website cors
response-content-type=%0d%0aX:1 response-content-type=%00 response-expires=x response-cache-control=%C3%A9
attributes torrent select&select-type=2 restore Action=ListUsers Action= Version=1 x-id=GetObject __proto__=1
constructor=1 a%00=1 %zz=1 %=1 =1 = & ?? a=%ff a=%ed%a0%80 +=+ a=b=c x-amz-meta-a%20b=1 X-Amz-Algorithm=
"""
QUERIES = _QUERY_WORDS.split()
_PATHS = ("..", ".", "%2e%2e", "%2E", "", "%00", "%2f", "%5c", "%", "%zz", "%ff", "%ed%a0%80", "%C0%AF", "%F0%9F%98%80")


_HOST_WORDS = """
s3.localhost fuzzed-one.s3.localhost fuzzed-one.localhost a..b.s3.localhost .s3.localhost ..localhost x y:z
sagemaker.us-east-1.amazonaws.com iam.amazonaws.com runtime.sagemaker.eu-west-1.amazonaws.com [::1] [ %2f
fuzzed-one.s3.us-east-1.amazonaws.com a/b.s3.localhost a?b.s3.localhost ../x.localhost 1.2.3.4 \u00e9.localhost
"""
_HOSTS = (*_HOST_WORDS.split(), "a" * 300 + ".localhost")


def another_query(call, chance):
    pairs = list(call.query)
    for _ in range(chance.choice([1, 1, 2, 5])):
        kind = chance.randrange(4)
        if kind == 0 and pairs:
            del pairs[chance.randrange(len(pairs))]
        elif kind == 1 and pairs:
            place = chance.randrange(len(pairs))
            name = pairs[place].partition("=")[0]
            pairs[place] = f"{name}={quote(a_text(chance)[:8000])}"
        elif kind == 2 and pairs:
            pairs.append(chance.choice(pairs).partition("=")[0] + "=" + chance.choice(NUMBERS))
        else:
            pairs.extend(chance.choice(QUERIES).split("&"))
    if chance.random() < 0.02:
        pairs += [f"q{number}=1" for number in range(1500)]
    return replace(call, query=tuple(pairs))


def another_path(call, chance):
    parts = call.path.split("/")
    place = chance.randrange(1, len(parts) + 1)
    odd = chance.choice([*_PATHS, quote(a_text(chance)[:4000]), "fuzzed-one", "key"])
    kind = chance.randrange(4)
    if kind == 0 and place < len(parts):
        parts[place] = odd
    elif kind == 1 and place < len(parts):
        parts[place] += odd
    elif kind == 2:
        parts = [*parts, *(odd for _ in range(chance.choice([1, 3, 300])))]
    else:
        parts.insert(place, odd)
    return replace(call, path="/".join(parts)[:20_000])


def another_header(call, chance):
    for _ in range(chance.choice([1, 1, 1, 3])):
        name = chance.choice([*HEADERS, *(known for known, _ in call.headers if known != "Host")])
        value = chance.choice((*HEADERS.get(name, ()), ""))
        if chance.random() < 0.4:
            value = _fit(a_text(chance))
        call = call.adding(name, value) if chance.random() < 0.2 else call.having(name, value)
    return call


def _fit(text):
    """What can stand in a header: no line ends, no control characters, and not more than a server takes."""
    return "".join(mark for mark in text if mark >= " " and mark != "\x7f")[:9000].strip()


def no_header(call, chance):
    names = [name for name, _ in call.headers if name != "Host"]
    return call.without(chance.choice(names)) if names else another_header(call, chance)


def many_headers(call, chance):
    many, prefix = chance.choice([50, 500, 1500]), chance.choice(["x-", "x-amz-meta-", "x-amz-"])
    return replace(call, headers=(*call.headers, *((f"{prefix}{number}", "v") for number in range(many))))


def another_method(call, chance):
    return replace(call, method=chance.choice(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "PROPFIND"]))


def another_host(call, chance):
    return call.having("Host", chance.choice(_HOSTS))


KINDS = (another_query, another_query, another_path, another_path, another_header, another_header, another_header)
RARE = (no_header, many_headers, another_method, another_host)
