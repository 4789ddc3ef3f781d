// Why a training program ended badly, in words its author can act on.

import { instanceSize } from "../../../engine/instance-types.ts";
import type { UnitEnd } from "../../../engine/job-kind.ts";
import { logGroup, logStream, type TrainingDocument } from "./document.ts";

/** Characters of the failure file that are told (container contract). */
export const FAILURE_CHARACTERS = 1024;

/** Texts that already say whose fault it was are told as they are. */
const CLASSIFIED = /^(ClientError|AlgorithmError|InternalServerError): /;

/** `failure`: what the program that failed, of several hosts the first, wrote to /opt/ml/output/failure. */
export function failureReason(document: TrainingDocument, end: UnitEnd, failure: string | undefined): string {
  const { InstanceType = "", VolumeSizeInGB, InstanceCount = 1 } = document.request.ResourceConfig ?? {};
  const { endHost = "algo-1" } = document;
  const program = InstanceCount === 1 ? "The program" : `The program on ${endHost}`;
  if (end.outOfMemory)
    return `AlgorithmError: ${program} used more memory than ${InstanceType} has (${gib(InstanceType)} GiB) and was ended, exit code: ${end.exitCode}. Use a larger instance type or keep less data in memory at once.`;
  if (end.diskFull)
    return `ClientError: ${program} filled its disk and was ended, exit code: ${end.exitCode}. VolumeSizeInGB is ${VolumeSizeInGB}; data, model and temporary files must fit into it.`;
  const text = failure?.trim().slice(0, FAILURE_CHARACTERS);
  if (text) return (CLASSIFIED.test(text) ? text : `AlgorithmError: ${text}`).slice(0, FAILURE_CHARACTERS);
  if (end.tooManyProcesses !== undefined)
    return `AlgorithmError: ${program} started more processes and threads than one container may have (${end.tooManyProcesses}), exit code: ${end.exitCode}. Start fewer of them at once.`;
  const signal = end.signal === undefined ? "" : ` ${program} was ended by ${end.signal}.`;
  return `AlgorithmError: Exit code: ${end.exitCode}.${signal} The job's log (group ${logGroup}, stream ${logStream(document, endHost)}) shows what it printed.`;
}

const gib = (type: string): number => instanceSize(type).memoryBytes / 2 ** 30;
