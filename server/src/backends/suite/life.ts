// How units start and end, and what they find around them.
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { UnitRefused } from "../backend.ts";
import { type Candidate, outcome, Stand } from "./stand.ts";

const plain = { outOfMemory: false, diskFull: false };

const endings: Readonly<Record<string, readonly [command: string, end: object]>> = {
  "a program that returns has exit code 0": ["true", { ...plain, exitCode: 0 }],
  "a program's own exit code is kept": ["exit 42", { ...plain, exitCode: 42 }],
  "exit code 1 is the program's too": ["exit 1", { ...plain, exitCode: 1 }],
  "a signal counts from 128 and is named": ["kill -SEGV $$", { ...plain, exitCode: 139, signal: "SIGSEGV" }],
  "being killed is not being out of memory": ["kill -KILL $$", { ...plain, exitCode: 137, signal: "SIGKILL" }],
};

export function lifeCases(candidate: Candidate): void {
  for (const [sentence, [command, end]] of Object.entries(endings)) {
    test(sentence, async (t) => {
      const stand = new Stand(t, candidate);
      const run = await stand.run(stand.open(), stand.unit(command));
      deepEqual(outcome(run.end), end, run.log);
    });
  }

  test("a program that is not there ends with 127 and a log that names it", async (t) => {
    const stand = new Stand(t, candidate);
    const run = await stand.run(stand.open(), stand.unit("", { entrypoint: ["/no/such/program"] }));
    equal(run.end?.exitCode, 127);
    match(run.log, /no\/such\/program/);
  });

  const zeroBytes: Readonly<Record<string, object>> = {
    "an environment value": { environment: { INNOCENT: "x\0--ro-bind\0/etc\0/host" } },
    "a name in the environment": { environment: { "INNOCENT\0x": "x" } },
    "an argument": { arguments: ["train\0--x"] },
    "an entry point": { entrypoint: ["/bin/sh\0--x"] },
  };
  for (const [what, more] of Object.entries(zeroBytes))
    test(`${what} with a zero byte is refused, so that it cannot become something else`, async (t) => {
      const stand = new Stand(t, candidate);
      await rejects(stand.open().start(stand.unit("ls /host", more)), (error) => {
        match(String(error), /zero byte/);
        return error instanceof UnitRefused;
      });
    });

  test("what is reserved is /opt/ml, and what the unit leaves there is collected", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const spec = stand.unit("cd /opt/ml && mkdir model && tr a-z A-Z <input/x >model/y && chmod 000 model/y model");
    const folder = await backend.reserve(spec);
    mkdirSync(`${folder}/input`);
    writeFileSync(`${folder}/input/x`, "hello\n", { mode: 0o600 });
    equal(await backend.reserve(spec), folder);
    deepEqual((await backend.state(spec.id))?.phase, "reserved");
    const run = await stand.run(backend, spec);
    equal(run.end?.exitCode, 0, run.log);
    equal(readFileSync(`${folder}/model/y`, "utf8"), "HELLO\n");
    await backend.remove(spec.id);
    await backend.remove(spec.id);
    deepEqual([existsSync(folder), await backend.state(spec.id), await backend.list()], [false, undefined, []]);
  });
}

export function surroundingCases(candidate: Candidate): void {
  test("the unit is user 0 without power over this machine", async (t) => {
    const stand = new Stand(t, candidate);
    const tries = [
      'test "$(id -u)" = 0 && test "$(hostname)" = algo-1 && echo root of algo-1',
      "touch /usr/x 2>/dev/null || echo image is read-only",
      "touch /tmp/x /dev/shm/x /opt/ml/x && echo scratch is writable",
      "unshare --user true 2>/dev/null || echo no new namespaces",
      "mount -t tmpfs t /mnt 2>/dev/null || echo no mounts",
      "kill -0 1 && test $(ls -d /proc/[0-9]* | wc -l) -lt 10 && echo own processes only",
      "grep NoNewPrivs /proc/self/status; grep Seccomp: /proc/self/status",
    ];
    const { log } = await stand.run(stand.open(), stand.unit(tries.join("\n")));
    deepEqual(
      log.split("\n").map((line) => line.replace("\t", " ")),
      [
        ...["root of algo-1", "image is read-only", "scratch is writable", "no new namespaces", "no mounts"],
        ...["own processes only", "NoNewPrivs: 1", "Seccomp: 2", ""],
      ],
    );
  });

  test("environment and arguments arrive as given", async (t) => {
    const stand = new Stand(t, candidate);
    const value = "a b\n\"c\" $d 'e' é\\";
    const spec = stand.unit('printf "%s|%s" "$VALUE" "$1"', { environment: { VALUE: value } });
    const run = await stand.run(stand.open(), { ...spec, arguments: [...spec.arguments, "sh", value] });
    equal(run.log, `${value}|${value}`);
  });
}
