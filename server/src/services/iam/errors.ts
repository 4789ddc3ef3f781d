// IAM's own errors, with codes and status numbers of its service model.
import { ApiError } from "../../core/errors.ts";

const error = (code: string, status: number) => (message: string) => new ApiError(code, status, message);

export const noSuchEntity = error("NoSuchEntity", 404);
export const entityAlreadyExists = error("EntityAlreadyExists", 409);
export const deleteConflict = error("DeleteConflict", 409);
export const limitExceeded = error("LimitExceeded", 409);
export const malformedPolicy = error("MalformedPolicyDocument", 400);
export const invalidInput = error("InvalidInput", 400);
export const unmodifiable = error("UnmodifiableEntity", 400);
export const concurrentModification = error("ConcurrentModification", 409);

/** The general errors as the old query services spell them. */
export const errorCodes = {
  AccessDeniedException: { code: "AccessDenied", status: 403 },
  ExpiredTokenException: { code: "ExpiredToken", status: 403 },
  InternalFailure: { code: "ServiceFailure", status: 500 },
  InvalidSignatureException: { code: "SignatureDoesNotMatch", status: 403 },
  MissingAuthenticationTokenException: { code: "MissingAuthenticationToken", status: 403 },
  ThrottlingException: { code: "Throttling", status: 400 },
  UnknownOperationException: { code: "InvalidAction", status: 400 },
  UnrecognizedClientException: { code: "InvalidClientTokenId", status: 403 },
  ValidationException: { code: "ValidationError", status: 400 },
} as const;
