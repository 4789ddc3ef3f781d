// Hosts of a group, ports from outside, and what each level keeps in.
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { type Candidate, ended, logHas, Stand } from "./stand.ts";

const serveName = [
  "import socket, sys",
  "s = socket.create_server((sys.argv[1], 8080))",
  "print('listening', flush=True)",
  "while True:",
  "  c, _ = s.accept()",
  "  c.sendall(('I am ' + socket.gethostname() + ': ' + c.recv(100).decode()).encode())",
  "  c.close()",
].join("\n");
const greet = [
  "import socket",
  "s = socket.create_server(('', 8080))",
  "print('listening', flush=True)",
  "while True: s.accept()[0].send(b'hello')",
].join("\n");
const fetchName = [
  "import socket, sys, time",
  "def ask():",
  "  for _ in range(500):",
  "    try: return socket.create_connection((sys.argv[1], 8080), 5)",
  "    except OSError as e: time.sleep(0.02); last = e",
  "  raise last",
  "c = ask(); c.sendall(b'hi'); print(socket.if_nametoindex('eth0') > 0, c.recv(100).decode())",
].join("\n");
const reach = [
  "import socket, sys",
  "try: socket.create_connection((sys.argv[1], int(sys.argv[2])), 2); print('reached')",
  "except OSError: print('not reached')",
].join("\n");

const python = (program: string, ...args: string[]) => ["python3", "-c", program, ...args];

export function networkCases(candidate: Candidate): void {
  test("connections to ports inside are made from outside, to those of the plan and when somebody listens", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const spec = stand.unit("", {
      entrypoint: python(serveName, "0.0.0.0"),
      arguments: [],
      ports: [8080, 9090],
      network: "platform",
    });
    await rejects(backend.connect(spec.id, 8080), /none of those in the unit's plan/);
    await backend.start(spec);
    await logHas(backend, spec.id, "listening");
    const words = ["hello", "are", "you", "there"];
    deepEqual(
      await Promise.all(words.map(async (word) => ask(await backend.connect(spec.id, 8080), word))),
      words.map((word) => `I am algo-1: ${word}`),
    );
    await rejects(backend.connect(spec.id, 9090), /ECONNREFUSED/);
    await rejects(backend.connect(spec.id, 9191), /none of those in the unit's plan/);
    await backend.stop(spec.id, 0);
    await ended(backend, spec.id);
    await rejects(backend.connect(spec.id, 8080), /does not run/);
  });

  test("what a program says before it is asked is heard", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const spec = stand.unit("", { entrypoint: python(greet), arguments: [], ports: [8080] });
    await backend.start(spec);
    await logHas(backend, spec.id, "listening");
    const heard = new Set<string>();
    for (let count = 0; count < 40; count++) heard.add(await text(await backend.connect(spec.id, 8080)));
    deepEqual([...heard], ["hello"]);
  });

  for (const network of ["isolated", "platform", "open"] as const) {
    test(`at level ${network} this machine's own ports are out of reach, the platform's address ${network === "isolated" ? "too" : "is not"}`, async (t) => {
      const stand = new Stand(t, candidate);
      const backend = stand.open();
      const here = createServer((socket) => socket.end("outside")).listen(0, "0.0.0.0");
      t.after(() => here.close());
      const platformSocket = `${stand.folder}/platform`;
      const platform = createServer((socket) => socket.once("data", () => socket.end("the platform"))).listen(
        platformSocket,
      );
      t.after(() => platform.close());
      const address = here.address();
      const port = typeof address === "object" && address ? address.port : 0;
      const command = [
        ...["127.0.0.1", ...ownAddresses(), "10.88.0.1"].map((one) => `python3 -c "$1" ${one} ${port}`),
        'python3 -c "$1" 169.254.170.2 80',
      ].join("\n");
      const given = network === "isolated" ? {} : { platformSocket };
      const spec = stand.unit("", { network, ...given, arguments: [command, "sh", reach] });
      const { log } = await stand.run(backend, spec);
      const lines = log.trim().split("\n");
      equal(lines.pop(), network === "isolated" ? "not reached" : "reached");
      if (network !== "open") equal(new Set(lines).size === 1 && lines[0], "not reached", log);
    });
  }
}

export function groupCases(candidate: Candidate): void {
  test("hosts of a group see each other by name, each with its own ports", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const hosts = ["algo-1", "algo-2", "algo-3"];
    const group = stand.unit("").id;
    const units = hosts.map((host, index) => {
      const next = hosts[(index + 1) % hosts.length] ?? "";
      const command = 'python3 -c "$1" $(hostname) & python3 -c "$2" "$3"; wait';
      return stand.unit("", { group, host, hosts, arguments: [command, "sh", serveName, fetchName, next] });
    });
    await Promise.all(units.map((unit) => backend.start(unit)));
    for (const [index, unit] of units.entries()) {
      const next = hosts[(index + 1) % hosts.length];
      match(await logHas(backend, unit.id, "I am"), new RegExp(`True I am ${next}: hi`));
    }
  });

  test("hosts of a group are removed at once, and another group begins meanwhile", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const hosts = ["algo-1", "algo-2", "algo-3"];
    const aGroup = () => {
      const group = stand.unit("").id;
      return hosts.map((host) => stand.unit("true", { group, host, hosts }));
    };
    const run = async (units: ReturnType<typeof aGroup>) => {
      await Promise.all(units.map((unit) => backend.start(unit)));
      for (const unit of units) deepEqual((await ended(backend, unit.id)).end?.exitCode, 0);
    };
    const first = aGroup();
    await run(first);
    await Promise.all([...first.map(({ id }) => backend.remove(id)), run(aGroup())]);
  });

  test("groups are apart, though their addresses may be the same", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const server = stand.unit("", { entrypoint: python(serveName, "0.0.0.0"), arguments: [] });
    await backend.start(server);
    await logHas(backend, server.id, "listening");
    const hosts = ["algo-1", "algo-2"];
    const other = stand.unit("", { host: "algo-2", hosts, entrypoint: python(reach, "algo-1", "8080"), arguments: [] });
    equal((await stand.run(backend, other)).log, "not reached\n");
  });
}

/** Addresses of this machine by which a unit might try to come back to it. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address);
}

async function ask(socket: Socket, words: string): Promise<string> {
  socket.end(words);
  return text(socket);
}
