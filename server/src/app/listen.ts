// The HTTP server and the address it got.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { httpOptions, serve } from "../wire/http.ts";

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
  const server = createServer(httpOptions);
  serve(server, handler);
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
