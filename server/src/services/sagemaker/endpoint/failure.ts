// Why an instance did not come into service, in AWS's words where they are known, then what a person can act on.
import type { ObservedUnit, UnitEnd } from "../../../engine/job-kind.ts";
import type { Variant } from "./document.ts";

/** Characters that FailureReason may have (API reference, DescribeEndpoint). */
export const REASON_CHARACTERS = 1024;

const didNotPass = ({ name }: Variant): string =>
  `The primary container for production variant ${name} did not pass the ping health check.`;

export function endedReason(variant: Variant, end: UnitEnd | undefined): string {
  if (end?.outOfMemory)
    return `${didNotPass(variant)} It used more memory than ${variant.container.instanceType} has and was ended. Use a larger instance type or a smaller model.`;
  if (end?.diskFull)
    return `${didNotPass(variant)} It filled its disk of ${variant.container.volumeSizeGb} GB, exit code ${end.exitCode}.`;
  const signal = end?.signal === undefined ? "" : ` (${end.signal})`;
  return `${didNotPass(variant)} The container ended with exit code ${end?.exitCode ?? "unknown"}${signal}.`;
}

export const pingReason = (variant: Variant, unit: ObservedUnit): string =>
  `${didNotPass(variant)} It must answer 200 within ${variant.container.startLimitSeconds} s: ${unit.health?.reason ?? "it does not listen on port 8080"}.`;

export const refusedReason = ({ name, container }: Variant, unit: ObservedUnit): string =>
  `The container of production variant ${name} with image ${container.image} cannot run here: ${unit.reason}`;

export const lostReason = ({ name }: Variant, times: number): string =>
  `The instances of production variant ${name} were lost ${times} times before they were in service.`;
