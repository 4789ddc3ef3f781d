// Images in the engine. One of layers is loaded once under a name made of its digest. One of folders of this machine (our own) is an
// empty image, over which units see those folders, as in the sandbox.
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Transform, type Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type Dockerode from "dockerode";
import { extract, type Pack, pack } from "tar-stream";
import { type ImageLayer, type ImageLayers, type Installing, UnitRefused } from "../backend.ts";
import { decompressor, hashed } from "../shared/decompress.ts";
import { ifThere, statusOf, wordsOf } from "./engine.ts";
import { LayerCheck, LayerRefused } from "./layer-check.ts";

const repository = "sagebrush.invalid"; // a name that no registry has: engines never ask one for it

/** An image that no unit has used for this long is removed. */
const UNUSED_MS = 14 * 24 * 3_600_000;

const baseFiles = {
  "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
  "etc/group": "root:x:0:\nnogroup:x:65534:\n",
};
/** The image over which units see folders of this machine. */
async function emptyImage(): Promise<ImageLayers> {
  const tar = pack();
  for (const name of ["etc/", "proc/", "sys/", "dev/", "run/", "tmp/", "root/", "opt/"])
    tar.entry({ name, type: "directory", mode: name === "tmp/" ? 0o1777 : 0o755, mtime: new Date(0) });
  for (const [name, text] of Object.entries(baseFiles)) tar.entry({ name, mode: 0o644, mtime: new Date(0) }, text);
  tar.finalize();
  const bytes = await buffer(Readable.from(tar));
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const layer = { digest, diffId: digest, sizeBytes: bytes.length, open: async () => Readable.from([bytes]) };
  return { digest, layers: [layer] };
}

export interface ImagesParts {
  readonly engine: Dockerode;
  /** Part of names, so that servers that share an engine leave each other's images alone. */
  readonly server: string;
  /** Folder for a file of each image, whose time says when it was used last. */
  readonly folder: string;
}

export class Images {
  readonly #engine: Dockerode;
  readonly #parts: ImagesParts;
  readonly #running = new Map<string, Promise<void>>();

  constructor(parts: ImagesParts) {
    this.#parts = parts;
    this.#engine = parts.engine;
  }

  /** Name in the engine of an image that `install` has made ready. */
  nameOf(digest: string): string {
    return `${repository}/${this.#parts.server}:${digest.replace("sha256:", "")}`;
  }

