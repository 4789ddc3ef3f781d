// The log: bytes as they came, from any offset, while it grows.
import { deepEqual, equal, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { type Candidate, logHas, logOf, Stand } from "./stand.ts";

export function logCases(candidate: Candidate): void {
  test("standard output and error are one log, readable while it grows", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const spec = stand.unit("echo one; echo two >&2; until test -e /opt/ml/go; do sleep 0.02; done; echo three");
    const folder = await backend.reserve(spec);
    await backend.start(spec);
    equal(await logHas(backend, spec.id, "two"), "one\ntwo\n");
    writeFileSync(`${folder}/go`, "");
    await logHas(backend, spec.id, "three");
    equal(await logOf(backend, spec.id, "one\ntwo\n".length), "three\n");
    equal(await logOf(backend, spec.id, 10_000), "");
  });

  test("a program may open its outputs by their names, as log files that are links to them do", async (t) => {
    const stand = new Stand(t, candidate);
    const links = "ln -s /dev/stdout /tmp/access.log; ln -s /dev/stderr /tmp/error.log";
    const spec = stand.unit(`${links}; echo asked >>/tmp/access.log; echo wrong >>/tmp/error.log`);
    const { log } = await stand.run(stand.open(), spec);
    deepEqual(log.split("\n").sort(), ["", "asked", "wrong"]); // engines have a pipe for each output
  });

  test("every byte value comes through", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const python = "import os; os.write(1, bytes(range(256)) * 4)";
    const spec = stand.unit(`python3 -c '${python}'`);
    await stand.run(backend, spec);
    const all = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256));
    ok(all.equals(await buffer(await backend.log(spec.id, 0))));
  });

  test("a line of 10 MB is kept whole", async (t) => {
    const stand = new Stand(t, candidate);
    const { log } = await stand.run(
      stand.open(),
      stand.unit("head -c 10000000 /dev/zero | tr '\\0' x; echo; echo end"),
    );
    equal(log.length, 10_000_005);
    ok(log.endsWith("x\nend\n"));
  });
}
