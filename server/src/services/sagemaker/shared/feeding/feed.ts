// The activity `feed`: keeps the feeder of a host going, and hands it the objects it asks for. The feeder outlives this
// server; what cannot be gone on with is a feeder that died: its reader saw an end of file where there was none.
import { type ChildProcess, spawn } from "node:child_process";
import { constants, existsSync } from "node:fs";
import { open, readFile, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Principal } from "../../../../core/call.ts";
import { ApiError } from "../../../../core/errors.ts";
import type { HeldObject, HeldPiece, Objects } from "../../../../core/ports.ts";
import { type ActivityContext, JobFailure } from "../../../../engine/job-kind.ts";
import { replaceFile } from "../../../../store/durable.ts";
import { s3Uri } from "../s3-uri.ts";
import { feedFiles, readPlan } from "./plan.ts";
import { type FeederMessage, type SentPiece, type ServerMessage, talk } from "./protocol.ts";

/** Name of the feeder's folder among those that are kept with a unit. */
export const FEED_FOLDER = "feed";

/** What is known of a job whose inputs are fed. */
export interface FedDocument {
  readonly request: { readonly RoleArn: string };
}

/** `cut`: data that a program read had an end where there was none; what came of it must not be taken. */
export interface Fed {
  readonly cut: boolean;
}

const START_SECONDS = 120;
const LOOK_MS = 5;

/**
 * Feeds the FIFOs of the unit `of` until it is aborted; the feeder goes on by itself then, until `endFeeds` or the end of
 * the unit's folder. Resolves only when the feeder has died. @throws JobFailure naming input and object
 */
export const feed =
  (objects: Objects) =>
  async (work: ActivityContext<FedDocument>): Promise<Fed> => {
    const folder = await work.keptFolder(work.of ?? "", FEED_FOLDER);
    for (;;) {
      const socket = (await reach(folder)) ?? (hasBegun(folder) ? undefined : await start(folder, work.signal));
      if (!socket) return { cut: true };
      await serve(socket, new Holding(objects, work), work.signal);
      work.signal.throwIfAborted();
    }
  };

/**
 * To be called when the units' programs have ended, before anything of them is taken; harmless when repeated, and where
 * nothing was fed. `cut`: of any of them.
 */
export async function endFeeds(
  unitIds: readonly string[],
  { keptFolder }: Pick<ActivityContext<unknown>, "keptFolder">,
): Promise<Fed> {
  let cut = false;
  for (const unitId of unitIds) if ((await endFeed(await keptFolder(unitId, FEED_FOLDER))).cut) cut = true;
  return { cut };
}

async function endFeed(folder: string): Promise<Fed> {
  if (!existsSync(join(folder, feedFiles.plan))) return { cut: false };
  const socket = await reach(folder);
  const isWhole = socket !== undefined || existsSync(join(folder, feedFiles.whole));
  if (socket) {
    await replaceFile(join(folder, feedFiles.whole), "");
    talk<FeederMessage, ServerMessage>(socket, () => undefined)({ end: true });
    await closed(socket);
  }
  return { cut: !isWhole && hasBegun(folder) };
}

const hasBegun = (folder: string): boolean => existsSync(join(folder, feedFiles.begun));

/** A connection to the feeder; undefined when there is none. By the folder's descriptor: a socket's path must be short. */
async function reach(folder: string): Promise<Socket | undefined> {
  const held = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const socket = connect({ path: `/proc/self/fd/${held.fd}/${feedFiles.socket}` });
    return await new Promise<Socket | undefined>((resolve, reject) => {
      socket.once("connect", () => resolve(socket));
      socket.once("error", (cause: NodeJS.ErrnoException) =>
        cause.code === "ENOENT" || cause.code === "ECONNREFUSED" ? resolve(undefined) : reject(cause),
      );
    });
  } finally {
    await held.close();
  }
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => void (socket.closed ? resolve() : socket.once("close", () => resolve())));

