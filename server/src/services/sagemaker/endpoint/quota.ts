// The instances that endpoints take of the account's quotas: those of the fleet that serves, or is to serve.
import type { Rows } from "../../../store/rows/rows.ts";
import type { Parts } from "../shared/noun.ts";
import type { Instances, Use } from "../shared/quotas.ts";
import { type EndpointDocument, endpointKind } from "./document.ts";

/** Endpoints looked at at once. */
const PAGE = 100;

/** Instances that there will be when what is under way is done. */
export const instancesOf = ({ fleets }: Pick<EndpointDocument, "fleets">): readonly Instances[] => {
  const last = fleets.filter(({ role }) => role !== "leaving").at(-1);
  return (last?.variants ?? []).map(({ container, count }) => ({ type: container.instanceType, count }));
};

/** What an endpoint takes more than before. */
export function moreInstances(
  { rows, quotas }: Pick<Parts, "rows" | "quotas">,
  scope: string,
  now: Pick<EndpointDocument, "fleets">,
  before: Pick<EndpointDocument, "fleets"> = { fleets: [] },
): readonly Use[] {
  const less = instancesOf(before).map(({ type, count }) => ({ type, count: -count }));
  return quotas.instances("endpoint", [...instancesOf(now), ...less], () => allInstances(rows, scope));
}

async function allInstances(rows: Rows, scope: string): Promise<readonly Instances[]> {
  const found: Instances[] = [];
  let after: string | undefined;
  do {
    const page = await rows.list<EndpointDocument>({ kind: endpointKind, scope, after, limit: PAGE });
    found.push(
      ...page.rows.filter(({ status }) => status !== "Failed").flatMap(({ document }) => instancesOf(document)),
    );
    after = page.next;
  } while (after !== undefined);
  return found;
}
