// Level `open` of the sandbox: units come to what is outside this machine, and to nothing inside it. As root, "outside" is a
// network namespace of the test's own; an ordinary user cannot make one, so there it is an address of this machine.
import { deepEqual, equal, match } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, type TestContext, test } from "node:test";
import { resolverFile } from "../shared/resolver.ts";
import { shortName } from "../shared/unit-files.ts";
import { type Candidate, logHas, Stand, until } from "../suite/stand.ts";
import { findIdentity } from "./identity.ts";
import { run } from "./processes.ts";
import { UnitFolder } from "./unit-folder.ts";
import { findUplink, isUplink } from "./uplinks.ts";

/** Says to each caller from which address it came, and first at which port it listens. */
const listener = [
  "import socket",
  "s = socket.create_server(('', 0))",
  "print(f'listening at {s.getsockname()[1]}', flush=True)",
  "while True:",
  "  c, peer = s.accept(); c.sendall(peer[0].encode()); c.close()",
].join("\n");
/** One line for each ADDRESS:PORT of its arguments, all asked at once. */
const reach = [
  "import socket, sys",
  "from concurrent.futures import ThreadPoolExecutor",
  "def ask(one):",
  "  host, port = one.split(':')",
  "  try: return 'from ' + socket.create_connection((host, int(port)), 1).recv(100).decode()",
  "  except OSError: return 'not reached'",
  "for line in ThreadPoolExecutor(16).map(ask, sys.argv[1:]): print(line)",
].join("\n");
/** By process, so that suites may run side by side; a link-local address stands for a cloud's metadata, which is left alone. */
const metadata = `169.254.${200 + (process.pid % 50)}.254`;
const outsideNumber = (process.pid % 64) * 4;

interface Outside {
  /** With the port. */
  readonly address: string;
  /** By which callers from this machine are known there. */
  readonly seenAs: string;
}

