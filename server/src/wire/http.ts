// How our HTTP servers treat connections, and how a server hands its requests to the wire.
import { type RequestListener, type Server, type ServerOptions, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** Options for node:http servers that the wire answers on. */
export const httpOptions: ServerOptions = {
  // S3 metadata (2 KB), session tokens (about 1 KB) and presigned queries fit many times.
  maxHeaderSize: 32 * 1024,
  // A head that takes longer is an attempt to hold connections open.
  headersTimeout: 30_000,
  // A 5 GiB upload over a slow line takes hours: bodies are limited by inactivity below, not by a total.
  requestTimeout: 0,
  // Idle connections are kept longer than most clients keep theirs, so that the client closes first.
  keepAliveTimeout: 75_000,
};

/** A connection without a byte in either direction for this long is closed. The longest answer to wait for, an invocation, takes 60 s. */
const INACTIVITY_MS = 300_000;

/** For how long a caller that was refused may go on before the connection is closed: at once would take the answer from it. */
const LINGER_MS = 2_000;

/** Sends every request of the server to `handle`, also those that wait for `100 Continue`, which the wire decides on. */
export function serve(server: Server, handle: RequestListener): void {
  server.setTimeout(INACTIVITY_MS);
  server.on("request", handle);
  server.on("checkContinue", handle);
  server.on("clientError", refuseConnection);
}

/** Bytes that are no HTTP, or a head beyond the limits. */
function refuseConnection(cause: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || cause.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[cause.code ?? ""] ?? 400;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // One that never closes its own half would hold the connection for ever.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
