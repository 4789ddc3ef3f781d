// Rows of endpoints: found or refused in AWS's words, and changed as they are now.
import type { EndpointStatus } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Clock } from "../../../core/clock.ts";
import { errors } from "../../../core/errors.ts";
import { sagemakerArn } from "../../../core/ids.ts";
import { again } from "../../../store/rows/again.ts";
import type { Change, RowKey, Rows } from "../../../store/rows/rows.ts";
import { scopeOf } from "../shared/noun.ts";
import { type EndpointDocument, type EndpointRow, endpointKind } from "./document.ts";

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
  { rows, clock }: { readonly rows: Rows; readonly clock: Clock },
  call: Call,
  change: EndpointChange,
): Promise<string> {
  const key = endpointKey(call, change.name);
  return await again(async () => {
    const row = await needEndpoint(rows, call, change.name);
    const { version, ...rest } = row;
    const next = { ...rest, ...change.edit(row), modifiedAt: clock.now() };
    const events = [{ ...key, type: "status", detail: next.status }];
    await rows.commit({ ...change.with, expect: [{ key, version }], put: [next], events });
    return row.document.arn;
  });
}
