import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { ServiceEvent } from "../../../../core/ports.ts";
import { openRows } from "../../../../store/rows/open.ts";
import type { Json, Row, RowWrite } from "../../../../store/rows/rows.ts";
import { startTelling } from "./reader.ts";
import { type StateChanges, statusChanges } from "./state-changes.ts";

interface Phases {
  readonly phases: readonly string[];
}

const UNTELLABLE = -1;
const CURSOR = { kind: "sagemaker:told-cursor", scope: "", name: "state-changes" };
const thing: StateChanges<{ readonly size: number }> = {
  kind: "sagemaker:thing",
  detailType: "Thing State Change",
  arn: ({ name }) => `arn:${name}`,
  states: statusChanges(({ status, document }) => {
    if (document.size === UNTELLABLE) throw new RangeError("too large");
    return { Status: status, Size: document.size };
  }),
  restated: (last, Status) => ({ ...last, Status }),
};
/** Has numbered phases, of which more than one may have come since the last look. */
const job: StateChanges<Phases> = {
  kind: "sagemaker:job",
  detailType: "Job State Change",
  arn: ({ name }) => `arn:${name}`,
  states: ({ document: { phases } }, { at, told }) =>
    phases
      .slice(Number(told ?? 0))
      .map((phase, index) => ({ name: String(Number(told ?? 0) + index + 1), at, detail: () => ({ phase }) })),
};

const folder = await mkdtemp(join(tmpdir(), "sagebrush-telling-"));
const report = (error: unknown) => assert.fail(String(error));
let time = 1_000_000;
const now = () => time;
const rows = await openRows({ file: join(folder, "rows.db") }, { clock: { now, at: () => () => {} }, report });
after(async () => {
  await rows.close();
  await rm(folder, { recursive: true, force: true });
});

const keyOf = (kind: string, name: string) => ({ kind, scope: "123456789012/us-east-1", name });

const toldKey = (name: string) => keyOf("sagemaker:told", name);

const detailsOf = (events: readonly ServiceEvent[]) => events.map(({ detail }) => detail);

function withoutVersion({ version: _, ...row }: Row): RowWrite {
  return row;
}

async function put(
  kind: string,
  name: string,
  document: object,
  status: string,
  type = "status",
  createdAt = 1,
): Promise<void> {
  const key = keyOf(kind, name);
  await rows.commit({
    put: [{ ...key, status, createdAt, modifiedAt: now(), document }],
    events: [{ ...key, type, detail: status }],
  });
}

/** Removes a thing as the engine does: the log keeps what it was. */
async function removed(name: string): Promise<void> {
  const key = keyOf(thing.kind, name);
  const row = await rows.get(key);
  assert.ok(row);
  await rows.commit({ remove: [key], events: [{ ...key, type: "deleted", detail: withoutVersion(row) as Json }] });
}

