// Roots of images of layers: unpacked once, by digest, and then only read (docs/decisions/0019-image-roots.md).
//   roots/<digest>/root   the files, owned by the ids that units have; `used` beside it tells when it was used last
//   roots/<digest>.<random>.part   being unpacked; one without its process is a leftover
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  statfsSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ImageLayer, type ImageLayers, type Installing, UnitRefused } from "../backend.ts";
import type { ExtractRequest, ExtractResult } from "./extract.ts";
import type { Identity } from "./identity.ts";
import { onPath, run } from "./processes.ts";

/** Free bytes that unpacking leaves alone. */
const RESERVE_BYTES = 256 * 2 ** 20;
/** A root that no unit has used for this long is removed; the next unit unpacks it anew. */
const UNUSED_MS = 14 * 24 * 3_600_000;

export interface RootsParts {
  readonly folder: string;
  readonly identity: Identity;
  /** Descriptor of the user namespace of units. */
  readonly user: () => Promise<number>;
  /** Digests that units have now. */
  readonly inUse: () => ReadonlySet<string>;
}

export class Roots {
  readonly #parts: RootsParts;
  readonly #running = new Map<string, Promise<void>>();

  constructor(parts: RootsParts) {
    this.#parts = parts;
  }

  /** Folder of the root, which is there once `install` has resolved. */
  pathOf(digest: string): string {
    return join(this.#folderOf(digest), "root");
  }

  /** @throws UnitRefused */
  async install(image: ImageLayers, options: Installing): Promise<void> {
    const { digest } = image;
    if (!/^sha256:[0-9a-f]{64}$/.test(digest))
      throw new UnitRefused(`An image has no digest ${JSON.stringify(digest)}.`);
    if (this.touch(digest)) return;
    const running =
      this.#running.get(digest) ?? this.#unpack(image, options).finally(() => this.#running.delete(digest));
    this.#running.set(digest, running);
    await running;
  }

  /** Notes that the root is used now. False when it is not there. */
  touch(digest: string): boolean {
    if (!existsSync(this.pathOf(digest))) return false;
    const now = new Date();
    utimesSync(join(this.#folderOf(digest), "used"), now, now);
    return true;
  }

  /** Removes what crashes left, and roots that nobody has used for long. */
  async sweep(): Promise<void> {
    if (!existsSync(this.#parts.folder)) return;
    const inUse = this.#parts.inUse();
    for (const name of readdirSync(this.#parts.folder)) {
      const digest = `sha256:${name}`;
      const path = join(this.#parts.folder, name);
      const isPart = name.endsWith(".part") && !this.#running.has(`sha256:${name.split(".")[0]}`);
      const usedAt = statSync(join(path, "used"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
      const isOld = !name.includes(".") && !inUse.has(digest) && usedAt + UNUSED_MS < Date.now();
      if (isPart || isOld) await this.#remove(path);
    }
  }

  async #unpack({ digest, layers }: ImageLayers, { progress }: Installing): Promise<void> {
    await this.sweep();
    const { identity } = this.#parts;
    const part = `${this.#folderOf(digest)}.${randomBytes(6).toString("hex")}.part`;
    const root = join(part, "root");
    mkdirSync(root, { recursive: true });
    // The folders above belong to the server; what stands in them is nobody else's to see.
    chmodSync(this.#parts.folder, 0o711);
    chmodSync(part, 0o711);
    chmodSync(root, 0o755);
    if (identity.kind === "root range") lchownSync(root, identity.outside, identity.outside);
    try {
      const total = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
      let done = 0;
      for (const [index, layer] of layers.entries()) {
        const seen = (bytes: number) => {
          done += bytes;
          progress(done, total);
        };
        await this.#apply(root, layer, `layer ${index + 1} of ${layers.length}`, seen);
      }
      writeFileSync(join(part, "used"), "");
      // One whole file system's worth of writes, but nothing less makes thousands of files lasting.
      await run("sync", ["--file-system", root]);
      await rename(part, this.#folderOf(digest));
    } finally {
      if (existsSync(part)) await this.#remove(part);
    }
  }

  async #apply(root: string, layer: ImageLayer, name: string, seen: (bytes: number) => void): Promise<void> {
    const { identity } = this.#parts;
    const { bavail, bsize } = statfsSync(root);
    const request: ExtractRequest = {
      root,
      digest: layer.digest,
      diffId: layer.diffId,
      firstId: identity.kind === "one id" ? null : identity.kind === "root range" ? identity.outside : 0,
      limitBytes: bavail * bsize - RESERVE_BYTES,
    };
    if (request.limitBytes < layer.sizeBytes)
      throw new UnitRefused(`There is no room on the disk for ${name} of the image (${layer.sizeBytes} bytes).`);
    const source = await layer.open();
    const { command, stdio } = await this.#extractor(JSON.stringify(request));
    const [program = "", ...args] = command;
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe", ...stdio], cwd: "/" });
    const output: Buffer[] = [];
    const complaint: Buffer[] = [];
    child.stdout?.on("data", (piece: Buffer) => output.push(piece));
    child.stderr?.on("data", (piece: Buffer) => complaint.push(piece));
    const closed = once(child, "close");
    const counted = new Transform({
      transform(piece: Buffer, _encoding, done) {
        seen(piece.length);
        done(null, piece);
      },
    });
    // A layer that is refused half way closes the pipe; the program's own words say why.
    const piped = pipeline(source, counted, child.stdin as Writable).then(
      () => undefined,
      (cause: Error) => cause,
    );
    await closed;
    source.destroy();
    const result = readResult(output);
    const failure = await piped;
    if (result && "refused" in result && !isSourceFailure(failure))
      throw new UnitRefused(`The image cannot be used: ${name} (${layer.digest}) is refused: ${result.refused}`);
    if (failure) throw failure;
    if (!result)
      throw new Error(`Unpacking ${name} of the image failed; the server's log says more.`, {
        cause: new Error(Buffer.concat(complaint).toString().trim()),
      });
  }

  /** As root a process that keeps what unpacking takes; else one inside the units' user namespace. */
  async #extractor(
    request: string,
  ): Promise<{ readonly command: readonly string[]; readonly stdio: readonly number[] }> {
    const { identity } = this.#parts;
    const program = [
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      join(import.meta.dirname, "extract.ts"),
      request,
    ];
    if (identity.kind === "root range") {
      const kept = "-all,+chown,+dac_override,+fowner,+fsetid,+sys_chroot";
      const command = ["setpriv", `--bounding-set=${kept}`, `--inh-caps=${kept}`, "--no-new-privs", "--", ...program];
      return { command: onPath("setpriv") ? command : program, stdio: [] };
    }
    return {
      command: ["nsenter", "--user=/proc/self/fd/3", ...identity.enterOptions, "--", ...program],
      stdio: [await this.#parts.user()],
    };
  }

  /** Also what belongs to other ids of the units. */
  async #remove(path: string): Promise<void> {
    const { identity } = this.#parts;
    const remove = ["rm", "--recursive", "--force", "--one-file-system", "--", path];
    if (identity.kind === "root range") await run("rm", remove.slice(1));
    else {
      const enter = [`--user=/proc/${process.pid}/fd/${await this.#parts.user()}`, ...identity.enterOptions];
      await run("nsenter", [...enter, "--", ...remove]);
    }
  }

  #folderOf(digest: string): string {
    return join(this.#parts.folder, digest.replace("sha256:", ""));
  }
}

function readResult(output: readonly Buffer[]): ExtractResult | undefined {
  const line = Buffer.concat(output).toString().trim().split("\n").at(-1) ?? "";
  return line.startsWith("{") ? (JSON.parse(line) as ExtractResult) : undefined;
}

/** Whether the layer could not be read to its end, rather than the program having stopped reading. */
function isSourceFailure(failure: Error | undefined): boolean {
  const code = (failure as NodeJS.ErrnoException | undefined)?.code ?? "";
  return (
    failure !== undefined &&
    !["EPIPE", "ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "ERR_STREAM_DESTROYED"].includes(code)
  );
}
