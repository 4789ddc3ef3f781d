// Targets that are other event buses, of this account or of one whose bus lets it in.
import type { Authorizer, RoleSessions } from "../../../core/ports.ts";
import { busArn, readBus } from "../shared/arns.ts";
import { findBus } from "../shared/buses.ts";
import type { Parts } from "../shared/parts.ts";
import { MOST_HOPS, route } from "../shared/routing.ts";
import type { Sending } from "./deliver.ts";
import { delivered, failed, type Result } from "./outcome.ts";
import { workingAs } from "./role.ts";

export const sendToBus =
  (parts: Parts, authorizer: Authorizer, roles: RoleSessions) =>
  async ({ target, bus, delivery, ruleArn }: Sending): Promise<Result> => {
    const { hops, event, at } = delivery;
    if (hops >= MOST_HOPS) {
      return failed("THIRD_ACCOUNT_HOP_DETECTED", "An event that came from another bus is not sent on to a third.");
    }
    const region = target.Arn.split(":")[3] ?? bus.region;
    const other = readBus({ account: bus.account, region }, target.Arn);
    const row = await findBus(parts, other);
    if (row === undefined) return failed("NO_RESOURCE", `Event bus ${other.bus} does not exist.`);
    const isOwn = other.account === bus.account;
    if (!isOwn || target.RoleArn !== undefined) {
      const policy = row.document.policy;
      const permission = {
        action: "events:PutEvents",
        resource: busArn(other),
        resourceAccount: other.account,
        conditions: {
          "aws:SourceArn": ruleArn,
          "aws:SourceAccount": bus.account,
          "events:source": event.source,
          "events:detail-type": event["detail-type"],
        },
        ...(policy === undefined ? {} : { resourcePolicy: policy }),
      };
      const principal = await workingAs(roles, target.RoleArn, bus.account);
      const facts = { at: parts.clock.now(), region: other.region, secure: true };
      const refusal = await authorizer.refusal(principal, [permission], facts);
      if (refusal !== undefined) return failed("NO_PERMISSIONS", refusal);
    }
    const entries = await route(parts, other, event, { at, hops: hops + 1 });
    if (entries.length > 0) await parts.rows.commit({ put: entries });
    parts.outbox.committed(entries);
    return delivered;
  };
