import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Clock } from "../core/clock.ts";
import { type Attempt, createOutbox, type Outcome } from "./outbox.ts";
import { openRows } from "./rows/open.ts";
import type { RowWrite } from "./rows/rows.ts";

/** A clock that stands until it is moved. */
function standing() {
  let time = 1_000_000;
  const waiting: { readonly at: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    now: () => time,
    at(at, wake) {
      const one = { at, wake };
      waiting.push(one);
      return () => void waiting.splice(waiting.indexOf(one), 1);
    },
  };
  const move = (byMs: number) => {
    time += byMs;
    for (const one of waiting.filter(({ at }) => at <= time)) {
      waiting.splice(waiting.indexOf(one), 1);
      one.wake();
    }
  };
  return { clock, move };
}

const folder = await mkdtemp(join(tmpdir(), "sagebrush-outbox-"));
const { clock, move } = standing();
const rows = await openRows(
  { file: join(folder, "rows.db") },
  { clock, report: (error) => assert.fail(String(error)) },
);
after(async () => {
  await rows.close();
  await rm(folder, { recursive: true, force: true });
});

/** An outbox whose tries the test ends one by one. */
function anOutbox(kind: string, limits: { readonly width: number; readonly laneWidth: number }) {
  const tries: { readonly attempt: Attempt<string>; readonly end: (outcome: Outcome<string>) => void }[] = [];
  const attempt = (one: Attempt<string>, signal: AbortSignal) =>
    new Promise<Outcome<string>>((end, fail) => {
      signal.addEventListener("abort", () => fail(signal.reason));
      tries.push({ attempt: one, end });
    });
  const box = createOutbox<string>({
    rows,
    clock,
    kind,
    attempt,
    report: (error) => assert.fail(String(error)),
    ...limits,
  });
  const put = async (...entries: (readonly [name: string, lane: string])[]) => {
    const made: RowWrite<never>[] = entries.map(
      ([name, lane]) => box.row({ scope: "s", name, lane, item: name }) as RowWrite<never>,
    );
    await rows.commit({ put: made });
    box.committed(made);
  };
  return { box, tries, put };
}

const left = async (kind: string) => (await rows.scan({ kind, scope: "s", limit: 100 })).map(({ name }) => name);