  /** Removes images that nobody has used for long; the next unit loads them anew. */
  async sweep(inUse: ReadonlySet<string>, unusedMs = UNUSED_MS): Promise<void> {
    const prefix = `${repository}/${this.#parts.server}:`;
    const names = (await this.#engine.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
    for (const name of names.filter((one) => one.startsWith(prefix))) {
      const digest = name.slice(prefix.length);
      const usedAt = statSync(join(this.#parts.folder, digest), { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (inUse.has(`sha256:${digest}`) || usedAt + unusedMs > Date.now()) continue;
      await ifThere(this.#engine.getImage(name).remove());
      rmSync(join(this.#parts.folder, digest), { force: true });
    }
  }

  /** Name of the empty image, made when it is not there. */
  async base(): Promise<string> {
    const image = await emptyImage();
    await this.install(image, { progress: () => undefined });
    return this.nameOf(image.digest);
  }

  /** Whether it is ready; notes that it is used now. */
  async has(digest: string): Promise<boolean> {
    if ((await ifThere(this.#engine.getImage(this.nameOf(digest)).inspect())) === undefined) return false;
    mkdirSync(this.#parts.folder, { recursive: true });
    writeFileSync(join(this.#parts.folder, digest.replace("sha256:", "")), "");
    return true;
  }

  /** @throws UnitRefused */
  async install(image: ImageLayers, options: Installing): Promise<void> {
    const { digest } = image;
    if (!/^sha256:[0-9a-f]{64}$/.test(digest))
      throw new UnitRefused(`An image has no digest ${JSON.stringify(digest)}.`);
    if (await this.has(digest)) return;
    const running = this.#running.get(digest) ?? this.#load(image, options).finally(() => this.#running.delete(digest));
    this.#running.set(digest, running);
    await running;
  }

  /**
   * One archive of `docker save`, streamed. The engine takes nothing of it before its end, which it never gets when a
   * layer is not what it should be.
   */
  async #load(image: ImageLayers, { progress }: Installing): Promise<void> {
    const { digest } = image;
    const archive = pack();
    const body = Readable.from(archive);
    const loading = this.#engine.loadImage(body, { quiet: true }).then(finished);
    // An engine that answers has had enough, even of an archive that it has not read to its end.
    const answered = new AbortController();
    loading.then(
      () => answered.abort(),
      () => answered.abort(),
    );
    try {
      await writeArchive(archive, image, { name: this.nameOf(digest), progress, signal: answered.signal });
    } catch (cause) {
      const isAnswered = answered.signal.aborted;
      body.destroy(cause as Error);
      await loading.catch(() => undefined); // told below, or failed for the same reason
      if (!isAnswered) throw cause;
    }
    try {
      await loading;
      await this.has(digest);
    } catch (cause) {
      if (statusOf(cause) === undefined && !(cause instanceof UnitRefused)) throw cause;
      throw new UnitRefused(`The engine does not take the image: ${wordsOf(cause)}`);
    }
  }
}

interface Archiving extends Installing {
  /** Of the image in the engine. */
  readonly name: string;
  /** Aborts when the engine reads no further. */
  readonly signal: AbortSignal;
}

async function writeArchive(archive: Pack, image: ImageLayers, { name, progress, signal }: Archiving): Promise<void> {
  const total = image.layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
  const check = new LayerCheck();
  let done = 0;
  const names: string[] = [];
  for (const [index, layer] of image.layers.entries()) {
    const file = `${index}-${layer.digest.replace("sha256:", "")}.tar`;
    names.push(file);
    const seen = (bytes: number) => {
      done += bytes;
      progress(done, total);
    };
    try {
      await writeLayer(archive, file, { layer, check, seen, signal });
    } catch (cause) {
      const words = refusalOf(cause);
      if (words === undefined) throw cause;
      throw new UnitRefused(
        `The image cannot be used: layer ${index + 1} of ${image.layers.length} (${layer.digest}) is refused: ${words}`,
      );
    }
  }
  const config = JSON.stringify({
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: {},
    rootfs: { type: "layers", diff_ids: image.layers.map(({ diffId }) => diffId) },
    history: image.layers.map(() => ({ created: "1970-01-01T00:00:00Z", created_by: "sagebrush" })),
  });
  const configName = `${createHash("sha256").update(config).digest("hex")}.json`;
  archive.entry({ name: configName }, config);
  const manifest = [{ Config: configName, RepoTags: [name], Layers: names }];
  archive.entry({ name: "manifest.json" }, JSON.stringify(manifest));
  archive.finalize();
}

interface LayerWork {
  readonly layer: ImageLayer;
  readonly check: LayerCheck;
  readonly seen: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Bytes go to the archive as they come, and are looked into on the way. */
async function writeLayer(archive: Pack, name: string, { layer, check, seen, signal }: LayerWork): Promise<void> {
  const source = await layer.open();
  const compressed = createHash("sha256");
  const plain = createHash("sha256");
  const entry = archive.entry({ name, size: layer.sizeBytes }) as unknown as Writable;
  entry.on("error", () => undefined); // the archive is given up as a whole
  let bytes = 0;
  const toArchive = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      seen(piece.length);
      if (bytes > layer.sizeBytes) return done(new LayerRefused(`it has more than its ${layer.sizeBytes} bytes`));
      if (entry.write(piece)) done(null, piece);
      else entry.once("drain", () => done(null, piece));
    },
  });
  const input = hashed(compressed);
  // In two halves, since the first bytes choose how the second begins; the one that fails ends the other.
  await Promise.all([
    pipeline(source, toArchive, input, { signal }),
    decompressor(input).then((decompress) => pipeline(input, decompress, hashed(plain), checked(check))),
  ]);
  check.endLayer();
  const found = [`sha256:${compressed.digest("hex")}`, `sha256:${plain.digest("hex")}`];
  if (found[0] !== layer.digest || bytes !== layer.sizeBytes)
    throw new LayerRefused(`its bytes have the digest ${found[0]}`);
  if (found[1] !== layer.diffId)
    throw new LayerRefused(`its content has the digest ${found[1]}, the image's configuration says ${layer.diffId}`);
  entry.end();
}

function checked(check: LayerCheck): NodeJS.WritableStream {
  const entries = extract();
  entries.on("entry", (header, body, next) => {
    try {
      check.entry(header);
    } catch (cause) {
      entries.destroy(cause as Error);
      return;
    }
    body.on("end", next);
    body.on("error", () => undefined); // the whole fails with it
    body.resume();
  });
  return entries as unknown as NodeJS.WritableStream;
}

/** Words for what is wrong with a layer; undefined where it could not be read. */
function refusalOf(cause: unknown): string | undefined {
  if (cause instanceof LayerRefused) return cause.message;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code?.startsWith("Z_") || code?.startsWith("ZSTD") || code === "ERR_STREAM_PREMATURE_CLOSE") return message;
  return /Unexpected end of data|Invalid tar header|unexpected end of file/i.test(message) ? message : undefined;
}

/** Reads an answer of many lines to its end. @throws Error with what the engine says went wrong */
async function finished(answer: NodeJS.ReadableStream): Promise<void> {
  let text = "";
  for await (const piece of answer) text = (text + String(piece)).slice(-65_536);
  const said = text.split("\n").find((line) => line.includes('"error"'));
  if (said === undefined) return;
  throw new UnitRefused((JSON.parse(said) as { error: string }).error);
}
