// Who a managed policy is attached to. Users, groups and roles name their policies; the other way round is found by
// reading them.
import type { Change, Rows } from "../../../store/rows/rows.ts";
import { awsPolicies } from "./aws-policies.ts";
import { lockOf } from "./changes.ts";
import type { Identities } from "./identities.ts";
import { type Entity, GROUP, type ManagedPolicy, parseIamArn, policyKey, ROLE, USER } from "./nouns.ts";
import { allRows } from "./paging.ts";

export interface Attachment {
  readonly word: "user" | "group" | "role";
  readonly entity: Entity;
}

const KINDS = [
  ["user", USER],
  ["group", GROUP],
  ["role", ROLE],
] as const;

async function* entities(rows: Rows, account: string): AsyncIterable<Attachment> {
  for (const [word, kind] of KINDS) {
    for await (const row of allRows<Entity>(rows, { kind, scope: account })) yield { word, entity: row.document };
  }
}

/** Users, groups and roles that have the policy, as a permission or (usage `PermissionsBoundary`) as a boundary. */
export async function attachments(
  rows: Rows,
  account: string,
  arn: string,
  usage = "PermissionsPolicy",
): Promise<readonly Attachment[]> {
  const found: Attachment[] = [];
  for await (const one of entities(rows, account)) {
    if (usage === "PermissionsBoundary" ? one.entity.boundary === arn : one.entity.attached.includes(arn)) {
      found.push(one);
    }
  }
  return found;
}

export interface UsageCounts {
  readonly attached: ReadonlyMap<string, number>;
  readonly boundary: ReadonlyMap<string, number>;
}

/** How often each managed policy is used in the account. */
export async function usageCounts(rows: Rows, account: string): Promise<UsageCounts> {
  const attached = new Map<string, number>();
  const boundary = new Map<string, number>();
  const count = (counts: Map<string, number>, arn: string) => counts.set(arn, (counts.get(arn) ?? 0) + 1);
  for await (const { entity } of entities(rows, account)) {
    for (const arn of entity.attached) count(attached, arn);
    if (entity.boundary !== undefined) count(boundary, entity.boundary);
  }
  return { attached, boundary };
}

/** Part of a change that starts to use a policy: it fails when the policy is deleted at the same time. */
export async function policyLock(identities: Identities, account: string, arn: string): Promise<Change> {
  const parts = parseIamArn(arn);
  if (!parts || awsPolicies.has(arn)) return {};
  const row = await identities.rows.get<ManagedPolicy>(policyKey(account, parts.name));
  return row ? lockOf(row) : {};
}
