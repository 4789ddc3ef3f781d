// HTTP requests to addresses that callers choose: endpoints of topics, destinations of events, identity providers. Where they
// may go is looked at when the connection is made, so that a name whose address changes gets nowhere else. docs/decisions/0032.
import { lookup as resolve } from "node:dns";
import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** `any`: everywhere but link-local addresses, where clouds have their metadata; `public`: not this machine or its networks either. */
export type Reach = "any" | "public";

export interface OutgoingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface OutgoingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The first of it, as text. */
  readonly body: string;
}

/** Follows no redirects. @throws Error in words when there is no whole answer, ForbiddenAddress */
export type Outgoing = (request: OutgoingRequest) => Promise<OutgoingAnswer>;

export class ForbiddenAddress extends Error {
  override readonly name = "ForbiddenAddress";
}

/** Of an answer so much is read. */
const LONGEST_ANSWER_BYTES = 64 * 1024;

type Range = readonly [network: string, prefix: number];

/** Link-local, where clouds answer with credentials; also AWS's IPv6 address of it. RFC 3927, RFC 4291. */
const metadata: readonly Range[] = [
  ["169.254.0.0", 16],
  ["fe80::", 10],
  ["fd00:ec2::", 32],
  ["0.0.0.0", 8],
  ["224.0.0.0", 3],
  ["ff00::", 8],
];
/** This machine and networks behind it. RFC 1918, RFC 6598, RFC 4193. */
const house: readonly Range[] = [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
  ["::", 127],
  ["fc00::", 7],
];

function blockList(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, isIP(network) === 6 ? "ipv6" : "ipv4");
  return list;
}

/** Whether an address may be reached. IPv4 inside IPv6 is IPv4. */
export function reaches(reach: Reach): (address: string) => boolean {
  const blocked = blockList(reach === "any" ? metadata : [...metadata, ...house]);
  return (address) => !blocked.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** Keeps connections to addresses that may be reached. */
export interface Guard {
  /** For hosts that are addresses themselves. @throws ForbiddenAddress */
  check(url: URL): void;
  /** For names, as an option of a request. */
  readonly lookup: LookupFunction;
}

export function createGuard(reach: Reach): Guard {
  const isReached = reaches(reach);
  const forbidden = (host: string) =>
    new ForbiddenAddress(`${host} is an address that this server sends nothing to (setting deliverTo: ${reach}).`);
  const lookup: LookupFunction = (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "", 0);
      const reached = addresses.filter(({ address }) => isReached(address));
      const [first] = reached;
      if (first === undefined) return callback(forbidden(host), "", 0);
      return options.all ? callback(null, reached) : callback(null, first.address, first.family);
    });
  };
  return {
    lookup,
    check({ hostname }) {
      const host = hostname.replace(/^\[|\]$/g, "");
      if (isIP(host) !== 0 && !isReached(host)) throw forbidden(host);
    },
  };
}

export function createOutgoing(reach: Reach): Outgoing {
  const guard = createGuard(reach);
  return async (request) => {
    const url = new URL(request.url);
    if (url.protocol !== "http:" && url.protocol !== "https:") throw new Error(`${url.protocol} is not HTTP.`);
    guard.check(url);
    return await exchange(request, url, guard.lookup);
  };
}

function exchange(request: OutgoingRequest, url: URL, lookup: LookupFunction): Promise<OutgoingAnswer> {
  const { method, headers, body, timeoutMs, signal } = request;
  const send = url.protocol === "https:" ? requestSecure : requestPlain;
  return new Promise((resolveAnswer, reject) => {
    const outgoing = send(url, { method, headers, lookup, agent: false, signal }, (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      const done = () => {
        clearTimeout(timer);
        resolveAnswer({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).subarray(0, LONGEST_ANSWER_BYTES).toString(),
        });
      };
      response.on("data", (part: Buffer) => {
        parts.push(part);
        bytes += part.length;
        if (bytes < LONGEST_ANSWER_BYTES) return;
        // The status is what counts; nobody is read for ever.
        done();
        outgoing.destroy();
      });
      response.on("end", done);
      response.on("error", fail);
    });
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`No whole answer within ${timeoutMs / 1000} s.`)),
      timeoutMs,
    );
    const fail = (cause: Error) => {
      clearTimeout(timer);
      reject(cause);
    };
    outgoing.on("error", fail);
    outgoing.end(body);
  });
}
