// Why a training program ended badly.
import type { UnitEnd } from "../../../engine/job-kind.ts";
import { endReason } from "../shared/program-end.ts";
import { logGroup, logStream, type TrainingDocument } from "./document.ts";

/** `failure`: what the program that failed, of several hosts the first, wrote to /opt/ml/output/failure. */
export function failureReason(document: TrainingDocument, end: UnitEnd, failure: string | undefined): string {
  const { InstanceType = "", VolumeSizeInGB, InstanceCount = 1 } = document.request.ResourceConfig ?? {};
  const { endHost = "algo-1" } = document;
  return endReason({
    end,
    ...(InstanceCount === 1 ? {} : { host: endHost }),
    instanceType: InstanceType,
    volumeSizeGb: VolumeSizeInGB,
    log: { group: logGroup, stream: logStream(document, endHost) },
    words: failure,
  });
}
