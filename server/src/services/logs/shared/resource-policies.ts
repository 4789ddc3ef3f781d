// Resource policies: rows, and what they say together, as it is asked for every time lines are put. It is read anew after our
// own writes and when it is a second old, so that a write of another server is in force within that second, as IAM's are.
import { counted } from "../../../store/rows/guarded.ts";
import type { Row, Rows } from "../../../store/rows/rows.ts";
import { limitExceeded } from "../errors.ts";
import { type Place, scopeOf } from "./groups.ts";

export interface PolicyDocument {
  readonly policyDocument: string;
}

const POLICY = "logs:resource-policy";
/** CloudWatch Logs quotas: resource policies, per region and account. */
const MAX_POLICIES = 10;
const MAX_AGE_MS = 1000;

interface Said {
  readonly readAt: number;
  readonly text: Promise<string | undefined>;
}

export class ResourcePolicies {
  readonly #rows: Rows;
  readonly #now: () => number;
  readonly #said = new Map<string, Said>();

  constructor(rows: Rows, now: () => number) {
    this.#rows = rows;
    this.#now = now;
  }

  /** By name. */
  all(place: Place): Promise<readonly Row<PolicyDocument>[]> {
    return this.#rows.scan<PolicyDocument>({ kind: POLICY, scope: scopeOf(place), limit: MAX_POLICIES });
  }

  async has(place: Place, name: string): Promise<boolean> {
    return (await this.#rows.get({ kind: POLICY, scope: scopeOf(place), name })) !== undefined;
  }

  /** @throws ApiError LimitExceeded when it is one more than there may be */
  async put(place: Place, name: string, policyDocument: string, at: number): Promise<void> {
    const scope = scopeOf(place);
    const key = { kind: POLICY, scope, name };
    const full = () => limitExceeded("Resource limit exceeded.");
    const oneMore = counted(this.#rows, { among: { kind: POLICY, scope }, most: MAX_POLICIES, full });
    const by = (await this.has(place, name)) ? this.#rows : oneMore;
    await by.commit({
      put: [{ ...key, status: "Active", createdAt: at, modifiedAt: at, document: { policyDocument } }],
    });
    this.#said.delete(scope);
  }

  async remove(place: Place, name: string): Promise<void> {
    const scope = scopeOf(place);
    await this.#rows.commit({ remove: [{ kind: POLICY, scope, name }] });
    this.#said.delete(scope);
  }

  /** One policy with the statements of all, undefined when there is none. */
  together(place: Place): Promise<string | undefined> {
    const scope = scopeOf(place);
    const known = this.#said.get(scope);
    // Also when the clock was set back.
    if (known && Math.abs(this.#now() - known.readAt) < MAX_AGE_MS) return known.text;
    const said = { readAt: this.#now(), text: this.all(place).then(joined) };
    this.#said.set(scope, said);
    said.text.catch(() => this.#said.get(scope) === said && this.#said.delete(scope));
    return said.text;
  }
}

function joined(policies: readonly Row<PolicyDocument>[]): string | undefined {
  if (policies.length === 0) return undefined;
  const statements = policies.flatMap(({ document }) => {
    const { Statement } = JSON.parse(document.policyDocument) as { readonly Statement: unknown };
    // Two policies may use one Sid, which a policy may not.
    return (Array.isArray(Statement) ? Statement : [Statement]).map(({ Sid: _, ...statement }) => statement);
  });
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
