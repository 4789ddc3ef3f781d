// What of the network containers may reach.
import type { VpcConfig } from "../../../../../contract/sagemaker/types.ts";
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
