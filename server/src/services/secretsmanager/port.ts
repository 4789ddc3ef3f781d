// What Secrets Manager works on, and the removal of secrets whose time to be restored is over.
import type { Clock } from "../../core/clock.ts";
import type { PolicyChecks } from "../../core/ports.ts";
import { repeatedly } from "../../core/repeating.ts";
import { deriveKey } from "../../core/sealing.ts";
import { keptKey } from "../../store/durable.ts";
import { Conflict, type Rows } from "../../store/rows/rows.ts";
import { removeSecret } from "./secret/operations.ts";
import { type Parts, SECRET, type SecretDocument } from "./shared/secrets.ts";

const HOUR_MS = 3_600_000;
/** After the start, so that a server that never runs for an hour does it too. */
const FIRST_MS = 60_000;

/** `keyFile` seals the values; without it they are lost. */
export async function openSecrets(parts: {
  readonly rows: Rows;
  readonly policies: PolicyChecks;
  readonly keyFile: string;
}): Promise<Parts> {
  const { rows, policies, keyFile } = parts;
  return { rows, policies, sealingKey: deriveKey(await keptKey(keyFile), "secrets manager values") };
}

/** Removes what is due; a secret that changes meanwhile is left for the next time. */
export async function removeDue({ rows }: Pick<Parts, "rows">, now: number): Promise<void> {
  for await (const row of rows.everywhere<SecretDocument>(SECRET, ["Kept"])) {
    if ((row.document.removeAt ?? Number.POSITIVE_INFINITY) > now) continue;
    try {
      await removeSecret({ rows }, row);
    } catch (cause) {
      if (!(cause instanceof Conflict)) throw cause;
    }
  }
}

/** Looks soon and then every hour, until the result is called, which resolves when nothing runs any more. */
export const startUpkeep = (
  parts: Parts,
  { clock, report }: { readonly clock: Clock; readonly report: (error: unknown) => void },
): (() => Promise<void>) =>
  repeatedly({ clock, everyMs: HOUR_MS, firstMs: FIRST_MS, report }, () => removeDue(parts, clock.now()));
