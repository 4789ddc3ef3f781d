// Spares: a unit that takes one runs in it, with its own data, arguments and environment.
import { deepEqual, equal, match } from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { type Candidate, ended, logOf, Stand } from "./stand.ts";

/** An entry point that keeps the rules of docs/decisions/0006-spares.md. */
const waiting = [
  "import json, os, sys",
  "waited = os.environ.pop('SAGEBRUSH_SPARE', '') == '1'",
  "if waited:",
  "  line = sys.stdin.readline()",
  "  if not line.endswith('\\n'): sys.exit(125)",
  "  orders = json.loads(line)",
  "  sys.argv[1:] = orders['arguments']; os.environ.update(orders['environment']); os.chdir(orders['workingDirectory'])",
  "print(json.dumps([waited, sys.argv[1:], os.environ.get('NAME'), open('/opt/ml/input/x').read()]))",
  "sys.exit(int(os.environ.get('CODE', '0')))",
].join("\n");

export function spareCases(candidate: Candidate): void {
  const image = { ...candidate.image, id: "waits", entrypoint: ["python3", "-c", waiting], canWait: true };

  const aUnit = (stand: Stand, code = "0") => {
    const { entrypoint: _none, ...spec } = stand.unit("", { image, arguments: ["train"], network: "platform" });
    return { ...spec, environment: { NAME: "value", CODE: code } };
  };

  const skip = { skip: candidate.skips?.["spares"] ?? false };

  test("a unit takes the spare, the next one too, and one without a spare does the same", skip, async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    await backend.warm(image, "platform", 1);
    for (const isolated of [false, false, true]) {
      const spec = { ...aUnit(stand, "3"), ...(isolated ? { network: "isolated" as const } : {}) };
      const folder = await backend.reserve(spec);
      mkdirSync(`${folder}/input`);
      writeFileSync(`${folder}/input/x`, spec.id);
      const { end, log } = await stand.run(backend, spec);
      equal(end?.exitCode, 3, log);
      deepEqual(JSON.parse(log), [!isolated, ["train"], "value", spec.id]);
    }
    equal((await backend.list()).length, 3);
  });

  test("a reserved spare that lost its server starts afresh with the data it was given", async (t) => {
    const stand = new Stand(t, candidate);
    const before = stand.open();
    await before.warm(image, "platform", 1);
    const spec = aUnit(stand);
    const folder = await before.reserve(spec);
    mkdirSync(`${folder}/input`);
    writeFileSync(`${folder}/input/x`, "given before");
    await before.close();
    const after = stand.open();
    const { log } = await stand.run(after, spec);
    deepEqual(JSON.parse(log), [false, ["train"], "value", "given before"]);
  });

  test("exit code 125 of a unit that did run is its own", skip, async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    await backend.warm(image, "platform", 1);
    const spec = aUnit(stand, "125");
    const folder = await backend.reserve(spec);
    mkdirSync(`${folder}/input`);
    writeFileSync(`${folder}/input/x`, "");
    await backend.start(spec);
    const state = await ended(backend, spec.id);
    deepEqual([state.phase, state.end?.exitCode], ["ended", 125]);
    match(await logOf(backend, spec.id), /true/);
  });
}
