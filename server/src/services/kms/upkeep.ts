// What keys do when their day has come, looked at once an hour: those pending deletion are removed with their aliases and
// grants, those that rotate get new material.
import type { Clock } from "../../core/clock.ts";
import { repeatedly } from "../../core/repeating.ts";
import { Conflict, type RowKey } from "../../store/rows/rows.ts";
import { allGrants, GRANT } from "./shared/grants.ts";
import {
  ALIAS,
  type AliasDocument,
  KEY,
  type KeyDocument,
  type KeyRow,
  newMaterial,
  type Parts,
  type Place,
  stateOf,
} from "./shared/keyring.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** After the start, so that a server that never runs for an hour does it too. */
const FIRST_MS = 60_000;

/** Does what is due now. A key that changes meanwhile is left for the next time. */
export async function tendKeys(parts: Parts, now: number): Promise<void> {
  for await (const row of parts.rows.everywhere<KeyDocument>(KEY, [])) {
    try {
      await tendKey(parts, row, now);
    } catch (cause) {
      if (!(cause instanceof Conflict)) throw cause;
    }
  }
}

async function tendKey(parts: Parts, row: KeyRow, now: number): Promise<void> {
  const { kind, scope, name, version, document } = row;
  const expect = [{ key: { kind, scope, name }, version }];
  const { deleteAt, rotation } = document;
  if (deleteAt !== undefined) {
    if (deleteAt > now) return;
    await parts.rows.commit({ expect, remove: [{ kind, scope, name }, ...(await belongings(parts, row))] });
  } else if (rotation !== undefined && rotation.nextAt <= now && stateOf(row) === "Enabled") {
    const materials = [...document.materials, newMaterial(parts, name, now, "AUTOMATIC")];
    const next = { ...rotation, nextAt: now + rotation.periodDays * DAY_MS };
    const { version: _, ...kept } = row;
    const changed = { ...kept, modifiedAt: now, document: { ...document, materials, rotation: next } };
    await parts.rows.commit({ expect, put: [changed] });
  }
}

/** Aliases and grants of a key. */
async function belongings(parts: Parts, { scope, name }: KeyRow): Promise<readonly RowKey[]> {
  const [account = "", region = ""] = scope.split("/");
  const place: Place = { account, region };
  const found: RowKey[] = (await allGrants(parts, place, name)).map((row) => ({ kind: GRANT, scope, name: row.name }));
  for (let after: string | undefined; ; ) {
    const page = await parts.rows.list<AliasDocument>({ kind: ALIAS, scope, parent: name, after, limit: 100 });
    found.push(...page.rows.map((row) => ({ kind: ALIAS, scope, name: row.name })));
    after = page.next;
    if (after === undefined) return found;
  }
}

/** Looks soon and then every hour, until the result is called, which resolves when nothing runs any more. */
export function startUpkeep(
  parts: Parts,
  { clock, report }: { readonly clock: Clock; readonly report: (error: unknown) => void },
): () => Promise<void> {
  return repeatedly({ clock, everyMs: HOUR_MS, firstMs: FIRST_MS, report }, () => tendKeys(parts, clock.now()));
}
