// A tunnel to another machine, for CONNECT (RFC 9110, 9.3.6): bytes both ways, unread. Whoever is not on this machine
// gets none, and none leads to link-local addresses, where clouds keep the credentials of an instance.
import { lookup } from "node:dns";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { BlockList, connect, isIP, type LookupFunction, type Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { Refusal } from "./refusal.ts";
import { isIn, type Upstream, type UpstreamProxy } from "./upstream.ts";

/** Time for the other side to answer. */
const CONNECT_MS = 15_000;
/** A tunnel without a byte in either direction for this long is closed. */
const IDLE_MS = 600_000;
/** Two descriptors each; a process may have 1,024 where nobody raised the limit. */
const MOST_TUNNELS = 256;

/** RFC 3927, RFC 4291, and the address of EC2's metadata service in IPv6. */
const linkLocal = new BlockList();
linkLocal.addSubnet("169.254.0.0", 16, "ipv4");
linkLocal.addSubnet("fe80::", 10, "ipv6");
linkLocal.addAddress("fd00:ec2::254", "ipv6");

export interface Target {
  /** Lower case; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

export interface Tunnels {
  /** Joins the caller to the target and answers it. @throws Refusal when there is no way there */
  open(caller: Duplex, head: Buffer, target: Target): Promise<void>;
  close(): void;
}

export function createTunnels(upstream: Upstream): Tunnels {
  const open = new Set<Duplex>();
  return {
    async open(caller, head, target) {
      if (open.size >= MOST_TUNNELS)
        throw new Refusal(503, `${MOST_TUNNELS} tunnels are open, which is the most that this server holds.`);
      const { host, port } = target;
      if (isIn(linkLocal, host)) throw isLinkLocal(host);
      open.add(caller);
      caller.once("close", () => open.delete(caller));
      const proxy = upstream(host, port);
      const remote = await (proxy === undefined ? reach(target) : reachBy(proxy, target));
      if (caller.destroyed) {
        remote.destroy();
        return;
      }
      join(caller, head, remote);
    },
    close() {
      for (const caller of open) caller.destroy();
    },
  };
}

/** Back-pressure, half-closed sides and errors are pipeline's; ends of both are only told apart by time. */
function join(caller: Duplex, head: Buffer, remote: Socket): void {
  caller.write("HTTP/1.1 200 Connection established\r\n\r\n");
  if (head.length > 0) remote.write(head);
  remote.setTimeout(IDLE_MS, () => remote.destroy());
  pipeline(caller, remote, caller, () => {
    caller.destroy();
    remote.destroy();
  });
}

/** @throws Refusal */
function reach({ host, port }: Target): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, lookup: guardedLookup });
    const fail = (cause: Error) => {
      socket.destroy();
      reject(
        cause instanceof Refusal ? cause : new Refusal(502, `${host}:${port} cannot be reached: ${cause.message}.`),
      );
    };
    socket.setTimeout(CONNECT_MS, () => fail(new Refusal(504, `${host}:${port} did not answer.`)));
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.off("error", fail);
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

/** Looks a name up and refuses it when it leads to a link-local address, so that no name stands for one. */
const guardedLookup: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (cause, addresses) => {
    if (cause) return done(cause, []);
    const first = addresses[0];
    if (first === undefined || addresses.some(({ address }) => isIn(linkLocal, address)))
      return done(isLinkLocal(host), []);
    if (options.all) done(null, addresses);
    else done(null, first.address, first.family);
  });
};

const isLinkLocal = (host: string): Refusal =>
  new Refusal(403, `${host} is a link-local address, where instances of a cloud find their credentials.`);

/** @throws Refusal */
function reachBy(proxy: UpstreamProxy, { host, port }: Target): Promise<Socket> {
  const path = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
  const { authorization } = proxy;
  const headers = { host: path, ...(authorization === undefined ? {} : { "proxy-authorization": authorization }) };
  return new Promise((resolve, reject) => {
    const request = (proxy.secure ? httpsRequest : httpRequest)({
      host: proxy.host,
      port: proxy.port,
      method: "CONNECT",
      path,
      headers,
      agent: false,
      timeout: CONNECT_MS,
    });
    const fail = (reason: string) => {
      request.destroy();
      reject(new Refusal(502, `The proxy ${proxy.host}:${proxy.port} gives no way to ${path}: ${reason}.`));
    };
    request.once("timeout", () => fail("it did not answer"));
    request.on("error", (cause) => fail(cause.message));
    request.once("response", (response) => fail(`it answered ${response.statusCode}`));
    request.once("connect", (response, socket, head) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        return fail(`it answered ${response.statusCode} ${response.statusMessage}`);
      }
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket as Socket);
    });
    request.end();
  });
}
