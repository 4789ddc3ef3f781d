// The process that the crash test kills: several writers at once, each telling what was acknowledged before it goes on.
// Run as `node crash-writer.ts FOLDER LIFE`.
import { writeSync } from "node:fs";
import { realClock } from "../core/clock.ts";
import { aPoint, CHANGED, contentsOf, openPassing, STREAM, THING } from "./crash-keys.ts";
import { openStore } from "./open.ts";

const [folder = "", life = ""] = process.argv.slice(2);
const { rows, blobs, series, calls } = await openStore({
  folder,
  reserveBytes: 0,
  clock: realClock,
  report: (error) => {
    throw error;
  },
});

/** Into the pipe at once, so that a kill does not take it; tries again while the pipe is full. */
function say(...words: readonly (string | number)[]): void {
  let rest = Buffer.from(`${words.join(" ")}\n`);
  while (rest.length > 0) rest = rest.subarray(written(rest));
}

function written(bytes: Buffer): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0;
    throw error;
  }
}

async function* bytesOf(name: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(contentsOf(name));
}

async function putObjects(writer: string): Promise<never> {
  for (let count = 0; ; count++) {
    const name = [life, writer, count].join("-");
    const blob = await blobs.write(bytesOf(name));
    const key = { ...THING, name };
    const row = { ...key, status: "", createdAt: 1, modifiedAt: 1, document: blob };
    await rows.commit({
      expect: [{ key, version: "absent" }],
      put: [row, ...(blobs.owns(blob).put ?? [])],
      events: [{ ...key, type: "created" }],
    });
    say("object", name);
  }
}

async function appendLines(source: string, sync: boolean): Promise<never> {
  const key = { ...STREAM, stream: source };
  for (let offset = await series.logOffset(key, source); ; ) {
    const from = offset;
    const events = Array.from({ length: 1 + (from % 7) }, (_, index) => ({
      timestamp: 1,
      message: String(from + index),
    }));
    offset += events.length;
    await series.appendLogs(key, events, { sync, source: { id: source, offset } });
    say(source, offset);
  }
}

async function recordCalls(): Promise<never> {
  const whoever = { account: "a", region: "r", sourceIp: "127.0.0.1", userAgent: "" };
  const call = { ...whoever, at: 1, durationMs: 1, service: "s3", operation: "PutObject", status: 200 };
  for (let count = 0; ; count++) {
    const requestId = [life, count].join("-");
    await calls.record({ ...call, requestId }, { sync: true });
    say("call", requestId);
  }
}

/** Calls whose records are kept by the commits of what they change. */
async function changeInCalls(): Promise<never> {
  const whoever = { account: "a", region: "r", sourceIp: "127.0.0.1", userAgent: "" };
  for (let count = 0; ; count++) {
    const requestId = [life, "changes", count].join("-");
    const record = { ...whoever, requestId, at: 1, durationMs: 1, service: "iam", operation: "TagRole", status: 200 };
    const call = { record: () => record, isKept: false };
    const key = { ...CHANGED, name: requestId };
    const row = { ...key, status: "", createdAt: 1, modifiedAt: 1, document: null };
    await calls.during(call, () => rows.commit({ put: [row] }));
    await calls.record(record, { sync: false, isKept: call.isKept });
    say("change", requestId);
  }
}

/** Points of a metric that stays and of others that pass, which are forgotten again and again. */
async function putPoints(): Promise<never> {
  let now = Number(life) * 1_000_000;
  const metrics = await openPassing(folder, () => now);
  for (; ; now++) {
    const names = ["steady", `passing-${now}`];
    await metrics.putMetrics(
      names.map((name) => aPoint(name, now)),
      { sync: true },
    );
    say("point", now);
    if (now % 20 === 0) await metrics.expire();
  }
}

say("ready");
await Promise.all([
  ...["x", "y", "z"].map(putObjects),
  appendLines("synced", true),
  appendLines("batched", false),
  recordCalls(),
  changeInCalls(),
  putPoints(),
]);
