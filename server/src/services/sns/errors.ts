// SNS's own errors, with codes of its service model. Texts as recorded from AWS in LocalStack's
// tests/aws/services/sns/test_sns.snapshot.json where they are there.
import { ApiError } from "../../core/errors.ts";

/** `Invalid parameter: Subject` */
export const invalidParameter = (what: string) => new ApiError("InvalidParameter", 400, `Invalid parameter: ${what}`);
export const invalidAttributes = (reason: string) => invalidParameter(`Attributes Reason: ${reason}`);
export const invalidToken = () => new ApiError("InvalidParameter", 400, "Invalid token");
export const invalidValue = (message: string) => new ApiError("ParameterValueInvalid", 400, message);
export const missing = (member: string) =>
  new ApiError(
    "ValidationError",
    400,
    `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  );
export const noTopic = () => new ApiError("NotFound", 404, "Topic does not exist");
export const noSubscription = () => new ApiError("NotFound", 404, "Subscription does not exist");
export const noResource = () => new ApiError("ResourceNotFound", 404, "Resource does not exist");
export const tooManyTags = (message: string) => new ApiError("TagLimitExceeded", 400, message);
export const unauthorized = (message: string) => new ApiError("AuthorizationError", 403, message);
export const batch = {
  empty: () => new ApiError("EmptyBatchRequest", 400, "The batch request doesn't contain any entries."),
  tooMany: () =>
    new ApiError("TooManyEntriesInBatchRequest", 400, "The batch request contains more entries than permissible."),
  sameId: () =>
    new ApiError("BatchEntryIdsNotDistinct", 400, "Two or more batch entries in the request have the same Id."),
  badId: (why: string, id: string) =>
    new ApiError("InvalidBatchEntryId", 400, `The Id of a batch entry in the batch request ${why}: ${id}`),
  tooLong: () =>
    new ApiError("BatchRequestTooLong", 400, "The length of all the messages put together is more than the limit."),
};

/** How SNS names what the server refuses in general. */
export const errorCodes = {
  AccessDeniedException: { code: "AuthorizationError", status: 403 },
  InternalFailure: { code: "InternalError", status: 500 },
  ThrottlingException: { code: "Throttled", status: 429 },
} as const;
