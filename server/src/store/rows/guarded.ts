// Changes that are right only as long as something counted over other rows is: how many there are, how much of it is used.
// A row stands for what is counted; whoever makes such a change writes it too, and expects it as it was before he counted.
import { type Change, Conflict, type RowKey, type Rows } from "./rows.ts";

export type Committer = Pick<Rows, "commit">;

export interface Guarded {
  readonly rows: Committer & Pick<Rows, "getMany">;
  /** Keys of rows that stand for what is counted, and hold nothing. */
  readonly guards: readonly RowKey[];
  /** Counts, before each attempt; throws when the change may not be made. */
  readonly look: (change: Change) => Promise<void>;
}

/** Commits one after the other what is guarded by the same. `commit` throws what `look` throws, and Conflict for the change's own expectations. */
export const guarded = ({ rows, guards, look }: Guarded): Committer => ({
  async commit(change) {
    for (;;) {
      const before = await rows.getMany(guards);
      await look(change);
      const expect = guards.map((key, index) => ({ key, version: before[index]?.version ?? ("absent" as const) }));
      try {
        return await rows.commit({
          ...change,
          expect: [...(change.expect ?? []), ...expect],
          put: [...(change.put ?? []), ...guards.map((key) => ({ ...key, ...nothing }))],
        });
      } catch (cause) {
        if (!(cause instanceof Conflict) || !expect.some(({ key }) => key === cause.expectation.key)) throw cause;
      }
    }
  },
});

const nothing = { status: "", createdAt: 0, modifiedAt: 0, document: {} };

/** Commits one row more of a kind and scope, or of those that belong to a parent, where there are fewer than `most`. */
export function counted(
  rows: Guarded["rows"] & Pick<Rows, "count">,
  quota: {
    readonly among: Parameters<Rows["count"]>[0];
    readonly most: number;
    /** What is thrown when there are as many. */
    readonly full: () => Error;
  },
): Committer {
  const { kind, scope, parent } = quota.among;
  const name = parent === undefined ? kind : `${kind} ${parent}`;
  return guarded({
    rows,
    guards: [{ kind: "quota-guard", scope, name }],
    look: async () => {
      if ((await rows.count(quota.among)) >= quota.most) throw quota.full();
    },
  });
}
