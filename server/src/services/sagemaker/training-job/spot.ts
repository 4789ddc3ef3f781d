// Managed spot training: the instances of a job may be taken back, and the job goes on from its checkpoints on new ones.
// Here nobody else wants them, so interruptions are asked for: by a command, or by a setting, as a drill.
import { letGo } from "../shared/held-time.ts";
import type { Moment } from "../shared/moment.ts";
import { enter, type TrainingDocument, type TrainingRow } from "./document.ts";

export interface SpotPolicy {
  /** Every job on spot instances is interrupted when its programs have run so long; 0: none is. */
  readonly interruptEverySeconds: number;
}

export const noInterruptions: SpotPolicy = { interruptEverySeconds: 0 };

/** When the policy interrupts the programs that run now, on the steady scale. */
export function interruptionAt(document: TrainingDocument, policy: SpotPolicy): number | undefined {
  const { request, runningSince } = document;
  if (!request.EnableManagedSpotTraining || policy.interruptEverySeconds === 0) return undefined;
  return runningSince === undefined ? undefined : runningSince + policy.interruptEverySeconds * 1000;
}

/** Why a job cannot be interrupted now, in words for whoever asked; undefined when it can. */
export function interruptionProblem({ name, status, document }: TrainingRow): string | undefined {
  if (!document.request.EnableManagedSpotTraining)
    return `${name} does not run on spot instances: it was made without EnableManagedSpotTraining.`;
  if (status !== "InProgress") return `${name} is in status ${status}; only a job in progress can be interrupted.`;
  if (document.failing) return `${name} is about to fail; its programs are being ended already.`;
  switch (document.secondary) {
    case "Downloading":
    case "Training":
      return undefined;
    case "Interrupted":
      return `${name} is being interrupted already.`;
    case "Uploading":
      return `${name} has trained; it is uploading its model.`;
    default:
      return `${name} has no instances yet: it is ${document.secondary}.`;
  }
}

/**
 * The document of a job whose instances are being taken back. What they do from here on, with the notice of SIGTERM and two
 * minutes, is not billed.
 */
export function interrupt(document: TrainingDocument, { now, steady }: Moment): TrainingDocument {
  const interrupted = { ...document, held: letGo(document.held, steady) };
  return enter(interrupted, "Interrupted", "The spot instances of the training job are being taken back", now);
}
