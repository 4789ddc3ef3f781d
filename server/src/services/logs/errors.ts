// CloudWatch Logs' own errors, with codes of its service model.
import { ApiError } from "../../core/errors.ts";

const error = (code: string) => (message: string) => new ApiError(code, 400, message);

export const invalidParameter = error("InvalidParameterException");
export const invalidOperation = error("InvalidOperationException");
export const limitExceeded = error("LimitExceededException");
export const resourceNotFound = error("ResourceNotFoundException");
export const resourceExists = error("ResourceAlreadyExistsException");
export const tooManyTags = error("TooManyTagsException");

export const noGroup = () => resourceNotFound("The specified log group does not exist.");
export const noStream = () => resourceNotFound("The specified log stream does not exist.");
export const badToken = () => invalidParameter("The specified nextToken is invalid.");

/** Where in the query it cannot be read, in characters. */
export const malformedQuery = (message: string, startCharOffset: number, endCharOffset: number) =>
  new ApiError("MalformedQueryException", 400, message, {
    fields: { queryCompileError: { location: { startCharOffset, endCharOffset }, message } },
  });

/** Logs calls a broken constraint an invalid parameter. */
export const errorCodes = {
  ValidationException: { code: "InvalidParameterException", status: 400 },
} as const;
