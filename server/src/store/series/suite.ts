// What every implementation of Series has to do.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type {
  LogEvent,
  LogPlace,
  LogStreamKey,
  MetricKey,
  MetricPoint,
  Series,
  StoredLogEvent,
  StreamPage,
} from "./series.ts";

type It = (behaviour: string, run: () => Promise<void>) => void;

export interface SeriesUnderTest {
  series(): Series;
  /** Closes and opens again. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

const group = { account: "123456789012", region: "us-east-1", group: "/aws/sagemaker/TrainingJobs" };
const aStream = (stream: string): LogStreamKey => ({ ...group, stream });
const lines = (from: number, count: number): LogEvent[] =>
  Array.from({ length: count }, (_, index) => ({ timestamp: 1000 + from + index, message: `line ${from + index}` }));
const messages = (events: readonly StoredLogEvent[]) => events.map(({ message }) => message);
const numbered = (...numbers: readonly number[]) => numbers.map((number) => `line ${number}`);

export function seriesSuite(title: string, open: () => Promise<SeriesUnderTest>): void {
  describe(title, () => define(open));
}

function define(open: () => Promise<SeriesUnderTest>): void {
  let store: SeriesUnderTest;
  before(async () => {
    store = await open();
  });
  after(() => store.close());
  const it: It = (behaviour, run) => test(behaviour, run);
  logTests(it, () => store);
  streamTests(it, () => store);
  orderTests(it, () => store);
  metricTests(it, () => store);
}

function logTests(it: It, store: () => SeriesUnderTest): void {
  const series = () => store().series();
  const fill = async (key: LogStreamKey, count: number) => {
    for (let from = 0; from < count; from += 10)
      await series().appendLogs(key, lines(from, Math.min(10, count - from)), { sync: false });
  };

  it("lines come back with their positions, in the order written, whatever their times and signs", async () => {
    const key = aStream("order");
    const events = [
      { timestamp: 30, message: "third in time\nwith a second line" },
      { timestamp: 10, message: "" },
      { timestamp: 20, message: "ä\u0000😀\u2028" },
    ];
    await series().appendLogs(key, events, { sync: true });
    const found = await series().readLogs(key, { from: 0, limit: 10 });
    assert.deepEqual(
      found.map(({ ingestedAt: _, ...event }) => event),
      events.map((event, sequence) => ({ ...event, sequence })),
    );
  });

  const ranges: Record<string, [Parameters<Series["readLogs"]>[1], string[]]> = {
    "a first page": [{ from: 0, limit: 3 }, numbered(0, 1, 2)],
    "a page from the middle of what was appended at once": [{ from: 14, limit: 3 }, numbered(14, 15, 16)],
    "the last page": [{ from: 33, limit: 10 }, numbered(33, 34)],
    "no more text than asked for": [{ from: 0, limit: 10, limitBytes: 8 }, numbered(0, 1)],
    "one line, however long": [{ from: 21, backwards: true, limit: 10, limitBytes: 1 }, numbered(21)],
    "nothing beyond the end": [{ from: 35, limit: 10 }, []],
    "a page downwards": [{ from: 21, backwards: true, limit: 3 }, numbered(21, 20, 19)],
    "a page downwards from the newest": [
      { from: Number.POSITIVE_INFINITY, backwards: true, limit: 2 },
      numbered(34, 33),
    ],
    "nothing below the beginning": [{ from: -1, backwards: true, limit: 3 }, []],
    "a span of time, its start in and its end out": [
      { from: 0, limit: 10, startTime: 1008, endTime: 1011 },
      numbered(8, 9, 10),
    ],
    "a span of time downwards": [
      { from: 9, backwards: true, limit: 10, startTime: 1008, endTime: 1011 },
      numbered(9, 8),
    ],
  };
  for (const [what, [range, wanted]] of Object.entries(ranges))
    for (const again of [false, true])
      it(`reads ${what}${again ? ", also after opening again" : ""}`, async () => {
        const key = aStream("paged");
        if ((await series().readLogs(key, { from: 0, limit: 1 })).length === 0) await fill(key, 35);
        if (again) await store().reopen();
        assert.deepEqual(messages(await series().readLogs(key, range)), wanted);
      });

  it("lines appended by many at once are all there, each append in one piece", async () => {
    const key = aStream("many");
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        series().appendLogs(key, lines(index * 5, 5), { sync: index % 2 === 0 }),
      ),
    );
    const found = messages(await series().readLogs(key, { from: 0, limit: 1000 }));
    const pieces = Array.from({ length: 40 }, (_, index) => found.slice(index * 5, index * 5 + 5));
    const wanted = Array.from({ length: 40 }, (_, index) => lines(index * 5, 5).map(({ message }) => message));
    assert.deepEqual(pieces.map(String).sort(), wanted.map(String).sort());
  });

  it("lines of a source are taken once, also after opening again", async () => {
    const key = aStream("source");
    const append = (offset: number, from: number) =>
      series().appendLogs(key, lines(from, 2), { sync: true, source: { id: "algo-1", offset } });
    await append(100, 0);
    await append(100, 0);
    await append(50, 0);
    await store().reopen();
    await append(100, 0);
    assert.equal(await series().logOffset(key, "algo-1"), 100);
    await append(200, 2);
    assert.equal(await series().logOffset(key, "algo-1"), 200);
    assert.equal(await series().logOffset(key, "algo-2"), 0);
    assert.deepEqual(messages(await series().readLogs(key, { from: 0, limit: 10 })), numbered(0, 1, 2, 3));
  });
}

function streamTests(it: It, store: () => SeriesUnderTest): void {
  const series = () => store().series();

  it("a stream that was never made has no lines and no offset", async () => {
    const key = aStream("never");
    assert.deepEqual(await series().readLogs(key, { from: 0, limit: 10 }), []);
    assert.equal(await series().logOffset(key, "x"), 0);
    assert.equal(await series().hasLogStream(key), false);
  });

  it("streams of a group are listed by name with what is in them", async () => {
    const at = { ...group, group: "listed" };
    await series().appendLogs({ ...at, stream: "job-b/algo-1" }, lines(5, 3), { sync: false });
    await series().createLogStream({ ...at, stream: "job-a/algo-1" });
    await series().createLogStream({ ...at, stream: "other" });
    await series().createLogStream({ ...at, group: "elsewhere", stream: "job-c" });
    await store().reopen();
    const found = await series().logStreams(at, "job-");
    assert.deepEqual(
      found.map(({ createdAt: _, lastIngestionAt: __, storedBytes, ...facts }) => ({
        ...facts,
        some: storedBytes > 0,
      })),
      [
        { stream: "job-a/algo-1", events: 0, some: false },
        { stream: "job-b/algo-1", events: 3, firstEventAt: 1005, lastEventAt: 1007, some: true },
      ],
    );
    const names = async (page: StreamPage) => (await series().logStreams(at, "", page)).map(({ stream }) => stream);
    assert.deepEqual(await names({ limit: 2 }), ["job-a/algo-1", "job-b/algo-1"]);
    assert.deepEqual(await names({ limit: 2, after: { stream: "job-b/algo-1" } }), ["other"]);
    assert.deepEqual(await names({ limit: 2, descending: true }), ["other", "job-b/algo-1"]);
  });

  it("groups that have streams are listed by name, from when their first stream was made", async () => {
    const place = { account: "555555555555", region: "us-east-1" };
    for (const name of ["/aws/b", "/aws/A", "other"])
      for (const stream of ["one", "two"]) await series().createLogStream({ ...place, group: name, stream });
    const list = async () => (await series().logGroups(place, "/aws/")).map((facts) => facts.group);
    assert.deepEqual(await list(), ["/aws/A", "/aws/b"]);
    for (const stream of ["one", "two"]) await series().deleteLogStream({ ...place, group: "/aws/b", stream });
    assert.deepEqual(await list(), ["/aws/A"]);
    const [facts] = await series().logGroups(place, "/aws/A");
    const [first] = await series().logStreams({ ...place, group: "/aws/A" }, "one");
    assert.equal(facts?.createdAt, first?.createdAt);
  });

  it("a removed stream is gone, and can be made anew", async () => {
    const key = { ...group, group: "removed", stream: "s" };
    await series().appendLogs(key, lines(0, 3), { sync: true, source: { id: "a", offset: 9 } });
    await series().deleteLogStream(key);
    assert.deepEqual(await series().logStreams(key, ""), []);
    assert.equal(await series().hasLogStream(key), false);
    await series().appendLogs(key, lines(7, 1), { sync: true, source: { id: "a", offset: 1 } });
    assert.deepEqual(messages(await series().readLogs(key, { from: 0, limit: 10 })), numbered(7));
  });

  const names = [
    "..",
    ".",
    "/",
    "a/../b",
    "A",
    "a",
    "%",
    "%41",
    "ä",
    "x".repeat(512),
    `${"x".repeat(512)}y`,
    "a\u0000b",
  ];
  it("streams of any name are kept apart", async () => {
    const at = { ...group, group: "/../../odd names" };
    for (const stream of names)
      await series().appendLogs({ ...at, stream }, [{ timestamp: 1, message: stream }], { sync: false });
    await store().reopen();
    const listed = await series().logStreams(at, "");
    assert.deepEqual(listed.map(({ stream }) => stream).sort(), [...names].sort());
    for (const stream of names)
      assert.deepEqual(messages(await series().readLogs({ ...at, stream }, { from: 0, limit: 10 })), [stream]);
  });
}

function orderTests(it: It, store: () => SeriesUnderTest): void {
  const series = () => store().series();

  it("streams are listed by their last line, also when it was written since", async () => {
    const at = { ...group, group: "listed by time" };
    const write = (stream: string, timestamp: number) =>
      series().appendLogs({ ...at, stream }, [{ timestamp, message: "m" }], { sync: false });
    const newest = async (page: Partial<StreamPage> = {}) =>
      (await series().logStreams(at, "", { limit: 2, byLastEvent: true, descending: true, ...page })).map(
        ({ stream }) => stream,
      );
    for (const [stream, time] of Object.entries({ a: 30, b: 10, c: 20, d: 20 })) await write(stream, time);
    await series().createLogStream({ ...at, stream: "empty" });
    assert.deepEqual(await newest(), ["a", "d"]);
    assert.deepEqual(await newest({ after: { stream: "d", lastEventAt: 20 } }), ["c", "b"]);
    assert.deepEqual(await newest({ descending: false }), ["empty", "b"]);
    await write("b", 40);
    await series().deleteLogStream({ ...at, stream: "a" });
    assert.deepEqual(await newest(), ["b", "d"]);
    assert.equal((await series().logGroupBytes(at)) > 0, true);
    assert.equal(await series().logGroupBytes({ ...at, group: "nowhere" }), 0);
  });

  it("lines are read by their times, whatever order they were written in", async () => {
    const key = aStream("in order");
    const rounds = 40;
    // Every batch goes back in time behind the one before; they fill several blocks.
    const filler = "x".repeat(2000);
    for (let round = 0; round < rounds; round++) {
      const events = [0, 1, 2, 3].map((step) => ({ timestamp: (rounds - round) * 10 + step * 25, message: filler }));
      await series().appendLogs(key, events, { sync: false });
    }
    const all = await series().readLogs(key, { from: 0, limit: 1000 });
    const expected = all.toSorted((one, other) => one.timestamp - other.timestamp || one.sequence - other.sequence);
    const placesOf = (events: readonly StoredLogEvent[]) => events.map(({ sequence }) => sequence);
    const walk = async (backwards: boolean) => {
      const found: StoredLogEvent[] = [];
      for (let from: LogPlace | undefined; ; ) {
        const page = await series().readLogsInOrder(key, { from, backwards, limit: 7 });
        const last = page.at(-1);
        if (!last) return found;
        found.push(...page);
        from = { at: last.timestamp, sequence: last.sequence + (backwards ? 0 : 1) };
      }
    };
    assert.deepEqual(placesOf(await walk(false)), placesOf(expected));
    assert.deepEqual(placesOf(await walk(true)), placesOf(expected).reverse());
    const some = await series().readLogsInOrder(key, { startTime: 100, endTime: 120, limit: 1000 });
    const within = expected.filter(({ timestamp }) => timestamp >= 100 && timestamp < 120);
    assert.deepEqual(placesOf(some), placesOf(within));
    const few = await series().readLogsInOrder(key, { limit: 1000, limitBytes: 5000 });
    assert.deepEqual(placesOf(few), placesOf(expected.slice(0, 3)));
    assert.deepEqual(await series().readLogsInOrder(aStream("never"), { limit: 10 }), []);
  });
}

function metricTests(it: It, store: () => SeriesUnderTest): void {
  const series = () => store().series();
  const place = { account: "123456789012", region: "us-east-1" };
  const loss: MetricKey = {
    ...place,
    namespace: "/aws/sagemaker/TrainingJobs",
    name: "loss",
    dimensions: { Host: "algo-1", Job: "j" },
  };
  const aPoint = (timestamp: number, more: Partial<MetricPoint> = {}): MetricPoint => ({
    ...loss,
    timestamp,
    value: timestamp / 10,
    ...more,
  });

  it("points of a metric come back by time, those of other metrics and dimensions do not", async () => {
    const set = { count: 3, sum: 6, minimum: 1, maximum: 3 };
    const wanted = [aPoint(100), aPoint(200, { unit: "Percent" }), aPoint(300, { value: set })];
    await series().putMetrics([wanted[2], wanted[0]] as MetricPoint[], { sync: true });
    await series().putMetrics(
      [
        wanted[1] as MetricPoint,
        aPoint(150, { name: "accuracy" }),
        aPoint(150, { dimensions: { Host: "algo-2", Job: "j" } }),
        aPoint(150, { dimensions: {} }),
        aPoint(150, { region: "eu-west-1" }),
      ],
      { sync: false },
    );
    for (const again of [false, true]) {
      if (again) await store().reopen();
      assert.deepEqual(
        await series().readMetrics({ ...loss, dimensions: { Job: "j", Host: "algo-1" } }, 0, 1000),
        wanted,
      );
      assert.deepEqual(await series().readMetrics(loss, 100, 300), wanted.slice(0, 2));
    }
  });

  it("metrics are listed once each, by namespace and name", async () => {
    const at = { ...place, account: "210987654321", dimensions: {} };
    const point = (namespace: string, name: string) => ({ ...at, namespace, name, timestamp: 1, value: 1 });
    await series().putMetrics([point("A", "x"), point("A", "x"), point("A", "y"), point("B", "x")], { sync: false });
    await store().reopen();
    await series().putMetrics([point("A", "x")], { sync: true });
    const list = async (filter: { namespace?: string; name?: string }) =>
      (await series().listMetrics({ account: at.account, region: at.region, ...filter }))
        .map((key) => `${key.namespace}.${key.name}`)
        .sort();
    assert.deepEqual(await list({}), ["A.x", "A.y", "B.x"]);
    assert.deepEqual(await list({ namespace: "A" }), ["A.x", "A.y"]);
    assert.deepEqual(await list({ name: "x" }), ["A.x", "B.x"]);
  });
}
