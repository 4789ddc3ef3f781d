// Events on a bus: which rules want them, and what is kept for the rules' targets.
import type { RowWrite } from "../../../store/rows/rows.ts";
import type { Envelope } from "./envelope.ts";
import { countRule, type MetricParts } from "./metrics.ts";
import type { Delivery, Parts } from "./parts.ts";
import { type Bus, busScope } from "./place.ts";
import type { ReadyRule } from "./rule-book.ts";
import type { RuleRow } from "./rule-rows.ts";

export type Entry = RowWrite<never>;

/** An event over more buses than this goes nowhere: on AWS what came from another bus is not sent on to a third. */
export const MOST_HOPS = 1;

/** Rows for the deliveries of an event, to be committed and then given to the outbox. */
export async function route(
  parts: Parts,
  bus: Bus,
  event: Envelope,
  when: { readonly at: number; readonly hops?: number },
): Promise<readonly Entry[]> {
  return routeBy(parts, bus, event, { ...when, rules: await parts.rules.of(bus) });
}

/** The same by the bus's rules; no store is asked. */
export function routeBy(
  parts: MetricParts & Pick<Parts, "outbox">,
  bus: Bus,
  event: Envelope,
  { rules, at, hops = 0 }: { readonly rules: readonly ReadyRule[]; readonly at: number; readonly hops?: number },
): readonly Entry[] {
  const matched = rules.filter(({ pattern }) => pattern.matches(event));
  for (const { row } of matched) countRule(parts, bus, row.name, "MatchedEvents");
  return matched.flatMap(({ row }) => entriesFor(parts, bus, row, { event, at, hops }));
}

/** Rows for the deliveries of an event to every target of a rule. */
export function entriesFor(
  parts: MetricParts & Pick<Parts, "outbox">,
  bus: Bus,
  rule: Pick<RuleRow, "name" | "document">,
  { event, at, hops }: Pick<Delivery, "event" | "at" | "hops">,
): readonly Entry[] {
  const { targets } = rule.document;
  if (targets.length > 0) countRule(parts, bus, rule.name, "TriggeredRules");
  return targets.map(({ Id, Arn }) => {
    const item: Delivery = { event, rule: rule.name, target: Id, hops, at };
    const name = `${event.id}/${rule.name}/${Id}`;
    return parts.outbox.row({ scope: busScope(bus), name, lane: Arn, item }) as Entry;
  });
}
