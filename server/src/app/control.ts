// The door for whoever runs the server: a Unix socket in the data folder that only its owner may open, like the credentials
// beside it (docs/decisions/0017-control-socket.md). What is written to it, up to its end, is one request in JSON; the answer is one line of JSON.
import { chmod, rm } from "node:fs/promises";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ApiError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Controls, ControlTarget } from "../core/service.ts";

/** Longest request, and time that one may take to come. */
const LONGEST_REQUEST_BYTES = 4096;
const REQUEST_MS = 10_000;

interface ControlRequest extends ControlTarget {
  readonly control: string;
}

interface ControlAnswer {
  readonly done?: string;
  readonly refused?: string;
}

/** Short, since a socket's path may have about 100 bytes; in the folder that nobody else may enter. */
const socketIn = (folder: string): string => join(folder, "engine", "control.sock");

/** Opens the door. The result closes it. */
export async function openControl(folder: string, controls: Controls, log: Log): Promise<() => Promise<void>> {
  const path = socketIn(folder);
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.setTimeout(REQUEST_MS, () => socket.destroy());
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    answer(socket, controls, log).then(
      (reply) => socket.end(`${JSON.stringify(reply)}\n`),
      () => socket.destroy(),
    );
  });
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  server.unref();
  return async () => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
}

async function answer(socket: Socket, controls: Controls, log: Log): Promise<ControlAnswer> {
  let request = "";
  // The socket is kept for the answer.
  for await (const part of socket.setEncoding("utf8").iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
    request += part;
    if (request.length > LONGEST_REQUEST_BYTES) throw new Error("The request is too long.");
  }
  try {
    const { control, account, region, name } = JSON.parse(request) as ControlRequest;
    const perform = Object.hasOwn(controls, control) ? controls[control] : undefined;
    if (!perform) return { refused: `This server has no control ${control}.` };
    log.info("A control was used.", { control, account, region, name });
    return { done: await perform({ account: String(account), region: String(region), name: String(name) }) };
  } catch (cause) {
    if (cause instanceof ApiError) return { refused: cause.message };
    if (cause instanceof SyntaxError) return { refused: "The request is no JSON." };
    log.error("A control failed.", { cause });
    return { refused: "The control failed; the server's log says why." };
  }
}

/** Asks the server that runs on a data folder. @throws Error with the reason when it refuses, or does not run */
export async function askControl(folder: string, request: ControlRequest): Promise<string> {
  const socket = createConnection(socketIn(folder));
  socket.end(`${JSON.stringify(request)}\n`);
  const reply = await text(socket).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ECONNREFUSED")
      throw new Error(`No server runs on ${folder}: start it with \`sagebrush serve --data ${folder}\`.`);
    if (cause.code === "EACCES") throw new Error(`Only the owner of ${folder} may do this.`);
    throw cause;
  });
  const { done, refused } = JSON.parse(reply || "{}") as ControlAnswer;
  if (done === undefined) throw new Error(refused ?? "The server gave no answer.");
  return done;
}
