// Rows over PostgreSQL: the shared suite on Debian's PostgreSQL, started in a temporary folder and reached by its socket.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import pg from "pg";
import { realClock } from "../../../core/clock.ts";
import { NewerLayout } from "../migrate.ts";
import { rowsSuite } from "../suite.ts";
import { openPostgresRows } from "./open.ts";

const programs = globSync("/usr/lib/postgresql/*/bin").sort().at(-1);
/** PostgreSQL refuses to run as root. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/** The command line of a program of PostgreSQL, as a user who may run it. */
function commandOf(program: string, parameters: readonly string[]): [string, string[]] {
  const path = join(programs ?? "", program);
  if (!isRoot) return [path, [...parameters]];
  return ["setpriv", [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", path, ...parameters]];
}

async function startPostgres(): Promise<{ url(database: string): string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-pg-"));
  if (isRoot) await chown(folder, NOBODY, NOBODY);
  const data = join(folder, "data");
  // A default collation that is not by bytes, so that a forgotten one of ours shows.
  const locale = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"];
  const setup = ["-D", data, "-U", "sagebrush", "--auth=trust", "--encoding=UTF8", "--no-sync", ...locale];
  execFileSync(...commandOf("initdb", setup), { stdio: ["ignore", "ignore", "inherit"], cwd: folder });
  const [program, parameters] = commandOf("postgres", ["-D", data, "-k", folder, "-c", "listen_addresses="]);
  const server = spawn(program, parameters, { stdio: ["ignore", "ignore", "pipe"], cwd: folder });
  const exited = once(server, "exit");
  const deadline = setTimeout(() => server.kill("SIGQUIT"), 60_000);
  const said: string[] = [];
  for await (const line of createInterface(server.stderr)) {
    said.push(line);
    if (line.includes("ready to accept connections")) break;
  }
  clearTimeout(deadline);
  assert.match(said.at(-1) ?? "", /ready to accept/, said.join("\n"));
  server.stderr.resume();
  return {
    url: (database) => `postgresql://sagebrush@/${database}?host=${encodeURIComponent(folder)}`,
    async stop() {
      server.kill("SIGINT");
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}

if (programs === undefined)
  test("Rows over PostgreSQL", { skip: "PostgreSQL is not installed: apt-get install postgresql" }, () => {});
else suites();

function suites(): void {
  // Hooks of one file do not wait for each other, so the server is a promise.
  const starting = startPostgres();
  after(async () => (await starting).stop());
  let made = 0;
  const aDatabase = async (): Promise<string> => {
    const postgres = await starting;
    const client = new pg.Client({ connectionString: postgres.url("postgres") });
    await client.connect();
    const name = `test${made++}`;
    await client.query(`create database ${name}`);
    await client.end();
    return postgres.url(name);
  };
  const report = (error: unknown): never => {
    throw error;
  };
  const open = (url: string) => openPostgresRows({ url, clock: realClock, report });

  rowsSuite("PostgreSQL", async () => open(await aDatabase()));

  const thing = (name: string) => ({ kind: "test:thing", scope: "s", name });
  const row = (name: string) => ({ ...thing(name), status: "", createdAt: 1, modifiedAt: 1, document: name });

  test("two servers that start at once on an empty database share it", async () => {
    const url = await aDatabase();
    const [one, two] = await Promise.all([open(url), open(url)]);
    const heard = new Promise<void>((resolve) => two.watch(resolve, AbortSignal.timeout(10_000)));
    await one.commit({ put: [row("x")], events: [{ ...thing("x"), type: "created" }] });
    assert.equal((await two.get(thing("x")))?.document, "x");
    await heard;
    await one.close();
    await two.close();
  });

  test("of two servers that expect the same, one is refused, and a reader of the log misses nothing", async () => {
    const url = await aDatabase();
    const servers = await Promise.all([open(url), open(url)]);
    const seen: number[] = [];
    let isOver = false;
    const reading = (async () => {
      for (let last = 0; ; ) {
        const wasOver = isOver;
        const found = await servers[0].changes(last, 1000);
        seen.push(...found.map(({ id }) => id));
        last = seen.at(-1) ?? 0;
        if (wasOver && found.length === 0) return;
      }
    })();
    const attempts = Array.from({ length: 200 }, (_, index) => {
      const key = thing(`contended ${index >> 1}`);
      const change = { put: [row(key.name)], events: [{ ...key, type: "created" }] };
      return servers[index % 2]?.commit({ expect: [{ key, version: "absent" }], ...change });
    });
    const outcomes = await Promise.allSettled(attempts);
    isOver = true;
    await reading;
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 100);
    assert.equal(seen.length, 100);
    for (const server of servers) await server.close();
  });

  test("a name that PostgreSQL cannot hold fails alone", async () => {
    const rows = await open(await aDatabase());
    const outcomes = await Promise.allSettled(
      ["good", "b\u0000d", "fine"].map((name) => rows.commit({ put: [row(name)] })),
    );
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    assert.equal(await rows.get(thing("b\u0000d")), undefined);
    assert.deepEqual(await rows.scan({ ...thing(""), prefix: "b\u0000", limit: 10 }), []);
    await rows.close();
  });

  test("a database with a newer layout is refused", async () => {
    const url = await aDatabase();
    await (await open(url)).close();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query("update layout set version = 99");
    await client.end();
    await assert.rejects(open(url), NewerLayout);
  });
}
