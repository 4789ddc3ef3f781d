"""Values that decoders, checks, databases and file systems have been known to stumble over."""

_PLAIN_NUMBERS = """
0 -0 -1 1.0 0.1 1e2 1e-400 1e308 1e309 -1e309 2147483647 2147483648 -2147483649 9007199254740993 253402300800
9223372036854775807 9223372036854775808 18446744073709551616 8640000000000001 8640000000000001000
01 0x10 +1 .5 1. 1e NaN Infinity -Infinity 1_0
"""
#: As they stand in JSON.
NUMBERS = (*_PLAIN_NUMBERS.split(), "9" * 400, "-" + "1" * 5000, "1e" + "9" * 50)

TEXTS = (
    "",
    " ",
    "a",
    "\0",
    "a\0b",
    "\ufeff",
    "\u202e",
    "\u0301",
    "\u00e9",
    "e\u0301",
    "\U0001f600",
    "\x7f\x1b[31m",
    "\r\nX-Injected: 1",
    "\u2028",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "toString",
    "NaN",
    "Infinity",
    "null",
    "undefined",
    "true",
    "-1",
    "1e400",
    "0x10",
    "2020-13-45T99:99:99Z",
    "99999-01-01T00:00:00Z",
    "-271821-04-19T00:00:00Z",
    "1601-01-01",
    "../../../etc/passwd",
    "..%2f..%2f",
    "/",
    "//",
    "..",
    ".",
    "C:\\x",
    "%",
    "%00",
    "%zz",
    "%c0%ae",
    "%F0%9F%98%80",
    "${x}",
    "{{x}}",
    "' or 1=1; --",
    "<x/>",
    "]]>",
    "&amp;",
    "&#0;",
    "[",
    "{",
    "(a+)+$",
    "*",
    "?",
    "{ $.a = 1 }",
    '{"Version":"2012-10-17","Statement":[]}',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    "arn:aws:iam::123456789012:role/SageMakerRole",
    "arn:aws:::::",
    "arn:",
    "s3://",
    "s3://fuzzed-one/key",
    "s3://fuzzed-one/../x",
    "https://",
    "http://[::1",
    "AAAA",
    "====",
    "eyJhIjoxfQ==",
    "a" * 63,
    "a" * 64,
    "a" * 256,
    "a" * 1025,
    "a-" * 40,
    "\u00e9" * 300,
)

#: Rarely, because each costs more than all the others.
LONG_TEXTS = ("a" * 70_000, "\u00e9" * 40_000, "a." * 30_000, "[" * 50_000, "<a>" * 3000, "-" * 30_000, "\0" * 20_000)

#: Bytes that are no UTF-8, or an odd one.
BYTES = (
    b"\0",
    b"\xff",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xc0\xae",
    b"\xf4\x90\x80\x80",
    b"\xe2\x80\xa8",
    b"\r\n",
    b"\n\n",
    b"\x1a",
    b"\x80",
)


#: A body that has grown beyond this is not made larger.
LARGE = 200_000


def a_text(chance):
    return chance.choice(LONG_TEXTS) if chance.random() < 0.01 else chance.choice(TEXTS)


def a_depth(chance):
    """How deep something is nested: mostly shallow, seldom beyond any stack."""
    return chance.choice([2, 5, 33, 51, 101, 500] * 8 + [20_000, 150_000])
