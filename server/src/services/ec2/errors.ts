// EC2's own errors (API reference, "Error codes for the Amazon EC2 API").
import { ApiError } from "../../core/errors.ts";

const error = (code: string) => (message: string) => new ApiError(code, 400, message);

export const invalidParameter = error("InvalidParameterValue");
export const noSuchGroup = error("InvalidGroup.NotFound");
export const noSuchSubnet = error("InvalidSubnetID.NotFound");
export const noSuchVpc = error("InvalidVpcID.NotFound");
export const noSuchZone = error("InvalidParameterValue");

/** What a dry run answers when the call would have gone well. */
export const dryRun = () =>
  new ApiError("DryRunOperation", 412, "Request would have succeeded, but DryRun flag is set.");
