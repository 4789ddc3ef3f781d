// Changes put together: what several parts of ECR ask of one commit.
import type { Change } from "../../../store/rows/rows.ts";

export const together = (changes: readonly Change[]): Change => ({
  expect: changes.flatMap((change) => change.expect ?? []),
  put: changes.flatMap((change) => change.put ?? []),
  remove: changes.flatMap((change) => change.remove ?? []),
  events: changes.flatMap((change) => change.events ?? []),
});
