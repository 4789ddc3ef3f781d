"""Whether an answer refuses a caller's authentication, by its status, code and words."""

import re

#: Codes that are given for nothing else.
REFUSALS = {
    "AuthorizationHeaderMalformed",
    "AuthorizationQueryParametersError",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidPolicyDocument",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "XAmzContentSHA256Mismatch",
}
#: Codes that refuse authentication in these words only.
WORDS = {
    "AccessDenied": r"Access Denied|Request is missing Authentication Token|Request has expired|"
    r"Request is not yet valid|There were headers present in the "
    r"request which were not signed|Invalid according to Policy: |AWS authentication requires a valid Date|"
    r"Invalid date \(should be seconds since epoch\): Expires",
    "BadDigest": r".*(checksum|CRC32|Content-MD5)",
    "EntityTooLarge": r"Your proposed upload exceeds",
    "EntityTooSmall": r"Your proposed upload is smaller",
    "IncompleteBody": r"You did not provide the number of bytes specified by|The connection ended after",
    "InvalidArgument": r"x-amz-content-sha256 must be|Bucket POST must contain a field named",
    "InvalidRequest": r"The aws-chunked body is malformed|Missing required header for this request: x-amz-content-sha|"
    r"Value for x-amz-checksum|Expected percent-encoded UTF-8|.* sent twice",
    "ValidationException": r"Expected percent-encoded UTF-8",
    # The scope says which service is asked; one that we do not have cannot refuse in its own words.
    "UnknownOperationException": r"This server does not serve |No service answers RPC v2 CBOR as ",
}


def is_refused(call, answer):
    if not 400 <= answer.status < 500:
        return False
    if call.method == "HEAD":
        return answer.status in (400, 403)
    if answer.body == b"":
        # Not HTTP at all, as with two hosts: refused before anybody looks at a signature.
        return answer.status == 400 and answer.headers.get("connection") == "close"
    if answer.code in REFUSALS:
        return True
    message = re.search(rb'(?i)"message": ?"(.*)"|<Message>(.*?)</Message>', answer.body, re.DOTALL)
    text = (message[1] or message[2]).decode() if message else ""
    return answer.code in WORDS and re.match(WORDS[answer.code], text) is not None