/** Until what has been begun has been written. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, "it never came to be");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("work is tried until it is over, later when it has to be tried again", async () => {
  const { box, tries, put } = anOutbox("again", { width: 4, laneWidth: 4 });
  await box.start();
  await put(["a", "x"]);
  await until(() => tries.length === 1);
  tries[0]?.end({ againAt: clock.now() + 5000 });
  await until(async () => ((await rows.get({ kind: "again", scope: "s", name: "a" }))?.version ?? 0) === 2);
  move(4999);
  assert.equal(tries.length, 1);
  move(1);
  await until(() => tries.length === 2);
  assert.equal(tries[1]?.attempt.tries, 1);
  tries[1]?.end("over");
  await until(async () => (await left("again")).length === 0);
  await box.close();
});

test("a lane that is slow holds up no other", async () => {
  const { box, tries, put } = anOutbox("lanes", { width: 3, laneWidth: 1 });
  await box.start();
  await put(["a", "slow"], ["b", "slow"], ["c", "fast"], ["d", "other"]);
  await until(() => tries.length === 3);
  assert.deepEqual(tries.map(({ attempt }) => attempt.name).sort(), ["a", "c", "d"]);
  tries.find(({ attempt }) => attempt.name === "a")?.end("over");
  await until(() => tries.length === 4);
  assert.equal(tries[3]?.attempt.name, "b");
  await box.close();
});

test("a lane that waits for its turn takes no place of others, and goes on in its order", async () => {
  const { box, tries, put } = anOutbox("paced", { width: 2, laneWidth: 2 });
  await box.start();
  await put(["a", "paced"], ["b", "paced"], ["c", "paced"]);
  await until(() => tries.length === 2);
  const turnAt = clock.now() + 1000;
  for (const { end } of tries) end({ turnAt });
  await until(() => box.ready() === 0);
  await put(["x", "other"], ["y", "other"]);
  await until(() => tries.length === 4);
  const namesFrom = (first: number) => tries.slice(first).map(({ attempt }) => attempt.name);
  assert.deepEqual(namesFrom(2), ["x", "y"]);
  for (const { end } of tries.slice(2)) end("over");
  await until(async () => (await left("paced")).length === 3);
  move(1000);
  await until(() => tries.length === 6);
  assert.deepEqual(namesFrom(4), ["a", "b"]);
  tries[4]?.end("over");
  tries[5]?.end({ turnAt: clock.now() + 1000 });
  await until(async () => (await left("paced")).length === 2);
  move(1000);
  await until(() => tries.length === 8);
  assert.deepEqual(namesFrom(6), ["b", "c"]);
  assert.deepEqual(new Set(tries.map(({ attempt }) => attempt.tries)), new Set([0]));
  await box.close();
});

test("work that is done in parts goes on after the last one, also in the next outbox", async () => {
  const first = anOutbox("parts", { width: 1, laneWidth: 1 });
  await first.box.start();
  await first.put(["a", "x"]);
  const made = (name: string) => ({
    kind: "made",
    scope: "s",
    name,
    status: "",
    createdAt: 1,
    modifiedAt: 1,
    document: null,
  });
  const told: string[] = [];
  const part = (name: string, rest: string | undefined): Outcome<string> => ({
    part: { put: [made(name)], left: rest, committed: () => void told.push(name) },
  });
  await until(() => first.tries.length === 1);
  first.tries[0]?.end(part("one", "what is left"));
  await until(() => first.tries.length === 2);
  assert.deepEqual([first.tries[1]?.attempt.item, told, await left("made")], ["what is left", ["one"], ["one"]]);
  await first.box.close();
  const second = anOutbox("parts", { width: 1, laneWidth: 1 });
  await second.box.start();
  await until(() => second.tries.length === 1);
  assert.equal(second.tries[0]?.attempt.item, "what is left");
  // Put once more meanwhile: nothing of the part is made, and all is done again.
  await second.put(["a", "x"]);
  second.tries[0]?.end(part("two", undefined));
  await until(() => second.tries.length === 2);
  assert.deepEqual([second.tries[1]?.attempt.item, await left("made")], ["a", ["one"]]);
  second.tries[1]?.end(part("three", undefined));
  await until(() => told.length === 2);
  assert.deepEqual(await left("parts"), []);
  assert.deepEqual(
    [told, await left("made")],
    [
      ["one", "three"],
      ["one", "three"],
    ],
  );
  await second.box.close();
});

test("what is left is taken up by the next one, and nothing runs twice at once", async () => {
  const first = anOutbox("left", { width: 1, laneWidth: 1 });
  await first.box.start();
  await first.put(["a", "x"], ["b", "x"]);
  await until(() => first.tries.length === 1);
  await first.box.close();
  assert.deepEqual(await left("left"), ["a", "b"]);
  const second = anOutbox("left", { width: 4, laneWidth: 4 });
  await second.box.start();
  await second.box.start();
  await until(() => second.tries.length === 2);
  for (const { end } of second.tries) end("over");
  await until(async () => (await left("left")).length === 0);
  assert.equal(second.tries.length, 2);
  await second.box.close();
});

test("what is committed before the start waits for it", async () => {
  const { box, tries, put } = anOutbox("early", { width: 4, laneWidth: 4 });
  await put(["a", "x"]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(tries.length, 0);
  await box.start();
  await until(() => tries.length === 1);
  await box.close();
});

test("what is put once more while it is tried is tried again", async () => {
  const { box, tries, put } = anOutbox("twice", { width: 1, laneWidth: 1 });
  await box.start();
  await put(["a", "x"]);
  await until(() => tries.length === 1);
  await put(["a", "x"]);
  tries[0]?.end({ againAt: clock.now() });
  await until(() => tries.length === 2);
  tries[1]?.end("over");
  await until(async () => (await left("twice")).length === 0);
  await box.close();
});
