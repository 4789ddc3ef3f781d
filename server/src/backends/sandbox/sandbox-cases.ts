// What holds for the sandbox beyond the suite of all backends: its forwarder, its log limit, its files, what inspect says.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { shortName } from "../shared/unit-files.ts";
import { type Candidate, logHas, Stand, until } from "../suite/stand.ts";
import { forwarders } from "./forwarder-processes.ts";
import { limitsName } from "./leftovers.ts";
import { findLimits } from "./limits.ts";
import { createSandbox } from "./sandbox.ts";

const limits = await findLimits();
const skip = limits.kind.startsWith("cgroup") ? false : `units are limited by ${limits.kind}, which leaves nothing`;

export function registerSandboxCases(candidate: Candidate): void {
  describe(`${candidate.name}, in particular`, () => {
    test("when the forwarder dies, another takes over the ports of running units", async (t) => {
      const stand = new Stand(t, candidate);
      const backend = stand.open();
      const answer =
        "import socket\ns = socket.create_server(('', 8080)); print('up', flush=True)\nwhile True: s.accept()[0].send(b'here')";
      const spec = stand.unit("", { entrypoint: ["python3", "-c", answer], arguments: [], ports: [8080] });
      await backend.start(spec);
      await logHas(backend, spec.id, "up");
      equal(await text(await backend.connect(spec.id, 8080)), "here");
      for (const id of forwarders()) process.kill(id, "SIGKILL");
      await until("the port answers again", async () => {
        const socket = await backend.connect(spec.id, 8080).catch(() => undefined); // not yet: the next look tries again
        if (!socket) return undefined;
        return (await text(socket)) === "here" || undefined;
      });
    });

    test("a log stops at its limit with a line that says so, and the program goes on", async (t) => {
      const stand = new Stand(t, candidate);
      const backend = createSandbox({ folder: `${stand.folder}/limited`, logLimitBytes: 4096 });
      t.after(() => backend.close());
      const spec = stand.unit("head -c 100000 /dev/zero | tr '\\0' x; echo more; exit 4");
      const run = await stand.run(backend, spec);
      match(run.log, /^x{4096}\n\[sagebrush\] The log reached its limit of 4096 bytes; what followed was dropped\.\n$/);
      equal(run.end?.exitCode, 4);
      await backend.remove(spec.id);
    });

    test("removing units leaves nothing in the folder", async (t) => {
      const stand = new Stand(t, candidate);
      const backend = stand.open();
      const closed = "mkdir -p /opt/ml/a/b && chmod 000 /opt/ml/a/b /opt/ml/a";
      // 4,800 bytes of path, more than any call takes.
      const deep = "import os; os.chdir('/opt/ml'); all(os.mkdir('d') or os.chdir('d') or True for _ in range(2400))";
      const spec = stand.unit(`${closed} && python3 -c "${deep}" && echo all`, { ports: [8080] });
      equal((await stand.run(backend, spec)).log, "all\n");
      await backend.remove(spec.id);
      deepEqual(readdirSync(stand.folder), []);
    });

    test("a server that starts removes the limits that dead servers left, and none that are in use", {
      skip,
    }, async (t) => {
      const stand = new Stand(t, candidate);
      const { resources, ...spec } = stand.unit("sleep 100");
      const dead = `${stand.folder}/dead`;
      mkdirSync(dead);
      await createSandbox({ folder: dead }).close(); // never to be seen again
      const backend = stand.open();
      await backend.start({ ...spec, resources });
      const over = stand.unit("exit 3");
      await stand.run(backend, over);
      const own = [spec, over].map(({ id }) => limitsName(stand.folder, shortName(id)));
      const left = [stand.folder, dead].map((folder) => limitsName(folder, "0123456789ab"));
      for (const name of left) limits.hold(name, resources);
      rmSync(dead, { recursive: true });
      await stand.open().list();
      const held = new Set(limits.held());
      deepEqual(
        [own, left].map((names) => names.map((name) => held.has(name))),
        [
          [true, true],
          [false, false],
        ],
      );
    });

    test("what this machine offers is told, each lack with its remedy", async (t) => {
      const report = await new Stand(t, candidate).open().inspect();
      equal(report.usable, true);
      ok(report.findings.every((finding) => finding.level !== "missing"));
    });
  });
}
