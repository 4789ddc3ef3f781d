// Why a processing job failed by the end of a program.
import type { UnitEnd } from "../../../engine/job-kind.ts";
import { endReason } from "../shared/program-end.ts";
import { logOf, type ProcessingRow } from "./document.ts";

export function failureReason(row: ProcessingRow, end: UnitEnd): string {
  const { request, endHost = "algo-1" } = row.document;
  const { InstanceCount = 1, InstanceType = "", VolumeSizeInGB } = request.ProcessingResources.ClusterConfig;
  return endReason({
    end,
    ...(InstanceCount === 1 ? {} : { host: endHost }),
    instanceType: InstanceType,
    volumeSizeGb: VolumeSizeInGB,
    log: logOf(row, endHost),
  });
}
