// The log of a unit: a file that follows what the engine keeps of the container's output. The file's length says how much of that it
// has, so a server that was killed goes on where it was, and nothing is there twice.
import { createReadStream, createWriteStream, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type Dockerode from "dockerode";
import { ifThere } from "./engine.ts";
import { codeOfInit } from "./state.ts";
import type { UnitFolder } from "./unit-folder.ts";

export class Output {
  readonly #engine: Dockerode;
  readonly #limitBytes: number;
  readonly #report: (error: unknown) => void;
  readonly #following = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();
  readonly #finishing = new Map<string, Promise<void>>();

  constructor(engine: Dockerode, limitBytes: number, report: (error: unknown) => void) {
    this.#engine = engine;
    this.#limitBytes = limitBytes;
    this.#report = report;
  }

  /** What has been written from `offset` so far. */
  read(folder: UnitFolder, offset: number): Readable {
    const path = folder.at("output");
    const size = sizeOf(path);
    return offset < size ? createReadStream(path, { start: offset, end: size - 1 }) : Readable.from([]);
  }

  /** Writes along while the container runs. Harmless when repeated. */
  follow(folder: UnitFolder, container: string): void {
    if (this.#following.has(folder.path) || this.#finishing.has(folder.path) || isComplete(folder)) return;
    const stop = new AbortController();
    const done = this.#copy(folder, container, true, stop.signal)
      .catch((error: unknown) => {
        if (!stop.signal.aborted && existsSync(folder.path)) this.#report(error);
      })
      .finally(() => this.#following.delete(folder.path));
    this.#following.set(folder.path, { stop, done });
  }

  /** Completes the log of a container that has ended. */
  finish(folder: UnitFolder, container: string): Promise<void> {
    const running =
      this.#finishing.get(folder.path) ??
      this.#finish(folder, container).finally(() => this.#finishing.delete(folder.path));
    this.#finishing.set(folder.path, running);
    return running;
  }

  /** A line of the platform's own, for a unit that never ran. */
  say(folder: UnitFolder, line: string): void {
    writeFileSync(folder.at("output"), line, { flag: "a", mode: 0o600 });
  }

  /** Writes no further; what is there stays. */
  async stop(folder: UnitFolder): Promise<void> {
    const following = this.#following.get(folder.path);
    following?.stop.abort();
    await following?.done;
  }

  async close(): Promise<void> {
    for (const { stop } of this.#following.values()) stop.abort();
    await Promise.all([...this.#following.values()].map(({ done }) => done));
  }

  async #finish(folder: UnitFolder, container: string): Promise<void> {
    if (isComplete(folder)) return;
    await this.stop(folder); // the engine may end what it sends before the last line of it
    await this.#copy(folder, container, false, new AbortController().signal);
    this.#sayWhatFailed(folder);
    // Longer, it has been said already.
    if (sizeOf(folder.at("output")) === this.#limitBytes)
      writeFileSync(folder.at("output"), limitText(this.#limitBytes), { flag: "a" });
    folder.write("output-complete", "");
  }

  /** A program that is not there: the engine's init does not name it. */
  #sayWhatFailed(folder: UnitFolder): void {
    const path = folder.at("output");
    if (sizeOf(path) > LONGEST_COMPLAINT_BYTES || folder.has("unrunnable")) return;
    const code = codeOfInit(readFileSync(path, "utf8"));
    if (code === undefined) return;
    const program = JSON.stringify(folder.start?.program);
    this.say(
      folder,
      `[sagebrush] ${program} could not be run: ${code === 126 ? "no permission" : "no such program"}.\n`,
    );
    folder.write("unrunnable", String(code));
  }

  async #copy(folder: UnitFolder, container: string, follow: boolean, signal: AbortSignal): Promise<void> {
    const path = folder.at("output");
    const have = sizeOf(path);
    if (have >= this.#limitBytes) return;
    const stream = await ifThere(this.#engineLog(container, follow, signal));
    if (!stream) return;
    await pipeline(
      stream,
      withoutFrames(),
      rest(have),
      limited(this.#limitBytes - have),
      createWriteStream(path, { flags: "a", mode: 0o600 }),
      { signal },
    );
  }

  /** As a stream also when it is not followed, which the client would otherwise gather in memory. */
  async #engineLog(container: string, follow: boolean, signal: AbortSignal): Promise<Readable> {
    const body = await new Promise<NodeJS.ReadableStream>((resolve, reject) =>
      this.#engine.modem.dial(
        {
          path: `/containers/${container}/logs?`,
          options: { stdout: true, stderr: true, follow },
          method: "GET",
          isStream: true,
          abortSignal: signal,
          statusCodes: { 200: true, 404: "no such container", 500: "server error" },
        },
        (error, answer) => (error ? reject(error) : resolve(answer as NodeJS.ReadableStream)),
      ),
    );
    return body as Readable;
  }
}

const LONGEST_COMPLAINT_BYTES = 200;

const isComplete = (folder: UnitFolder): boolean => folder.has("output-complete");

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const limitText = (bytes: number): string =>
  `\n[sagebrush] The log reached its limit of ${bytes} bytes; what followed was dropped.\n`;

const HEADER_BYTES = 8;

/** Takes off the frame that tells standard output from error. Docker Engine API, ContainerAttach, "Stream format". */
export function withoutFrames(): Transform {
  let header = Buffer.alloc(0);
  let left = 0;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      for (let rest = piece; rest.length > 0; ) {
        if (left > 0) {
          const part = rest.subarray(0, left);
          this.push(part);
          left -= part.length;
          rest = rest.subarray(part.length);
        } else {
          const taken = rest.subarray(0, HEADER_BYTES - header.length);
          header = Buffer.concat([header, taken]);
          rest = rest.subarray(taken.length);
          if (header.length < HEADER_BYTES) continue;
          left = header.readUInt32BE(4);
          header = Buffer.alloc(0);
        }
      }
      done();
    },
  });
}

/** Leaves out the first bytes, which are there already. */
function rest(skipBytes: number): Transform {
  let left = skipBytes;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      const out = piece.subarray(Math.min(left, piece.length));
      left -= piece.length - out.length;
      done(null, out);
    },
  });
}

/** Lets so many bytes through, and takes the others without keeping them. */
function limited(bytes: number): Transform {
  let left = bytes;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      const out = piece.subarray(0, left);
      left -= out.length;
      done(null, out);
    },
  });
}
