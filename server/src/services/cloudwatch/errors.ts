// CloudWatch's own errors, with codes and shapes of its service model.
import type { DashboardValidationMessage } from "../../../../contract/cloudwatch/types.ts";
import { ApiError } from "../../core/errors.ts";

const error = (code: string) => (message: string) => new ApiError(code, 400, message);

export const invalidValue = error("InvalidParameterValue");
export const invalidCombination = error("InvalidParameterCombination");
export const missingParameter = error("MissingParameter");
export const invalidFormat = error("InvalidFormatFault");
export const invalidToken = () => error("InvalidNextToken")("Request parameter NextToken is invalid");

/** As AWS answers it, without a text. */
export const noResource = () => new ApiError("ResourceNotFound", 404, "");
export const noTaggedResource = (arn: string) =>
  new ApiError("ResourceNotFoundException", 404, "Unknown", {
    fields: { ResourceType: "cloudwatch:alarm", ResourceId: arn },
  });
export const noDashboard = (name: string) =>
  new ApiError("DashboardNotFoundError", 404, `Dashboard ${name} does not exist`);
export const invalidDashboard = (message: string, problems: readonly DashboardValidationMessage[]) =>
  new ApiError("DashboardInvalidInputError", 400, message, { fields: { dashboardValidationMessages: problems } });
