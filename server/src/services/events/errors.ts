// EventBridge's own errors, with codes of its service model. Texts as recorded from AWS in LocalStack's
// tests/aws/services/events/*.snapshot.json where they are there.
import { ApiError } from "../../core/errors.ts";

const error = (code: string) => (message: string) => new ApiError(code, 400, message);

export const alreadyExists = error("ResourceAlreadyExistsException");
export const concurrent = error("ConcurrentModificationException");
export const invalidPattern = (reason: string) =>
  error("InvalidEventPatternException")(`Event pattern is not valid. Reason: ${reason}`);
export const limitExceeded = error("LimitExceededException");
export const notFound = error("ResourceNotFoundException");
export const policyTooLong = error("PolicyLengthExceededException");
export const validation = error("ValidationException");

export const noBus = (name: string) => notFound(`Event bus ${name} does not exist.`);
export const noRule = (name: string, bus: string) => notFound(`Rule ${name} does not exist on EventBus ${bus}.`);
export const notYet = (what: string) => validation(`${what} is not yet available in Sagebrush.`);
