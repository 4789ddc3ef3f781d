// A CONNECT that is not done, in words for the person whose program asked for it.
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** How long a caller may take to read a refusal. */
const GOODBYE_MS = 5_000;

/** Answers and closes. The reason is in the status line too: Python's clients show nothing else of a refused CONNECT. */
export function refuse(caller: Duplex, { status, message }: Refusal): void {
  if (!caller.writable) {
    caller.destroy();
    return;
  }
  const body = `${message}\n`;
  const reason = `${STATUS_CODES[status]}: ${message}`.replace(/[^\x20-\x7e]/g, "?").slice(0, 500);
  const timer = setTimeout(() => caller.destroy(), GOODBYE_MS);
  caller.once("close", () => clearTimeout(timer));
  caller.once("end", () => caller.destroy());
  caller.resume();
  caller.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
