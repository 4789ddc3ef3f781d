// What of the network containers may reach.
import type { VpcConfig } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Networks } from "../../../core/ports.ts";
import type { WantedUnit } from "../../../engine/job-kind.ts";

/** Members of a request that say so. */
export interface NetworkWish {
  readonly EnableNetworkIsolation?: boolean | undefined;
  readonly VpcConfig?: VpcConfig | undefined;
}

/** A VPC takes the internet away, not the platform. */
export function networkOf({ EnableNetworkIsolation, VpcConfig }: NetworkWish): WantedUnit["network"] {
  if (EnableNetworkIsolation) return "isolated";
  return VpcConfig ? "platform" : "open";
}

/** @throws ApiError Validation when the VPC is none that containers can be put into */
export function checkVpc(networks: Networks, call: Call, vpc: VpcConfig | undefined): void {
  if (vpc === undefined) return;
  const trouble = networks.trouble(call, { subnets: vpc.Subnets, securityGroups: vpc.SecurityGroupIds });
  if (trouble === undefined) return;
  throw errors.validation(
    `VpcConfig: ${trouble.replace(/\.?$/, ".")} Networks besides the default VPC of ${call.region} are named by the server's setting vpcs.`,
  );
}
