// Why a training program ended badly, in words its author can act on.
import type { UnitEnd } from "../../../engine/job-kind.ts";
import type { TrainingDocument } from "./document.ts";

/** Characters of the failure file that are told (container contract). */
export const FAILURE_CHARACTERS = 1024;

/** Texts that already say whose fault it was are told as they are. */
const CLASSIFIED = /^(ClientError|AlgorithmError|InternalServerError): /;

/** `failure`: what the program wrote to /opt/ml/output/failure. */
export function failureReason(document: TrainingDocument, end: UnitEnd, failure: string | undefined): string {
  const { InstanceType = "the instance", VolumeSizeInGB } = document.request.ResourceConfig ?? {};
  if (end.outOfMemory)
    return `AlgorithmError: The program used more memory than ${InstanceType} has and was ended, exit code: ${end.exitCode}. Use a larger instance type or less data at once.`;
  if (end.diskFull)
    return `ClientError: The program filled its disk, exit code: ${end.exitCode}. VolumeSizeInGB is ${VolumeSizeInGB}; data, model and temporary files must fit into it.`;
  const text = failure?.trim().slice(0, FAILURE_CHARACTERS);
  if (text) return (CLASSIFIED.test(text) ? text : `AlgorithmError: ${text}`).slice(0, FAILURE_CHARACTERS);
  const signal = end.signal === undefined ? "" : ` The program was ended by ${end.signal}.`;
  return `AlgorithmError: Exit code: ${end.exitCode}.${signal} The job's log shows what it printed.`;
}
