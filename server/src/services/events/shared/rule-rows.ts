// Rules as rows, with their targets.
import type { Target } from "../../../../../contract/events/types.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { type Bus, busScope } from "./place.ts";

export interface RuleDocument {
  readonly pattern?: string | undefined;
  readonly schedule?: string | undefined;
  readonly description?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly targets: readonly Target[];
  /** Account of who made it. */
  readonly createdBy: string;
}

/** Its status is the rule's state, `ENABLED` or `DISABLED`. */
export type RuleRow = Row<RuleDocument>;

export const RULE = "events:rule";
export const ruleKey = (bus: Bus, name: string) => ({ kind: RULE, scope: busScope(bus), name });

export const isEnabled = ({ status }: { readonly status: string }): boolean => status !== "DISABLED";
