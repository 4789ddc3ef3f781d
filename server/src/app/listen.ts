// The HTTP server: time-outs and limits of connections, and the address it got.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Idle connections are kept longer than clients keep theirs (botocore: as long as the server does), so that the client closes first. */
const KEEP_ALIVE_MS = 75_000;
/** Time for a request's head. Bodies have no limit of their own: a 5 GiB object may take long. */
const HEADERS_MS = 60_000;
/** Largest head: S3 metadata is at most 2 KB, presigned addresses with session tokens reach some 6 KB. */
const MAX_HEADER_BYTES = 32 * 1024;

/** An address that cannot be listened on, in words for people. */
export class CannotListen extends Error {
  override readonly name = "CannotListen";
}

export interface Listening {
  readonly server: Server;
  /** `http://127.0.0.1:8000` */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws CannotListen */
export async function listen(address: string, handler: RequestListener): Promise<Listening> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS, requestTimeout: 0, maxHeaderSize: MAX_HEADER_BYTES },
    handler,
  );
  server.on("checkContinue", handler);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === "EADDRINUSE" ? "another program listens there" : cause.message;
      reject(
        new CannotListen(`Cannot listen on ${address}: ${reason}. Choose another with --listen HOST:PORT.`, { cause }),
      );
    });
    server.listen(Number(address.slice(colon + 1)), host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    server,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

/** Loopback callers: 127.0.0.0/8, ::1, and IPv4 addresses written as IPv6. */
export const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && /^(::ffff:)?127\.|^::1$/.test(address);
