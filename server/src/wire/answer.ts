// Writes an answer: whole bodies in one write, streams with backpressure, destroyed when the caller goes.
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { hasBody } from "./body.ts";
import type { Answer } from "./protocols/codec.ts";

/** Resolves when everything is handed to the connection. @throws when a streamed body fails half way: the connection is cut */
export async function sendAnswer(response: ServerResponse, answer: Answer): Promise<void> {
  const { req } = response;
  const { body, status } = answer;
  if (response.destroyed || response.headersSent) {
    if (body instanceof Readable) body.destroy();
    return;
  }
  const headers: Record<string, string | number> = { ...answer.headers };
  // What is left of a body nobody wants is not read to its end: the connection closes instead.
  if (hasBody(req) && !req.complete) headers["Connection"] = "close";
  const noBody = req.method === "HEAD" || status === 204 || status === 304 || body === undefined;
  if (noBody) {
    if (req.method !== "HEAD" && status !== 204 && status !== 304) headers["Content-Length"] = 0;
    if (body instanceof Readable) body.destroy();
    response.writeHead(status, headers).end();
    return;
  }
  if (body instanceof Readable) {
    response.writeHead(status, headers);
    await pipeline(body, response);
    return;
  }
  headers["Content-Length"] = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  response.writeHead(status, headers).end(body);
}