/** Starts a feeder and connects to it: what it is given to do, it begins only then. @throws Error when it does not start */
async function start(folder: string, signal: AbortSignal): Promise<Socket> {
  await rm(join(folder, feedFiles.socket), { force: true });
  const process = await launch(folder);
  const deadline = performance.now() + START_SECONDS * 1000;
  for (;;) {
    signal.throwIfAborted();
    const hasEnded = process.exitCode !== null || process.signalCode !== null;
    const socket = await reach(folder);
    if (socket) return socket;
    if (hasEnded || performance.now() > deadline) {
      const log = await readFile(join(folder, feedFiles.log), "utf8");
      throw new Error(`The process that feeds inputs did not start: ${log.trim() || "it wrote nothing"}`);
    }
    await setTimeout(LOOK_MS);
  }
}

async function launch(folder: string): Promise<ChildProcess> {
  const { inputs } = await readPlan(folder);
  const log = await open(join(folder, feedFiles.log), "a", 0o600);
  try {
    const flags = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=2"];
    const child = spawn(process.execPath, [...flags, `${import.meta.dirname}/feeder.ts`], {
      cwd: folder,
      detached: true, // a session of its own: signals to the server's group do not reach it
      stdio: ["ignore", log.fd, log.fd],
      // Each input may unpack; all else its own thread does.
      env: { UV_THREADPOOL_SIZE: String(inputs.length + 2) },
    });
    child.on("error", () => undefined); // seen by its exit, or by the deadline
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** Answers until the connection is closed, by the abort or by the feeder's end. @throws JobFailure when feeding failed */
async function serve(socket: Socket, holding: Holding, signal: AbortSignal): Promise<void> {
  const over = closed(socket);
  const stop = () => void socket.destroy();
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    await new Promise<void>((resolve, reject) => {
      over.then(resolve, reject);
      const send = talk<FeederMessage, ServerMessage>(socket, (message) => {
        if ("failed" in message) reject(message.isOurs ? new Error(message.failed) : new JobFailure(message.failed));
        else if ("release" in message) holding.release(message.release);
        else holding.hold(message).then(send, reject);
      });
    });
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
    holding.releaseAll();
  }
}

/** The objects that a feeder has asked for and not given back. */
class Holding {
  readonly #objects: Objects;
  readonly #work: ActivityContext<FedDocument>;
  readonly #held = new Map<number, HeldObject>();
  #isOver = false;

  constructor(objects: Objects, work: ActivityContext<FedDocument>) {
    this.#objects = objects;
    this.#work = work;
  }

  /** What the job is to blame for is an answer, told to the user only if the feeder gets that far. */
  async hold({ hold, object }: Extract<FeederMessage, { hold: number }>): Promise<ServerMessage> {
    const uri = s3Uri(object);
    const { RoleArn } = this.#work.row.document.request;
    let principal: Principal;
    try {
      ({ principal } = await this.#work.session(RoleArn));
      const held = await this.#objects.hold(principal, object);
      if (object.etag !== undefined && held.etag !== object.etag) {
        held.release();
        return { hold, failure: `${uri} was changed after the job had listed it.`, isOurs: false };
      }
      if (this.#isOver) held.release();
      else this.#held.set(hold, held);
      return { hold, pieces: held.pieces.map(sent), sizeBytes: held.sizeBytes };
    } catch (cause) {
      if (cause instanceof JobFailure) throw cause;
      if (!(cause instanceof ApiError) || cause.status >= 500)
        return { hold, failure: `${uri}: ${(cause as Error).message}`, isOurs: true };
      if (cause.code === "NoSuchKey" && object.etag !== undefined)
        return { hold, failure: `${uri} was deleted after the job had listed it.`, isOurs: false };
      return { hold, failure: `${uri} cannot be read by the role ${RoleArn}: ${cause.message}`, isOurs: false };
    }
  }

  release(number: number): void {
    this.#held.get(number)?.release();
    this.#held.delete(number);
  }

  releaseAll(): void {
    this.#isOver = true;
    for (const held of this.#held.values()) held.release();
    this.#held.clear();
  }
}

function sent(piece: HeldPiece): SentPiece {
  if ("bytes" in piece) return { base64: Buffer.from(piece.bytes).toString("base64") };
  const { sealed, ...file } = piece;
  if (sealed === undefined) return file;
  return { ...file, sealed: { ...sealed, key: Buffer.from(sealed.key).toString("base64") } };
}
