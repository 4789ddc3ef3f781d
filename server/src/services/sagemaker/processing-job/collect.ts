// The activity `collect`, when all programs have ended: their exit message, and outputs that go to S3 at the end.
import type { Objects } from "../../../core/ports.ts";
import { type ActivityContext, JobFailure } from "../../../engine/job-kind.ts";
import { endFeeds } from "../shared/feeding/feed.ts";
import { readBeginning } from "../shared/open-folder.ts";
import { hostsOf, type ProcessingDocument } from "./document.ts";
import { hasPipes } from "./inputs.ts";
import { exitMessage, type HostMessage, MESSAGE_BYTES, messageProblem } from "./message.ts";
import { uploadOutputs } from "./outputs.ts";

export interface Collected {
  /** Data that a program read had an end where there was none: nothing was taken. */
  readonly cut?: boolean;
  readonly exitMessage?: string;
  /** Why the job fails although its programs did not. */
  readonly failure?: string;
}

const MESSAGE_PATH = "/opt/ml/output/message";

export const collect =
  (objects: Objects) =>
  async (work: ActivityContext<ProcessingDocument>): Promise<Collected> => {
    const { document } = work.row;
    const hosts = hostsOf(document).filter(({ name }) => document.endedHosts?.includes(name));
    const feeds = hasPipes(document) ? hosts.map(({ unitId }) => unitId) : [];
    const { cut } = await endFeeds(feeds, work);
    if (cut && document.stop === undefined) return { cut };
    const messages: HostMessage[] = [];
    for (const { name, unitId } of hosts) {
      const bytes = await readBeginning(await work.unitPlace(unitId, MESSAGE_PATH), MESSAGE_BYTES + 1);
      if (bytes) messages.push({ host: name, bytes });
    }
    const message = exitMessage(messages);
    if ("notText" in message) return { failure: messageProblem(message.notText) };
    const told = message.text === undefined ? {} : { exitMessage: message.text };
    try {
      if (document.isGood) await uploadOutputs(objects, work, hosts);
      return told;
    } catch (cause) {
      if (!(cause instanceof JobFailure)) throw cause;
      return { ...told, failure: cause.message };
    }
  };
