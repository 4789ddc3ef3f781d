// CloudWatch's own errors, with codes of its service model.
import { ApiError } from "../../core/errors.ts";

const error = (code: string) => (message: string) => new ApiError(code, 400, message);

export const invalidValue = error("InvalidParameterValue");
export const invalidCombination = error("InvalidParameterCombination");
export const missingParameter = error("MissingParameter");
export const invalidToken = () => error("InvalidNextToken")("Request parameter NextToken is invalid");
