// The HTTP server, the address it got, and what stands before it: TLS and CONNECT.
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, isIP } from "node:net";
import type { Log } from "../core/log.ts";
import { httpOptions, serve } from "../wire/http.ts";
import { createCertificates } from "../wire/tls/certificates.ts";
import { openFront } from "../wire/tls/front.ts";
import { createAwsNames } from "../wire/tls/names.ts";
import { createTunnels } from "../wire/tls/tunnel.ts";
import { readUpstream, type UpstreamProxy, type Variables } from "../wire/tls/upstream.ts";

/** An address that cannot be listened on, in words for people. */
export class CannotListen extends Error {
  override readonly name = "CannotListen";
}

export interface ListenOptions {
  /** `127.0.0.1:8000` */
  readonly address: string;
  readonly handler: RequestListener;
  /** Names of the services that are answered; they decide which host names of AWS are. */
  readonly services: readonly string[];
  /** Folder of the certificate authority. */
  readonly folder: string;
  /** HTTPS_PROXY and NO_PROXY, for tunnels. */
  readonly variables: Variables;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Listening {
  /** `http://127.0.0.1:8000` */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws CannotListen */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { address, log } = options;
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  const server = createServer(httpOptions);
  serve(server, options.handler);
  const portInUse = () => (server.address() as AddressInfo | null)?.port;
  const isOurselves = (proxy: UpstreamProxy) =>
    proxy.port === portInUse() && (isLoopback(proxy.host) || proxy.host === "localhost" || proxy.host === host);
  const front = openFront(server, {
    names: createAwsNames(options.services),
    certificates: createCertificates(options.folder, options.now),
    tunnels: createTunnels(readUpstream(options.variables, isOurselves)),
    log,
    isLoopback,
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === "EADDRINUSE" ? "another program listens there" : cause.message;
      reject(
        new CannotListen(`Cannot listen on ${address}: ${reason}. Choose another with --listen HOST:PORT.`, { cause }),
      );
    });
    server.listen(Number(address.slice(colon + 1)), host, resolve);
  });
  return {
    url: `http://${isIP(host) === 6 ? `[${host}]` : host}:${portInUse()}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        front.close();
      }),
  };
}

/** Loopback callers: 127.0.0.0/8, ::1, and IPv4 addresses written as IPv6. */
export const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && /^(::ffff:)?127\.|^::1$/.test(address);
