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
export const policyNotAttachable = error("PolicyNotAttachable", 400);
export const concurrentModification = error("ConcurrentModification", 409);

/** How IAM names a failure of its own. */
export const errorCodes = { InternalFailure: { code: "ServiceFailure", status: 500 } } as const;
