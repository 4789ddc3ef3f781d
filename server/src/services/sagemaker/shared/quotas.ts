// Quotas: how many things and instances an account may have in a region. What has a quota is made in turns: a row stands for
// the quota, and whoever takes some of it expects that row as it was when he counted.
import { errors } from "../../../core/errors.ts";
import { type Committer, guarded } from "../../../store/rows/guarded.ts";
import type { Change, Rows } from "../../../store/rows/rows.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import {
  allInstancesOf,
  type CountedThing,
  countedThings,
  documentedQuotas,
  type InstanceUser,
  instancesPer,
  typeUsageOf,
} from "./quota-names.ts";

const guardKind = "sagemaker:quota-guard";

/** What is to be taken of a quota. */
export interface Use {
  readonly name: string;
  /** What is counted, `Instances`. */
  readonly unit: string;
  readonly delta: number;
  /** What has been taken of it. */
  readonly used: () => Promise<number>;
}

/** Instances of one type. */
export interface Instances {
  readonly type: string;
  readonly count: number;
}

export type { Committer };

export class Quotas {
  readonly #rows: Rows;
  readonly #limits: ReadonlyMap<string, number>;

  /** `set` replaces documented quotas, and adds others. */
  constructor(rows: Rows, set: Readonly<Record<string, number>>) {
    this.#rows = rows;
    this.#limits = new Map(Object.entries({ ...documentedQuotas, ...set }));
  }

  /** @throws ApiError ResourceLimitExceeded when one job would have more instances than it may */
  checkInstances(user: InstanceUser, count: number): void {
    const name = instancesPer(user);
    const limit = this.#limits.get(name);
    if (limit !== undefined && count > limit) throw exceeded({ name, unit: "Instances", delta: count, limit, used: 0 });
  }

  /** One more thing of a kind. `among`: the kind and scope of its rows, and the parent within which they are counted. */
  one(name: CountedThing, among: { readonly kind: string; readonly scope: string; readonly parent?: string }): Use {
    return { name, unit: countedThings[name], delta: 1, used: () => this.#rows.count(among) };
  }

  /** More instances; `running` gives those that there are. */
  instances(
    user: InstanceUser,
    more: readonly Instances[],
    running: () => Promise<readonly Instances[]>,
  ): readonly Use[] {
    const use = (name: string, isMeant: (one: Instances) => boolean): Use => ({
      name,
      unit: "Instances",
      delta: sum(more.filter(isMeant)),
      used: async () => sum((await running()).filter(isMeant)),
    });
    const types = [...new Set(more.map(({ type }) => type))];
    return [
      use(allInstancesOf(user), () => true),
      ...types.map((wanted) => use(typeUsageOf(wanted, user), ({ type }) => type === wanted)),
    ];
  }

  /** Commits within the quotas. `commit` throws ApiError ResourceLimitExceeded, and Conflict for the change's own expectations. */
  within(scope: string, uses: readonly Use[]): Committer {
    const limited = uses.filter(({ name, delta }) => delta > 0 && this.#limits.has(name));
    return limited.length === 0 ? this.#rows : this.#guarded(scope, limited);
  }

  #guarded(scope: string, uses: readonly Use[]): Committer {
    const look = async (change: Change) => {
      for (const use of uses) {
        const limit = this.#limits.get(use.name) ?? Number.POSITIVE_INFINITY;
        const used = await use.used();
        if (used + use.delta <= limit) continue;
        await this.#checkNames(change);
        throw exceeded({ ...use, limit, used });
      }
    };
    return guarded({ rows: this.#rows, guards: uses.map(({ name }) => ({ kind: guardKind, scope, name })), look });
  }

  /** A name that is taken is told before a quota that is full. @throws Conflict */
  async #checkNames({ expect = [] }: Change): Promise<void> {
    for (const expectation of expect)
      if (expectation.version === "absent" && (await this.#rows.get(expectation.key))) throw new Conflict(expectation);
  }
}

const sum = (instances: readonly Instances[]): number => instances.reduce((total, { count }) => total + count, 0);

/** In AWS's words. */
function exceeded(over: Omit<Use, "used"> & { readonly limit: number; readonly used: number }) {
  const { name, unit, delta, limit, used } = over;
  return errors.resourceLimitExceeded(
    `The account-level service limit '${name}' is ${limit} ${unit}, with current utilization of ${used} ${unit} and a request delta of ${delta} ${unit}. Please use AWS Service Quotas to request an increase for this quota. If AWS Service Quotas is not available, contact AWS support to request an increase for this quota.`,
  );
}

/** Instances of the jobs of a kind that are not over; `of` gives those of one job. */
export async function runningInstances<Document>(
  rows: Rows,
  kind: string,
  scope: string,
  of: (document: Document) => Instances | undefined,
): Promise<readonly Instances[]> {
  const found: Instances[] = [];
  for (const status of ["InProgress", "Stopping"]) {
    let after: string | undefined;
    do {
      const page = await rows.list<Document>({ kind, scope, status, after, limit: PAGE });
      found.push(...page.rows.flatMap(({ document }) => of(document) ?? []));
      after = page.next;
    } while (after !== undefined);
  }
  return found;
}

/** Jobs looked at at once. */
const PAGE = 500;
