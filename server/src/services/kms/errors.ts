// KMS's own errors, with codes of its service model. Texts as recorded from AWS in LocalStack's
// tests/aws/services/kms/test_kms.snapshot.json where they are there.
import { ApiError } from "../../core/errors.ts";

const error = (code: string) => (message: string) => new ApiError(code, 400, message);

export const alreadyExists = error("AlreadyExistsException");
export const disabled = error("DisabledException");
export const incorrectKey = error("IncorrectKeyException");
export const invalidArn = error("InvalidArnException");
export const invalidCiphertext = () => new ApiError("InvalidCiphertextException", 400, "");
export const invalidGrantToken = error("InvalidGrantTokenException");
export const invalidKeyUsage = error("InvalidKeyUsageException");
export const invalidMac = () => new ApiError("KMSInvalidMacException", 400, "");
export const invalidMarker = error("InvalidMarkerException");
export const invalidSignature = () => new ApiError("KMSInvalidSignatureException", 400, "");
export const invalidState = error("KMSInvalidStateException");
export const limitExceeded = error("LimitExceededException");
export const malformedPolicy = error("MalformedPolicyDocumentException");
export const notAuthorized = error("NotAuthorizedException");
export const notFound = error("NotFoundException");
export const tagError = error("TagException");
export const unsupported = error("UnsupportedOperationException");

/** What a dry run answers when the call would have gone well. */
export const dryRun = () =>
  new ApiError("DryRunOperationException", 400, "The request would have succeeded, but the DryRun option is set.");

export const wrongKey = () =>
  incorrectKey("The key ID in the request does not identify a CMK that can perform this operation.");
