// What a unit's state is, from what the engine says and what is known beside it.
import { deepEqual, equal } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { codeOfInit, codeOfStart, type Seen, stateOf } from "./state.ts";
import { UnitFolder } from "./unit-folder.ts";

const machine = { boot: "this", bootedAt: Date.parse("2026-01-01T12:00:00Z") };
const startedAt = Date.parse("2026-01-01T12:30:00Z");

const aContainer = (more: Partial<NonNullable<Seen>>): Seen =>
  ({
    Status: "exited",
    Running: false,
    OOMKilled: false,
    ExitCode: 0,
    StartedAt: "2026-01-01T12:30:00Z",
    FinishedAt: "2026-01-01T12:31:00.123456789Z",
    ...more,
  }) as Seen;

interface Case {
  readonly seen?: Seen;
  readonly boot?: string | null;
  readonly notes?: readonly string[];
  readonly state: object;
}

const plain = { outOfMemory: false, diskFull: false, at: Date.parse("2026-01-01T12:31:00.123Z") };

const cases: Readonly<Record<string, Case>> = {
  "without a start it is reserved": { boot: null, state: { phase: "reserved" } },
  "a container that was made and not started is to be started again": {
    seen: aContainer({ Status: "created" }),
    state: { phase: "reserved" },
  },
  "a container that is gone is lost": { state: { phase: "lost" } },
  "a container that runs": { seen: aContainer({ Status: "running" }), state: { phase: "running", startedAt } },
  "an end as the engine tells it": {
    seen: aContainer({ ExitCode: 143 }),
    state: { phase: "ended", startedAt, end: { ...plain, exitCode: 143, signal: "SIGTERM" } },
  },
  "an end in an earlier boot counts": {
    seen: aContainer({ StartedAt: "2026-01-01T11:00:00Z", FinishedAt: "2026-01-01T11:30:00Z", ExitCode: 3 }),
    boot: "earlier",
    state: {
      phase: "ended",
      startedAt: Date.parse("2026-01-01T11:00:00Z"),
      end: { ...plain, exitCode: 3, at: Date.parse("2026-01-01T11:30:00Z") },
    },
  },
  "an end after a restart of the machine is made up": {
    seen: aContainer({ StartedAt: "2026-01-01T11:00:00Z", FinishedAt: "2026-01-01T12:00:05Z" }),
    boot: "earlier",
    state: { phase: "lost", startedAt: Date.parse("2026-01-01T11:00:00Z") },
  },
  "an end without a time is made up": {
    seen: aContainer({ FinishedAt: "0001-01-01T00:00:00Z" }),
    state: { phase: "lost", startedAt },
  },
  "what it exceeded is told of a unit that has failed": {
    seen: aContainer({ ExitCode: 137 }),
    notes: ["overrun-memory", "overrun-processes", "overrun-disk"],
    state: {
      phase: "ended",
      startedAt,
      end: { ...plain, exitCode: 137, signal: "SIGKILL", outOfMemory: true, diskFull: true, tooManyProcesses: 7 },
    },
  },
  "a unit that has done its work has exceeded nothing": {
    seen: aContainer({ OOMKilled: true }),
    notes: ["overrun-processes"],
    state: { phase: "ended", startedAt, end: { ...plain, exitCode: 0 } },
  },
};

for (const [sentence, { seen, boot = "this", notes = [], state }] of Object.entries(cases))
  test(sentence, (t) => {
    const folder = new UnitFolder(mkdtempSync(join(tmpdir(), "state-")));
    t.after(() => rmSync(folder.path, { recursive: true }));
    folder.write("plan.json", JSON.stringify({ id: "a/1", pids: 7 }));
    if (boot !== null) folder.write("start.json", JSON.stringify({ container: "c", boot }));
    for (const note of notes) folder.write(note, "");
    deepEqual(stateOf(folder, seen, machine, false), { id: "a/1", ...state });
  });

test("the words of an init that found no program are told from a program's", () => {
  equal(codeOfInit("ERROR (catatonit:2): failed to exec pid1: No such file or directory\n"), 127);
  equal(codeOfInit("ERROR (catatonit:2): failed to exec pid1: Permission denied\n"), 126);
  equal(codeOfInit("ERROR: no such file or directory\n"), undefined);
});

test("a program that is not there is told from a container that cannot be made", () => {
  equal(codeOfStart('exec: "/no/such": stat /no/such: no such file or directory'), 127);
  equal(codeOfStart('exec: "/etc/passwd": permission denied'), 126);
  equal(codeOfStart("error mounting /x to rootfs: no such file or directory"), undefined);
});
