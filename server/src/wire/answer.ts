// Writes an answer: whole bodies in one write, streams with backpressure, destroyed when the caller goes.
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { hasBody } from "./body.ts";
import type { Answer } from "./protocols/codec.ts";

/** For how long a caller that still sends is listened to after its answer, and for how long when nothing comes. */
const LINGER_MS = 10_000;
const QUIET_MS = 1_000;

/** Resolves when everything is handed to the connection. @throws when a streamed body fails half way: the connection is cut */
export async function sendAnswer(response: ServerResponse, answer: Answer): Promise<void> {
  const { req } = response;
  const { body, status } = answer;
  if (response.destroyed || response.headersSent) {
    if (body instanceof Readable) body.destroy();
    return;
  }
  const headers: Record<string, string | number> = { ...answer.headers };
  const isStillSending = hasBody(req) && !req.complete;
  // What is left of a body that nobody wants may be endless: the connection closes after the answer.
  if (isStillSending) headers["Connection"] = "close";
  const noBody = req.method === "HEAD" || status === 204 || status === 304 || body === undefined;
  if (noBody) {
    if (req.method !== "HEAD" && status !== 204 && status !== 304) headers["Content-Length"] = 0;
    if (body instanceof Readable) body.destroy();
  } else if (!(body instanceof Readable))
    headers["Content-Length"] = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  response.writeHead(status, headers);
  if (!noBody && body instanceof Readable) await pipeline(body, response, { end: !isStillSending });
  const whole = noBody || body instanceof Readable ? undefined : body;
  if (isStillSending) await endAfterCaller(response, whole);
  else if (!response.writableEnded) response.end(whole);
}

/**
 * Many callers read the answer only when they have sent everything, and closing before that takes it from them: the
 * answer goes out, and what comes is thrown away for a while (nginx: lingering_close).
 */
async function endAfterCaller(response: ServerResponse, whole: string | Uint8Array | undefined): Promise<void> {
  if (whole === undefined) response.flushHeaders();
  else response.write(whole);
  await thrownAway(response.req);
  response.end();
}

function thrownAway(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(quiet);
      clearTimeout(total);
      resolve();
    };
    const quiet = setTimeout(done, QUIET_MS);
    const total = setTimeout(done, LINGER_MS);
    incoming.once("close", done);
    incoming.once("end", done);
    incoming.unpipe();
    incoming.on("data", () => quiet.refresh());
    incoming.resume();
  });
}
