// The rules of each bus with their patterns compiled, kept while they are as they were.
import { compilePattern, type Pattern } from "../../../core/event-pattern/pattern.ts";
import type { Rows } from "../../../store/rows/rows.ts";
import { type Bus, busScope } from "./place.ts";
import { isEnabled, RULE, type RuleDocument, type RuleRow } from "./rule-rows.ts";

export interface ReadyRule {
  readonly row: RuleRow;
  readonly pattern: Pattern;
}

export interface RuleBook {
  /** Rules of a bus that are enabled and have a pattern. */
  of(bus: Bus): Promise<readonly ReadyRule[]>;
  /** After a commit that changed a rule of the bus. */
  changed(bus: Bus): void;
}

const MANY = 1000;
/** Buses whose rules are kept. */
const MOST_KEPT = 256;

export function createRuleBook(rows: Rows): RuleBook {
  const kept = new Map<string, Promise<readonly ReadyRule[]>>();
  return {
    of(bus) {
      const scope = busScope(bus);
      const found = kept.get(scope);
      if (found !== undefined) return found;
      const read = readRules(rows, scope);
      kept.set(scope, read);
      read.catch(() => kept.delete(scope));
      const [oldest] = kept.keys();
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
      return read;
    },
    changed: (bus) => kept.delete(busScope(bus)),
  };
}

async function readRules(rows: Rows, scope: string): Promise<readonly ReadyRule[]> {
  const ready: ReadyRule[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await rows.scan<RuleDocument>({ kind: RULE, scope, after, limit: MANY });
    for (const row of page) {
      const { pattern } = row.document;
      if (pattern !== undefined && isEnabled(row)) ready.push({ row, pattern: compilePattern(pattern, "events") });
    }
    if (page.length < MANY) return ready;
    after = page.at(-1)?.name;
  }
}
