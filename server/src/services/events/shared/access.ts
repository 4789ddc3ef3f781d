// Permission to put events on a bus: its policy takes part in the decision.
import type { Call, Permission } from "../../../core/call.ts";
import { busArn } from "./arns.ts";
import { findBus } from "./buses.ts";
import type { Parts } from "./parts.ts";
import type { Bus } from "./place.ts";

export async function onBus(
  parts: Parts,
  call: Call,
  bus: Bus,
  conditions: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<Permission> {
  const row = await findBus(parts, bus);
  const tags = Object.entries(row?.document.tags ?? {}).map(([name, value]) => [`aws:ResourceTag/${name}`, value]);
  const policy = row?.document.policy;
  return {
    action: `events:${call.operation}`,
    resource: busArn(bus),
    resourceAccount: bus.account,
    conditions: { ...Object.fromEntries(tags), ...conditions },
    ...(policy === undefined ? {} : { resourcePolicy: policy }),
  };
}

/** To hand a role to EventBridge. It belongs to the account of its ARN: nobody can pass a role of another account. */
export const passRole = (roleArn: string): Permission => ({
  action: "iam:PassRole",
  resource: roleArn,
  resourceAccount: roleArn.split(":")[4] ?? "",
  conditions: { "iam:PassedToService": "events.amazonaws.com" },
});
