// Who a managed policy is attached to. Users and roles name their policies; the other way round is found by reading them.
import type { Rows } from "../../../store/rows/rows.ts";
import { type Entity, ROLE, USER } from "./nouns.ts";
import { allRows } from "./paging.ts";

export interface Attachment {
  readonly word: "user" | "role";
  readonly entity: Entity;
}

async function* entities(rows: Rows, account: string): AsyncIterable<Attachment> {
  for await (const row of allRows<Entity>(rows, { kind: USER, scope: account })) {
    yield { word: "user", entity: row.document };
  }
  for await (const row of allRows<Entity>(rows, { kind: ROLE, scope: account })) {
    yield { word: "role", entity: row.document };
  }
}

/** Users and roles that have the policy, as a permission or (usage `PermissionsBoundary`) as a boundary. */
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

/** How often each managed policy is used in the account. */
export async function usageCounts(
  rows: Rows,
  account: string,
): Promise<{ readonly attached: ReadonlyMap<string, number>; readonly boundary: ReadonlyMap<string, number> }> {
  const attached = new Map<string, number>();
  const boundary = new Map<string, number>();
  const count = (counts: Map<string, number>, arn: string) => counts.set(arn, (counts.get(arn) ?? 0) + 1);
  for await (const { entity } of entities(rows, account)) {
    for (const arn of entity.attached) count(attached, arn);
    if (entity.boundary !== undefined) count(boundary, entity.boundary);
  }
  return { attached, boundary };
}
