// CONNECT, by which clients reach names of AWS over HTTPS_PROXY: names we serve are answered here, other names of AWS
// are refused so that nothing of the house reaches Amazon, and the rest is tunnelled.
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { type AwsNames, isAmazon, readName } from "./names.ts";
import { Refusal } from "./refusal.ts";
import type { Target, Tunnels } from "./tunnel.ts";

export interface ConnectParts {
  readonly names: AwsNames;
  readonly tunnels: Tunnels;
  readonly isLoopback: (address: string | undefined) => boolean;
  /** Goes on with TLS under the name, on a connection that has been told that it is connected. */
  readonly answerAs: (caller: Duplex, name: string) => Promise<void>;
}

/** @throws Refusal */
export async function answerConnect(
  parts: ConnectParts,
  request: IncomingMessage,
  caller: Duplex,
  head: Buffer,
): Promise<void> {
  // Inside TLS there is nothing left to hide, and a connection within a connection would have no end.
  if ("encrypted" in request.socket) throw new Refusal(405, "CONNECT is answered on plain connections only.");
  const target = readTarget(request.url ?? "");
  if (isAmazon(target.host)) {
    if (!parts.names.isServed(target.host))
      throw new Refusal(
        403,
        `Sagebrush does not serve ${target.host}, and lets no call to a name of AWS leave this machine.`,
      );
    if (head.length > 0) caller.unshift(head);
    return parts.answerAs(caller, target.host);
  }
  if (!parts.isLoopback(request.socket.remoteAddress))
    throw new Refusal(403, `Only callers on this machine get a tunnel to ${target.host}; names of AWS are answered.`);
  return parts.tunnels.open(caller, head, target);
}

/** Authority form, `host:443` or `[::1]:443`. @throws Refusal */
function readTarget(text: string): Target {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  const host = bracketed === undefined ? readName(plain ?? "") : isIP(bracketed) === 6 ? bracketed.toLowerCase() : "";
  if (!host || !(port >= 1 && port <= 65_535)) throw new Refusal(400, "CONNECT expects HOST:PORT.");
  return { host, port };
}
