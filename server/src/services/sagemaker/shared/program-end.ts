// Why a program of a job ended badly, in words its author can act on.
import { instanceSize } from "../../../engine/instance-types.ts";
import type { UnitEnd } from "../../../engine/job-kind.ts";

/** Characters of a FailureReason. */
export const FAILURE_CHARACTERS = 1024;

export interface EndedProgram {
  readonly end: UnitEnd;
  /** Name of its host, where there are several. */
  readonly host?: string;
  readonly instanceType: string;
  readonly volumeSizeGb: number | undefined;
  readonly log: { readonly group: string; readonly stream: string };
  /** What it says itself. */
  readonly words?: string | undefined;
}

/** Texts that already say whose fault it was are told as they are. */
const CLASSIFIED = /^(ClientError|AlgorithmError|InternalServerError): /;

export function endReason({ end, host, instanceType, volumeSizeGb, log, words }: EndedProgram): string {
  const program = host === undefined ? "The program" : `The program on ${host}`;
  if (end.outOfMemory)
    return `AlgorithmError: ${program} used more memory than ${instanceType} has (${gib(instanceType)} GiB) and was ended, exit code: ${end.exitCode}. Use a larger instance type or keep less data in memory at once.`;
  if (end.diskFull)
    return `ClientError: ${program} filled its disk and was ended, exit code: ${end.exitCode}. VolumeSizeInGB is ${volumeSizeGb}; what it reads, what it leaves and temporary files must fit into it.`;
  const text = words?.trim().slice(0, FAILURE_CHARACTERS);
  if (text) return (CLASSIFIED.test(text) ? text : `AlgorithmError: ${text}`).slice(0, FAILURE_CHARACTERS);
  if (end.tooManyProcesses !== undefined)
    return `AlgorithmError: ${program} started more processes and threads than one container may have (${end.tooManyProcesses}), exit code: ${end.exitCode}. Start fewer of them at once.`;
  const signal = end.signal === undefined ? "" : ` ${program} was ended by ${end.signal}.`;
  return `AlgorithmError: Exit code: ${end.exitCode}.${signal} The job's log (group ${log.group}, stream ${log.stream}) shows what it printed.`;
}

const gib = (type: string): number => instanceSize(type).memoryBytes / 2 ** 30;