export function registerInternetCases(candidate: Candidate): void {
  const identity = findIdentity();
  const isRoot = identity.kind === "root range";
  const found = findUplink(identity);
  const skip = isUplink(found) ? false : `${found.message} ${found.remedy}`;
  const program = (code: string, ...args: string[]) => ({
    entrypoint: ["python3", "-c", code, ...args],
    arguments: [],
  });

  describe(`${candidate.name}, at level open`, { skip }, () => {
    test("open units come to what is outside, alone and with others, and find its name server; the rest do not", async (t) => {
      const stand = new Stand(t, candidate);
      const backend = stand.open();
      const { address, seenAs } = await anOutside(t, isRoot);
      const ask = program(reach, address);
      const logs = [];
      for (const network of ["isolated", "platform", "open", "open"] as const) {
        logs.push((await stand.run(backend, stand.unit("", { ...ask, network }))).log);
      }
      const hosts = ["algo-1", "algo-2"];
      const group = stand.unit("").id;
      const pair = hosts.map((host) => stand.unit("", { ...ask, network: "open", group, host, hosts }));
      logs.push(...(await Promise.all(pair.map(async (unit) => (await stand.run(backend, unit)).log))));
      deepEqual(logs, ["not reached\n", "not reached\n", ...Array(4).fill(`from ${seenAs}\n`)]);
      const resolver = stand.unit("cat /etc/resolv.conf", { network: "open" });
      equal((await stand.run(backend, resolver)).log, resolverFile());
    });

    test("open units come neither to this machine's loopback, nor to other units, nor to link-local addresses", async (t) => {
      const stand = new Stand(t, candidate);
      const backend = stand.open();
      const { address } = await anOutside(t, isRoot);
      const here = createServer((socket) => socket.end("here")).listen(0, isRoot ? "0.0.0.0" : "127.0.0.1");
      t.after(() => here.close());
      await once(here, "listening");
      const bound = here.address();
      const own = typeof bound === "object" && bound ? bound.port : 0;
      const other = stand.unit("", { ...program(listener), network: "open" });
      await backend.start(other);
      const port = portOf(await logHas(backend, other.id, "listening"));
      const uplink = await uplinkOf(new UnitFolder(`${stand.folder}/${shortName(other.id)}`));
      const units = [`${uplink.address}:${port}`, `10.88.0.1:${port}`];
      const gateways = ["127.0.0.1", "10.88.0.1", uplink.gateway].map((one) => `${one}:${own}`);
      const machine = isRoot ? ownAddresses().map((one) => `${one}:${own}`) : [];
      const targets = [...units, ...gateways, ...machine, `${metadata}:${address.split(":")[1]}`];
      const spec = stand.unit("", { ...program(reach, ...targets, address), network: "open" });
      const lines = (await stand.run(backend, spec)).log.trim().split("\n");
      match(lines.pop() ?? "", /^from /);
      deepEqual(
        lines,
        targets.map(() => "not reached"),
      );
    });

    test("the internet outlives a killed server, and ends with the last unit of the group", async (t) => {
      const stand = new Stand(t, candidate);
      const { address, seenAs } = await anOutside(t, isRoot);
      const hosts = ["algo-1", "algo-2"];
      const wait = `while [ ! -e /opt/ml/go ]; do sleep 0.02; done; python3 -c "$1" ${address}; echo asked; sleep 100`;
      const first = stand.unit("", { network: "open", hosts, arguments: [wait, "sh", reach] });
      const [node = "", ...args] = candidate.owner;
      const owner = spawn(node, [...args, stand.folder, JSON.stringify(first)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(owner.stdout, "data");
      owner.kill("SIGKILL");
      await once(owner, "exit");
      const backend = stand.open();
      const folder = await backend.reserve(first);
      await run("touch", [`${folder}/go`]);
      match(await logHas(backend, first.id, "asked"), new RegExp(`^from ${seenAs}\n`));
      const second = stand.unit("", {
        network: "open",
        group: first.group,
        host: "algo-2",
        hosts,
        arguments: [wait, "sh", reach],
      });
      await run("touch", [`${await backend.reserve(second)}/go`]);
      await backend.start(second);
      const uplink = await uplinkOf(new UnitFolder(`${stand.folder}/${shortName(first.id)}`));
      await backend.remove(first.id);
      match(await logHas(backend, second.id, "asked"), new RegExp(`^from ${seenAs}\n`));
      await backend.remove(second.id);
      await backend.close();
      await until("the link is gone", async () => !isThere(uplink, identity.outside) || undefined);
      if (isRoot && globSync("/sys/class/net/sagebr*").length === 0) deepEqual(globSync("/run/sagebrush/rules"), []);
    });
  });
}

/** Something outside that listens, and as root has the address of a cloud's metadata too. */
async function anOutside(t: TestContext, isRoot: boolean): Promise<Outside> {
  const name = `sb-outside-${process.pid}`;
  const own = ownAddresses()[0] ?? "";
  const ends = isRoot ? await anotherNetwork(t, name) : { address: own, seenAs: own };
  const [program = "", ...args] = [...(isRoot ? ["ip", "netns", "exec", name] : []), "python3", "-c", listener];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const [line] = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  return { ...ends, address: `${ends.address}:${portOf(String(line))}` };
}

/** A network of the name, linked to this machine's. */
async function anotherNetwork(t: TestContext, name: string): Promise<Outside> {
  const [near, far] = [`sbn${process.pid}`, `sbf${process.pid}`];
  const [nearAddress = "", farAddress = ""] = [1, 2].map((one) => `203.0.113.${outsideNumber + one}`); // RFC 5737
  const within = ["netns", "exec", name, "ip"];
  t.after(async () => {
    await run("ip", ["link", "delete", near]); // a namespace keeps its links for a while after it is deleted
    await run("ip", ["netns", "delete", name]);
  });
  for (const command of [
    ["netns", "add", name],
    ["link", "add", near, "type", "veth", "peer", "name", far, "netns", name],
    ["addr", "add", `${nearAddress}/30`, "dev", near],
    ["link", "set", near, "up"],
    ["route", "add", metadata, "dev", near],
    [...within, "addr", "add", `${farAddress}/30`, "dev", far],
    [...within, "addr", "add", `${metadata}/32`, "dev", far],
    [...within, "link", "set", far, "up"],
  ]) {
    await run("ip", command);
  }
  return { address: farAddress, seenAs: nearAddress };
}

/** What the listener says. @throws Error if it did not get so far */
function portOf(words: string): string {
  const port = /listening at (\d+)/.exec(words)?.[1];
  if (port === undefined) throw new Error(`The listener said ${JSON.stringify(words)}.`);
  return port;
}

interface UplinkInUse {
  readonly address: string;
  readonly gateway: string;
  /** As root, the interface of this machine at its other end. */
  readonly index: number;
  /** Else, processes of this user that hold the namespace make the connections. */
  readonly namespace: string;
}

/** The link of a running unit's group, looked at in the namespace of its bridge. */
async function uplinkOf(unit: UnitFolder): Promise<UplinkInUse> {
  const { enterOptions } = findIdentity();
  const fd = `/proc/${unit.supervisor}/fd`;
  const enter = [`--user=${fd}/3`, `--net=${fd}/5`, ...enterOptions, "--", "sh", "-c"];
  const told = await run("nsenter", [
    ...enter,
    "readlink /proc/self/ns/net; ip -json addr show dev uplink; ip -json route show default",
  ]);
  const [namespace = "", addresses = "", routes = ""] = told.trim().split("\n");
  const [
    {
      link_index: index,
      addr_info: [{ local: address }],
    },
  ] = JSON.parse(addresses) as [{ link_index: number; addr_info: [{ local: string }] }];
  const [{ gateway }] = JSON.parse(routes) as [{ gateway: string }];
  return { address, gateway, index, namespace };
}

function isThere(uplink: UplinkInUse, outside: number): boolean {
  if (outside === process.getuid?.()) {
    return globSync("/proc/[0-9]*/comm").some(
      (path) => /^(pasta|passt|slirp4netns)/.test(readIfThere(path)) && isOwn(path),
    );
  }
  return globSync("/sys/class/net/sagebr*/ifindex").some((path) => Number(readIfThere(path)) === uplink.index);
}

function isOwn(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.();
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it ended between being listed and being read
  }
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address);
}
