// Rows of endpoints: found or refused in AWS's words, and changed as they are now.
import type { EndpointStatus } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { sagemakerArn } from "../../../core/ids.ts";
import { again } from "../../../store/rows/again.ts";
import type { Change, RowKey, Rows } from "../../../store/rows/rows.ts";
import { type Parts, scopeOf } from "../shared/noun.ts";
import { type EndpointDocument, type EndpointRow, endpointKind } from "./document.ts";
import { moreInstances } from "./quota.ts";

export const endpointKey = (call: Call, name: string): RowKey => ({ kind: endpointKind, scope: scopeOf(call), name });

/** @throws ApiError Validation, which waiters for deletion look for */
export async function needEndpoint(rows: Rows, call: Call, name: string): Promise<EndpointRow> {
  const row = await rows.get<EndpointDocument>(endpointKey(call, name));
  if (!row) throw errors.validation(`Could not find endpoint "${sagemakerArn(call, "endpoint", name)}".`);
  return row;
}

export interface EndpointChange {
  readonly name: string;
  readonly edit: (row: EndpointRow) => { readonly status: EndpointStatus; readonly document: EndpointDocument };
  /** Made in the same commit. */
  readonly with?: Change;
}

/** Changes an endpoint as it is now, again if the engine was faster. Returns its ARN. @throws ApiError Validation */
export async function changeEndpoint(
  parts: Pick<Parts, "rows" | "clock" | "quotas">,
  call: Call,
  change: EndpointChange,
): Promise<string> {
  const { rows, clock, quotas } = parts;
  const key = endpointKey(call, change.name);
  return await again(async () => {
    const row = await needEndpoint(rows, call, change.name);
    const { version, ...rest } = row;
    const next = { ...rest, ...change.edit(row), modifiedAt: clock.now() };
    const events = [{ ...key, type: "status", detail: next.status }];
    const place = quotas.within(key.scope, moreInstances(parts, key.scope, next.document, row.document));
    await place.commit({ ...change.with, expect: [{ key, version }], put: [next], events });
    return row.document.arn;
  });
}
