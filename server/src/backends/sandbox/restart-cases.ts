// What a server finds of the units of an earlier one, when something is not as it should be.
import { equal, match } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { shortName } from "../shared/unit-files.ts";
import { type Candidate, ended, logHas, Stand, until } from "../suite/stand.ts";
import { forwarders } from "./forwarder-processes.ts";
import { createSandbox } from "./sandbox.ts";
import { UnitFolder } from "./unit-folder.ts";

/** proc(5): pid_max is at most 2^22. */
const beyondLargestId = 2 ** 22 + 1;

/** A program that answers whoever connects to port 8080. */
const answer =
  "import socket\ns = socket.create_server(('', 8080)); print('up', flush=True)\nwhile True: s.accept()[0].send(b'here')";

/** Nothing for a process that is ending or becoming another, and of files that are closed meanwhile. */
function openFiles(process: number): readonly string[] {
  try {
    return readdirSync(`/proc/${process}/fd`).map((fd) => readlinkSync(`/proc/${process}/fd/${fd}`));
  } catch {
    return [];
  }
}

export function registerRestartCases(candidate: Candidate): void {
  describe(`${candidate.name}, after a restart`, () => {
    test("a unit that cannot be reached after a restart is ended and lost, not failed", async (t) => {
      const stand = new Stand(t, candidate);
      const reports: unknown[] = [];
      const first = candidate.open(stand.folder);
      const spec = stand.unit("sleep 100", { ports: [8080] });
      await first.start(spec);
      const unit = new UnitFolder(`${stand.folder}/${shortName(spec.id)}`);
      const { init, supervisor } = unit;
      await first.close();
      // As if the id of its first process meant another one by now, which is in another network.
      unit.write("status", (unit.read("status") ?? "").replace(String(init), String(process.pid)));
      const second = createSandbox({ folder: stand.folder, report: (error) => reports.push(error) });
      t.after(() => second.close());
      equal((await ended(second, spec.id)).phase, "lost");
      // Its network is not the unit's; an ordinary user may not even look.
      match(String((reports[0] as Error).cause), /network is gone|EACCES/);
      await until("nothing of it is left", async () => !existsSync(`/proc/${supervisor}`) || undefined);
    });

    test("a unit whose program has just ended keeps its exit code, however slow its supervisor is to write it", async (t) => {
      const stand = new Stand(t, candidate);
      const first = candidate.open(stand.folder);
      const spec = stand.unit("echo up; sleep 100", { ports: [8080] });
      await first.start(spec);
      await logHas(first, spec.id, "up");
      const { init = 0, supervisor = 0 } = new UnitFolder(`${stand.folder}/${shortName(spec.id)}`);
      process.kill(supervisor, "SIGSTOP");
      await first.close();
      process.kill(init, "SIGKILL");
      const reports: unknown[] = [];
      const second = createSandbox({ folder: stand.folder, report: (error) => reports.push(error) });
      t.after(() => second.close());
      equal((await second.state(spec.id))?.phase, "running");
      process.kill(supervisor, "SIGCONT");
      const { phase, end } = await ended(second, spec.id);
      equal(phase, "ended");
      equal(end?.exitCode, 137);
      equal(reports.length, 0);
    });

    test("a supervisor that is about to be gone keeps no other unit from being reached", async (t) => {
      const stand = new Stand(t, candidate);
      const first = candidate.open(stand.folder);
      const spec = stand.unit("", { entrypoint: ["python3", "-c", answer], arguments: [], ports: [8080] });
      await first.start(spec);
      await logHas(first, spec.id, "up");
      await first.close();
      // Its lock is held still, its descriptors are closed. The name comes first.
      const ending = `${stand.folder}/000000000000`;
      mkdirSync(ending);
      const holder = spawn("flock", [`${ending}/lock`, "sh", "-c", "echo held; sleep 100"], { stdio: "pipe" });
      t.after(() => holder.kill("SIGKILL"));
      await once(holder.stdout, "data");
      writeFileSync(`${ending}/pid`, `${beyondLargestId}\n`);
      const second = stand.open();
      equal(await text(await second.connect(spec.id, 8080)), "here");
      equal((await second.state(spec.id))?.phase, "running");
    });

    test("the platform's address is taken over from a forwarder that is slow to end", async (t) => {
      const stand = new Stand(t, candidate);
      const platformSocket = `${stand.folder}/platform`;
      const platform = createServer((socket) => socket.end("platform")).listen(platformSocket);
      t.after(() => platform.close());
      const first = candidate.open(stand.folder);
      const others = new Set(forwarders());
      const more = { ports: [8080], platformSocket, network: "platform" } as const;
      const spec = stand.unit("", { entrypoint: ["python3", "-c", answer], arguments: [], ...more });
      await first.start(spec);
      await logHas(first, spec.id, "up");
      const old = forwarders().find((id) => !others.has(id)) ?? 0;
      process.kill(old, "SIGSTOP");
      t.after(() => endIfThere(old)); // stopped, it would keep this process for ever
      await first.close();
      const second = stand.open();
      const network = readlinkSync(`/proc/${new UnitFolder(`${stand.folder}/${shortName(spec.id)}`).init}/ns/net`);
      await until("another forwarder has tried", async () => {
        const another = forwarders().find((id) => id !== old && !others.has(id));
        return (another !== undefined && openFiles(another).includes(network)) || undefined;
      });
      process.kill(old, "SIGKILL");
      equal(await text(await second.connect(spec.id, 8080)), "here");
      equal((await second.state(spec.id))?.phase, "running");
    });
  });
}

function endIfThere(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
