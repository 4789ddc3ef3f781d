// Rules: found, changed, and what a call on one needs.
import type { Call, Permission } from "../../../core/call.ts";
import { again } from "../../../store/rows/again.ts";
import { type Committer, counted } from "../../../store/rows/guarded.ts";
import type { Change } from "../../../store/rows/rows.ts";
import { limitExceeded, noRule } from "../errors.ts";
import { ruleArn } from "./arns.ts";
import type { Parts } from "./parts.ts";
import { type Bus, busScope } from "./place.ts";
import { RULE, type RuleDocument, type RuleRow, ruleKey } from "./rule-rows.ts";

export const findRule = ({ rows }: Pick<Parts, "rows">, bus: Bus, name: string): Promise<RuleRow | undefined> =>
  rows.get<RuleDocument>(ruleKey(bus, name));

/** @throws ApiError ResourceNotFound */
export async function requireRule(parts: Parts, bus: Bus, name: string): Promise<RuleRow> {
  const row = await findRule(parts, bus, name);
  if (row === undefined) throw noRule(name, bus.bus);
  return row;
}

/** Changes a rule as a whole, also while others change it. @throws ApiError ResourceNotFound, and what `change` throws */
export async function changeRule(
  parts: Parts,
  call: Call,
  where: { readonly bus: Bus; readonly rule: string },
  change: (row: RuleRow) => Partial<Pick<RuleRow, "status" | "document">>,
): Promise<void> {
  const { bus, rule } = where;
  await again(async () => {
    const row = await requireRule(parts, bus, rule);
    const { version, ...kept } = row;
    const put = [{ ...kept, ...change(row), modifiedAt: call.at }];
    await commitRule(parts, bus, { expect: [{ key: row, version }], put });
  });
}

/** Commits a change of a bus's rules, which are looked at anew. `by`: what commits where the bus may have no more of them. */
export async function commitRule(parts: Parts, bus: Bus, change: Change, by: Committer = parts.rows): Promise<void> {
  await by.commit(change);
  parts.rules.changed(bus);
}

/** EventBridge user guide, "Quotas". */
const MOST_RULES = 300;

/** Commits one rule more of a bus, however many calls make some. `commit` throws ApiError LimitExceeded. */
export const oneRuleMore = ({ rows }: Pick<Parts, "rows">, bus: Bus): Committer =>
  counted(rows, {
    among: { kind: RULE, scope: busScope(bus) },
    most: MOST_RULES,
    full: () => limitExceeded("The requested resource exceeds the maximum number allowed."),
  });

export const onRule = (
  call: Call,
  bus: Bus,
  rule: string,
  conditions: Readonly<Record<string, string | readonly string[]>> = {},
): readonly Permission[] => [
  { action: `events:${call.operation}`, resource: ruleArn(bus, rule), resourceAccount: bus.account, conditions },
];
