// One process for all units of a server: connections to TCP ports in the network of a unit, which it hands to the server, and the
// platform's address in there -> the server's Unix socket. It enters only network namespaces. Why one process: docs/decisions/0005-sandbox-forwarders.md.
import { closeSync, fstatSync, openSync } from "node:fs";
import { connect, createServer, type ListenOptions, type Server, Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { listenOn, tcpSocket, withinNetwork } from "./system-calls.ts";

/** What the server asks; each request is answered by its number. */
export type ForwarderRequest =
  | {
      readonly number: number;
      readonly open: string;
      /** A process inside the network, and the network's inode, which tells whether the id still means that process. */
      readonly process: number;
      readonly inode: number;
      readonly platform?: { readonly address: string; readonly socket: string };
    }
  /** Answered with a connection to a port in an open network. */
  | { readonly number: number; readonly connect: string; readonly port: number }
  | { readonly number: number; readonly close: string };

export interface ForwarderAnswer {
  readonly number: number;
  readonly error?: string;
}

interface OpenNetwork {
  readonly namespace: number;
  readonly servers: Server[];
  readonly sockets: Set<Socket>;
  isClosed(): boolean;
}

const home = openSync("/proc/self/ns/net", "r");
const networks = new Map<string, OpenNetwork>();

/** On loopback the answer is there at once, unless the program has stopped taking connections. */
const connectSeconds = 10;

/** The forwarder of a server that was killed ends by itself, as soon as it is given processor time. */
const takeOverSeconds = 10;

async function perform(request: ForwarderRequest): Promise<Socket | undefined> {
  if ("connect" in request) return reach(request.connect, request.port);
  close("close" in request ? request.close : request.open);
  if ("open" in request) await open(request);
  return undefined;
}

async function open(request: Extract<ForwarderRequest, { open: string }>): Promise<void> {
  const namespace = openSync(`/proc/${request.process}/ns/net`, "r");
  const isClosed = (): boolean => networks.get(request.open) !== network;
  const network: OpenNetwork = { namespace, servers: [], sockets: new Set(), isClosed };
  networks.set(request.open, network);
  if (fstatSync(namespace).ino !== request.inode) throw new Error("The unit's network is gone.");
  if (request.platform) {
    const { address, socket } = request.platform;
    const fd = await takeOver(network, address);
    if (fd !== undefined) await listen(network, { fd }, () => connect({ path: socket, allowHalfOpen: true }));
  }
}

/** A socket that listens on the platform's address, once nobody else does; undefined when the network was closed meanwhile. */
async function takeOver({ namespace, isClosed }: OpenNetwork, address: string): Promise<number | undefined> {
  const deadline = performance.now() + takeOverSeconds * 1000;
  while (!isClosed()) {
    const fd = withinNetwork(namespace, home, tcpSocket);
    try {
      listenOn(fd, address, 80);
      return fd;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await setTimeout(10);
  }
  return undefined;
}

function reach(key: string, port: number): Promise<Socket> {
  const network = networks.get(key);
  if (!network) throw new Error("The unit's network is not open.");
  const options = { fd: withinNetwork(network.namespace, home, tcpSocket), manualStart: true };
  // What the program says first is for the server to read.
  const socket = new Socket(options).pause();
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.setTimeout(connectSeconds * 1000, () =>
      socket.destroy(new Error(`no connection within ${connectSeconds} s`)),
    );
    socket.connect({ host: "127.0.0.1", port }, () => {
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

function close(key: string): void {
  const network = networks.get(key);
  if (!network) return;
  networks.delete(key);
  for (const server of network.servers) server.close();
  for (const socket of network.sockets) socket.destroy();
  closeSync(network.namespace);
}

function listen(network: OpenNetwork, options: ListenOptions & { fd?: number }, reach: () => Socket): Promise<void> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => join(network, near, reach()));
  network.servers.push(server);
  return new Promise((resolve, reject) => server.once("error", reject).listen(options, resolve));
}

/** Two sockets as one: what ends or fails on one side does so on the other. */
function join(network: OpenNetwork, near: Socket, far: Socket): void {
  far.setNoDelay(true);
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    network.sockets.add(one);
    one.pipe(other);
    one.on("error", () => other.destroy()); // the other side sees its connection cut, as without a forwarder
    one.on("close", () => {
      network.sockets.delete(one);
      if (one.errored || !one.readableEnded) other.destroy();
    });
  }
}

process.on("message", (request: ForwarderRequest) => {
  perform(request).then(
    // Once sent, the connection is the server's alone.
    (socket) => process.send?.({ number: request.number } satisfies ForwarderAnswer, socket),
    (error: unknown) => process.send?.({ number: request.number, error: String(error) } satisfies ForwarderAnswer),
  );
});
process.on("disconnect", () => process.exit(0));
// An answer for a server that was killed.
process.on("error", () => process.exit(0));
