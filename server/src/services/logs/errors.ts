// CloudWatch Logs' own errors, with codes of its service model.
import { ApiError } from "../../core/errors.ts";

const error = (code: string) => (message: string) => new ApiError(code, 400, message);

export const accessDenied = error("AccessDeniedException");
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

/** As recorded: an identifier is not repeated, and the length of names has a sentence of its own. */
function reword(message: string): string {
  if (/at '(?:logGroupName|logStreamName)' failed .* length less than or equal to 512$/s.test(message)) {
    return "Invalid LogGroup or LogStream, both must have length less than or equal to 512.";
  }
  return message.replace(/Value '[^']*' at 'logGroupIdentifier'/, "Value at 'logGroupIdentifier'");
}

/** Logs calls a broken constraint an invalid parameter. */
export const errorCodes = {
  ValidationException: { code: "InvalidParameterException", status: 400, reword },
} as const;
