// A program: applies one layer, which comes on standard input, to a folder. It makes the folder its root first, so that
// whatever the layer says happens inside. Its last line of output is a result (roots.ts reads it).
import { createHash } from "node:crypto";
import { dlopen } from "node:ffi";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { decompressor, hashed } from "../shared/decompress.ts";
import { LayerRefused, LayerTree } from "./layer-tree.ts";

export interface ExtractRequest {
  readonly root: string;
  readonly digest: string;
  readonly diffId: string;
  /** As TreeOptions has it; JSON knows no undefined. */
  readonly firstId: number | null;
  readonly limitBytes: number;
}

export type ExtractResult = { readonly skipped: number } | { readonly refused: string };

function enter(root: string): void {
  const { functions: libc } = dlopen("libc.so.6", { chroot: { return: "i32", arguments: ["buffer"] } });
  if (libc.chroot(Buffer.from(`${root}\0`)) !== 0) throw new Error(`This process may not make ${root} its root.`);
  process.chdir("/");
}

/** Takes a tar and applies its entries to the tree. */
function applied(tree: LayerTree): Writable {
  const entries = extract();
  entries.on("entry", (header, body, next) => {
    try {
      const made = tree.entry({
        name: header.name,
        type: String(header.type),
        mode: header.mode ?? 0o644,
        uid: header.uid ?? 0,
        gid: header.gid ?? 0,
        mtime: header.mtime ?? new Date(0),
        linkname: header.linkname ?? null,
      });
      body.on("error", () => undefined); // the whole fails with it, and tells
      body.on("data", (piece: unknown) => {
        try {
          made.write(piece as Buffer);
        } catch (cause) {
          entries.destroy(cause as Error);
        }
      });
      body.on("end", () => {
        try {
          made.end();
          next();
        } catch (cause) {
          entries.destroy(cause as Error);
        }
      });
      body.resume();
    } catch (cause) {
      entries.destroy(cause as Error);
    }
  });
  // Of another library than Node's streams, and taken by its pipeline all the same.
  return entries as unknown as Writable;
}

async function run(request: ExtractRequest): Promise<ExtractResult> {
  // Before the root changes, so that nothing a library looks for is looked for in the image.
  const compressed = createHash("sha256");
  const plain = createHash("sha256");
  enter(request.root);
  const input = process.stdin;
  const decompress = await decompressor(input);
  const tree = new LayerTree({ firstId: request.firstId ?? undefined, limitBytes: request.limitBytes });
  await pipeline(input, hashed(compressed), decompress, hashed(plain), applied(tree));
  tree.finish();
  const found = [`sha256:${compressed.digest("hex")}`, `sha256:${plain.digest("hex")}`];
  if (found[0] !== request.digest) return { refused: `its bytes have the digest ${found[0]}` };
  if (found[1] !== request.diffId)
    return { refused: `its content has the digest ${found[1]}, the image's configuration says ${request.diffId}` };
  return { skipped: tree.skipped };
}

/** The disk's own words, those of the archive, or ours. */
function inWords(cause: unknown): string {
  if (cause instanceof LayerRefused) return cause.message;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") return "There is no room for it on the disk.";
  return message;
}

const result = await run(JSON.parse(process.argv[2] ?? "") as ExtractRequest).catch(
  (cause: unknown): ExtractResult => ({ refused: inWords(cause) }),
);
process.stdout.write(`${JSON.stringify(result)}\n`);
// What is left of a layer that was refused is not waited for.
process.exitCode = "refused" in result ? 1 : 0;
process.stdin.destroy();
