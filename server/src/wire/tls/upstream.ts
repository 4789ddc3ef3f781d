// The proxy by which this server itself reaches others, from HTTPS_PROXY and NO_PROXY as it was started with. Read as
// curl and Go's net/http do: hosts with their subdomains, a port after a colon, addresses, CIDR ranges, `*`.
import { BlockList, isIP } from "node:net";
import { Refusal } from "./refusal.ts";

export interface UpstreamProxy {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Value of Proxy-Authorization. */
  readonly authorization: string | undefined;
}

export type Upstream = (host: string, port: number) => UpstreamProxy | undefined;

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Which proxy leads to a host; asking throws a Refusal when the variable cannot be read, since going around a proxy that
 * somebody wanted is worse than not going. `isOurselves` says whether an address is this server's: a shell that has read
 * `sagebrush env` names it as its proxy, also to a server started from there.
 */
export function readUpstream(variables: Variables, isOurselves: (proxy: UpstreamProxy) => boolean): Upstream {
  const name = variables["https_proxy"] ? "https_proxy" : "HTTPS_PROXY";
  const address = variables[name];
  if (!address) return () => undefined;
  const proxy = readProxy(address);
  const isDirect = readExceptions(variables["no_proxy"] ?? variables["NO_PROXY"] ?? "");
  return (host, port) => {
    if (isDirect(host, port)) return undefined;
    // The address may hold a password, so the message does not repeat it.
    if (proxy === undefined)
      throw new Refusal(502, `${name} of the server is not http://HOST:PORT or https://HOST:PORT.`);
    return isOurselves(proxy) ? undefined : proxy;
  };
}

function readProxy(address: string): UpstreamProxy | undefined {
  const text = address.includes("://") ? address : `http://${address}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  const secure = url.protocol === "https:";
  const { username, password } = url;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || (secure ? 443 : 80)),
    authorization: username === "" ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`,
  };
}

type IsDirect = (host: string, port: number) => boolean;

function readExceptions(list: string): IsDirect {
  const ranges = new BlockList();
  const rules = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .flatMap((entry): readonly IsDirect[] => {
      if (entry === "*") return [() => true];
      if (addRange(ranges, entry)) return [];
      const [, name = entry, given] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      return [
        (host, port) => (given === undefined || Number(given) === port) && (host === name || host.endsWith(`.${name}`)),
      ];
    });
  return (host, port) => isIn(ranges, host) || rules.some((rule) => rule(host, port));
}

/** Whether the entry is an address or a range of addresses, which it then is added as. */
function addRange(ranges: BlockList, entry: string): boolean {
  const [address = "", length, more] = entry.replace(/^\[|\]$/g, "").split("/");
  const family = familyOf(address);
  if (family === undefined || more !== undefined) return false;
  const longest = family === "ipv4" ? 32 : 128;
  const prefix = length === undefined ? longest : Number(length);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > longest) return false;
  ranges.addSubnet(address, prefix, family);
  return true;
}

function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  const version = isIP(address);
  return version === 4 ? "ipv4" : version === 6 ? "ipv6" : undefined;
}

export function isIn(ranges: BlockList, address: string): boolean {
  const family = familyOf(address);
  return family !== undefined && ranges.check(address, family);
}
