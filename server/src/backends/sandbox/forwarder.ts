// One process for all units of a server: Unix sockets here <-> TCP ports in the network of a unit, and the platform's address in
// there -> the server's Unix socket. It enters only network namespaces. Why one process: docs/decisions/0005-sandbox-forwarders.md.
import { closeSync, fstatSync, openSync, rmSync } from "node:fs";
import { connect, createServer, type ListenOptions, type Server, Socket } from "node:net";
import { listenOn, tcpSocket, withinNetwork } from "./system-calls.ts";

/** What the server asks; each request is answered by its number. */
export type ForwarderRequest =
  | {
      readonly number: number;
      readonly open: string;
      /** A process inside the network, and the network's inode, which tells whether the id still means that process. */
      readonly process: number;
      readonly inode: number;
      readonly ports: readonly { readonly port: number; readonly path: string }[];
      readonly platform?: { readonly address: string; readonly socket: string };
    }
  | { readonly number: number; readonly close: string };

export interface ForwarderAnswer {
  readonly number: number;
  readonly error?: string;
}

interface OpenNetwork {
  readonly namespace: number;
  readonly servers: Server[];
  readonly sockets: Set<Socket>;
}

const home = openSync("/proc/self/ns/net", "r");
const networks = new Map<string, OpenNetwork>();

async function perform(request: ForwarderRequest): Promise<void> {
  if ("close" in request) return close(request.close);
  close(request.open);
  const namespace = openSync(`/proc/${request.process}/ns/net`, "r");
  const network: OpenNetwork = { namespace, servers: [], sockets: new Set() };
  networks.set(request.open, network);
  if (fstatSync(namespace).ino !== request.inode) throw new Error("The unit's network is gone.");
  for (const { port, path } of request.ports) {
    rmSync(path, { force: true });
    const inside = () => {
      const options = { fd: withinNetwork(namespace, home, tcpSocket), allowHalfOpen: true, manualStart: true };
      return new Socket(options).connect({ host: "127.0.0.1", port });
    };
    await listen(network, { path }, inside);
  }
  if (request.platform) {
    const { address, socket } = request.platform;
    const fd = withinNetwork(namespace, home, tcpSocket);
    listenOn(fd, address, 80);
    await listen(network, { fd }, () => connect({ path: socket, allowHalfOpen: true }));
  }
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
    () => process.send?.({ number: request.number } satisfies ForwarderAnswer),
    (error: unknown) => process.send?.({ number: request.number, error: String(error) } satisfies ForwarderAnswer),
  );
});
process.on("disconnect", () => process.exit(0));
// An answer for a server that was killed.
process.on("error", () => process.exit(0));
