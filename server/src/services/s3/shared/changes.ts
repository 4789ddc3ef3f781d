// Changes put together: what several parts of S3 ask of one commit.
import type { Change, RowKey } from "../../../store/rows/rows.ts";

const text = ({ kind, scope, name }: RowKey): string => `${kind} ${scope} ${name}`;

/** A row that one part removes and another writes is written. */
export function together(changes: readonly Change[]): Change {
  const put = changes.flatMap((change) => change.put ?? []);
  const written = new Set(put.map(text));
  return {
    expect: changes.flatMap((change) => change.expect ?? []),
    put,
    remove: changes.flatMap((change) => change.remove ?? []).filter((key) => !written.has(text(key))),
    events: changes.flatMap((change) => change.events ?? []),
  };
}
