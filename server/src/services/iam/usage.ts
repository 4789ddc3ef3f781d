// The call log with an ear for IAM: which keys and roles are used.
import type { CallLog } from "../../core/call-record.ts";
import { type Repetition, repeatedly } from "../../core/repeating.ts";
import type { Identities } from "./shared/identities.ts";

const EVERY_MS = 60_000;

/** The same log; what passes is noted. */
export const notingUses = (identities: Identities, calls: CallLog): CallLog => ({
  during: (call, work) => calls.during(call, work),
  record(call, options) {
    identities.uses.note(call);
    return calls.record(call, options);
  },
});

/** Writes uses now and then until the result is called, which writes the last ones. */
export function startUsage(identities: Identities, parts: Pick<Repetition, "clock" | "report">): () => Promise<void> {
  const write = () => identities.uses.write();
  const stop = repeatedly({ ...parts, everyMs: EVERY_MS, firstMs: EVERY_MS }, write);
  return async () => {
    await stop();
    await write().catch(parts.report);
  };
}
