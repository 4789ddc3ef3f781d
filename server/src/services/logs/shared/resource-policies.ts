// Resource policies: rows, and in memory what they say together, as they are asked for every time lines are put.
import type { Row, Rows } from "../../../store/rows/rows.ts";
import { type Place, scopeOf } from "./groups.ts";

export interface PolicyDocument {
  readonly policyDocument: string;
}

const POLICY = "logs:resource-policy";

export class ResourcePolicies {
  readonly #rows: Rows;
  readonly #kept = new Map<string, Map<string, Row<PolicyDocument>>>();
  readonly #texts = new Map<string, string>();

  private constructor(rows: Rows) {
    this.#rows = rows;
  }

  static async open(rows: Rows): Promise<ResourcePolicies> {
    const policies = new ResourcePolicies(rows);
    for await (const row of rows.everywhere<PolicyDocument>(POLICY, [])) policies.#keep(row);
    return policies;
  }

  /** By name. */
  all(place: Place): readonly Row<PolicyDocument>[] {
    const rows = [...(this.#kept.get(scopeOf(place))?.values() ?? [])];
    return rows.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  has(place: Place, name: string): boolean {
    return this.#kept.get(scopeOf(place))?.has(name) === true;
  }

  async put(place: Place, name: string, policyDocument: string, at: number): Promise<void> {
    const key = { kind: POLICY, scope: scopeOf(place), name };
    const row = { ...key, status: "Active", createdAt: at, modifiedAt: at, document: { policyDocument }, version: 1 };
    await this.#rows.commit({ put: [row] });
    this.#keep(row);
  }

  async remove(place: Place, name: string): Promise<void> {
    const scope = scopeOf(place);
    await this.#rows.commit({ remove: [{ kind: POLICY, scope, name }] });
    this.#kept.get(scope)?.delete(name);
    this.#texts.delete(scope);
  }

  /** One policy with the statements of all, undefined when there is none. */
  together(place: Place): string | undefined {
    const scope = scopeOf(place);
    const rows = this.#kept.get(scope);
    if (!rows || rows.size === 0) return undefined;
    const text = this.#texts.get(scope) ?? joined([...rows.values()].map(({ document }) => document.policyDocument));
    this.#texts.set(scope, text);
    return text;
  }

  #keep(row: Row<PolicyDocument>): void {
    const named = this.#kept.get(row.scope) ?? new Map<string, Row<PolicyDocument>>();
    this.#kept.set(row.scope, named.set(row.name, row));
    this.#texts.delete(row.scope);
  }
}

function joined(policies: readonly string[]): string {
  const statements = policies.flatMap((text) => {
    const { Statement } = JSON.parse(text) as { readonly Statement: unknown };
    // Two policies may use one Sid, which a policy may not.
    return (Array.isArray(Statement) ? Statement : [Statement]).map(({ Sid: _, ...statement }) => statement);
  });
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