/** What a reader tells until it has told so many. */
async function told(
  count: number,
  between: (heard: (count: number) => Promise<void>) => Promise<void> = async () => {},
  isHeard: () => Promise<boolean> = async () => true,
  reportTo: (error: unknown) => void = report,
): Promise<ServiceEvent[]> {
  const found: ServiceEvent[] = [];
  const bus = { put: async (events: readonly ServiceEvent[]) => void found.push(...events), isHeard };
  const stop = await startTelling({ rows, bus, nouns: [thing, job], now, report: reportTo });
  const heard = async (some: number) => {
    const deadline = performance.now() + 20_000;
    while (found.length < some) {
      assert.ok(performance.now() < deadline, `only ${found.length} of ${some} were told`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await between(heard);
  await heard(count);
  await stop();
  return found;
}

test("every status is told once, in order, with tags; what is gone too", async () => {
  const found = await told(4, async (heard) => {
    await rows.commit({
      put: [
        {
          ...keyOf("sagemaker:tags", "arn:a"),
          status: "",
          createdAt: 1,
          modifiedAt: 1,
          document: { Tags: [{ Key: "k", Value: "v" }] },
        },
      ],
    });
    await put(thing.kind, "a", { size: 1 }, "Creating", "created");
    await put(thing.kind, "a", { size: 2 }, "Ready");
    await put(thing.kind, "a", { size: 2 }, "Ready");
    await put(thing.kind, "a", { size: 2 }, "Deleting");
    await heard(3);
    const key = keyOf(thing.kind, "a");
    await rows.commit({ remove: [key], events: [{ ...key, type: "deleted" }] });
  });
  const details = found.map(({ detail }) => detail as { readonly Status: string; readonly Tags: object });
  assert.deepEqual(
    details.map(({ Status }) => Status),
    ["Creating", "Ready", "Deleting", "Deleted"],
  );
  // Its tags are gone as well: those under its ARN may be another's.
  assert.deepEqual(details.slice(2), [
    { Status: "Deleting", Size: 2, Tags: { k: "v" } },
    { Status: "Deleted", Size: 2, Tags: {} },
  ]);
  assert.equal(new Set(found.map(({ id }) => id)).size, 4);
});

test("phases that came together are told one by one, and a reader that lost its place says the same again", async () => {
  const before = await rows.get(CURSOR);
  assert.ok(before);
  const first = await told(3, async () => {
    await put(job.kind, "j", { phases: ["one", "two"] }, "InProgress", "created");
    await put(job.kind, "j", { phases: ["one", "two", "three"] }, "InProgress", "phase");
  });
  assert.deepEqual(
    first.map(({ detail }) => (detail as { phase: string }).phase),
    ["one", "two", "three"],
  );
  // As a kill leaves it that comes after the bus has taken the events and before the place is kept.
  await rows.commit({ put: [withoutVersion(before)], remove: [toldKey(`${job.kind}/j`)] });
  const second = await told(3);
  assert.deepEqual(
    second.map(({ id }) => id),
    first.map(({ id }) => id),
  );
});

test("what nobody listened to is not told later, when somebody does", async () => {
  let asked = 0;
  let isHeard = false;
  const found = await told(
    2,
    async (heard) => {
      await put(thing.kind, "b", { size: 1 }, "Creating", "created");
      const deadline = performance.now() + 20_000;
      while (asked === 0) {
        assert.ok(performance.now() < deadline, "the change was not looked at");
        await new Promise((resolve) => setImmediate(resolve));
      }
      isHeard = true;
      await put(thing.kind, "b", { size: 2 }, "Ready");
      await heard(1);
      const key = keyOf(thing.kind, "b");
      await rows.commit({ remove: [key], events: [{ ...key, type: "deleted" }] });
    },
    async () => {
      asked += 1;
      return isHeard;
    },
  );
  assert.deepEqual(
    found.map(({ detail }) => detail),
    [
      { Status: "Ready", Size: 2, Tags: {} },
      { Status: "Deleted", Size: 2, Tags: {} },
    ],
  );
});

test("a thing that was deleted and made again before anybody looked is told of to its end, then the other from its beginning", async () => {
  await told(1, () => put(thing.kind, "c", { size: 1 }, "Ready"));
  await put(thing.kind, "c", { size: 1 }, "Deleting");
  await removed("c");
  await put(thing.kind, "c", { size: 9 }, "Creating", "created", 2);
  const first = await told(3);
  assert.deepEqual(
    first.map(({ detail }) => detail),
    [
      { Status: "Deleting", Size: 1, Tags: {} },
      { Status: "Deleted", Size: 1, Tags: {} },
      { Status: "Creating", Size: 9, Tags: {} },
    ],
  );
  await put(thing.kind, "c", { size: 9 }, "Ready", "status", 2);
  assert.deepEqual(detailsOf(await told(1)), [{ Status: "Ready", Size: 9, Tags: {} }]);
});

test("a kill before the place is kept tells the end of a thing again under the same id, also when its name is another's by then", async () => {
  await told(1, () => put(thing.kind, "d", { size: 1 }, "Ready"));
  const kept = await rows.getMany([CURSOR, toldKey(`${thing.kind}/d`)]);
  await put(thing.kind, "d", { size: 1 }, "Deleting");
  await removed("d");
  const first = await told(2);
  await rows.commit({ put: kept.flatMap((row) => (row === undefined ? [] : [withoutVersion(row)])) });
  await put(thing.kind, "d", { size: 9 }, "Creating", "created", 2);
  const second = await told(3);
  assert.deepEqual(
    second.slice(0, 2).map(({ id }) => id),
    first.map(({ id }) => id),
  );
});

test("the end of a thing that came and went before anybody looked is told by what the log says it was", async () => {
  await put(thing.kind, "e", { size: 3 }, "Creating", "created");
  await put(thing.kind, "e", { size: 3 }, "Deleting");
  await removed("e");
  assert.deepEqual(detailsOf(await told(1)), [{ Status: "Deleted", Size: 3, Tags: {} }]);
});

test("nothing is told of a thing that was of one before it, which nobody was told of", async () => {
  await put(thing.kind, "h", { size: 3 }, "Failed", "created", time);
  await removed("h");
  time += 1;
  await put(thing.kind, "h", { size: 9 }, "Creating", "created", time);
  assert.deepEqual(detailsOf(await told(2)), [
    { Status: "Deleted", Size: 3, Tags: {} },
    { Status: "Creating", Size: 9, Tags: {} },
  ]);
});

test("a change of which nothing can be told is reported, and those behind it are told", async () => {
  const reports: string[] = [];
  await put(thing.kind, "f", { size: UNTELLABLE }, "Ready", "created");
  await put(thing.kind, "g", { size: 1 }, "Ready", "created");
  const found = await told(1, undefined, undefined, (error) => reports.push(String(error)));
  assert.deepEqual(detailsOf(found), [{ Status: "Ready", Size: 1, Tags: {} }]);
  assert.match(reports.join(), /^Error: The change \d+ of sagemaker:thing f cannot be told; it is left out\.$/);
});
