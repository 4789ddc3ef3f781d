// Layers for the suite: tars made here, with programs of this machine where a shell has to run.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import type { ImageLayer, ImageLayers, PreparedImage } from "../backend.ts";

export interface Entry {
  readonly name: string;
  readonly text?: string | Buffer;
  readonly type?: "directory" | "symlink" | "link" | "block-device";
  readonly mode?: number;
  readonly uid?: number;
  readonly linkname?: string;
  readonly devmajor?: number;
  readonly devminor?: number;
}

export async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { text, ...header } of entries) {
    if (text === undefined) tar.entry({ mtime: new Date(0), ...header });
    else tar.entry({ mtime: new Date(0), ...header }, text);
  }
  tar.finalize();
  return buffer(tar);
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** A layer of these bytes; `said` differs from the truth in tests of refusals. */
export function layerOf(
  tar: Buffer,
  compress: (bytes: Buffer) => Buffer = gzipSync,
  said: Partial<ImageLayer> = {},
): ImageLayer {
  const bytes = compress(tar);
  return {
    digest: digestOf(bytes),
    diffId: digestOf(tar),
    sizeBytes: bytes.length,
    open: async () => Readable.from(pieces(bytes)),
    ...said,
  };
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** An image of the layers, named by all of them. */
export const imageOf = (layers: readonly ImageLayer[]): ImageLayers => ({
  digest: digestOf(Buffer.from(JSON.stringify(layers.map(({ digest, diffId }) => [digest, diffId])))),
  layers,
});

export const folder = (name: string, mode = 0o755): Entry => ({ name, type: "directory", mode });
export const file = (name: string, text: string, more: Partial<Entry> = {}): Entry => ({ name, text, ...more });
export const symlink = (name: string, linkname: string): Entry => ({ name, type: "symlink", linkname });
export const hardLink = (name: string, linkname: string): Entry => ({ name, type: "link", linkname });

/** A shell and a few programs of this machine, users root, app (1000, also in group extra) and nothing else. */
export function shellEntries(): Entry[] {
  const found = execFileSync("sh", [
    "-c",
    'for p in sh cat id ls mkdir touch rm stat sleep dd chown; do command -v "$p"; done',
  ]);
  const programs = found.toString().trim().split("\n");
  const libraries = execFileSync("ldd", programs).toString();
  const paths = new Set([...programs, ...(libraries.match(/\/\S+(?= \(0x)/g) ?? [])]);
  return [
    ...["usr/bin/", "lib/", "lib64/", "etc/", "app/"].map((name) => folder(name)),
    folder("tmp/", 0o1777),
    symlink("bin", "usr/bin"),
    ...[...paths].map((path) => ({
      name: path.startsWith("/bin/") ? `usr${path}` : path.slice(1),
      text: readFileSync(path),
      mode: 0o755,
    })),
    file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n"),
    file("etc/group", "root:x:0:\napp:x:1000:\nextra:x:2000:app\n"),
  ];
}

/** What a unit of an installed image is prepared as. */
export const preparedOf = ({ digest }: ImageLayers, more: Partial<PreparedImage> = {}, user = ""): PreparedImage => ({
  id: digest,
  mounts: [],
  entrypoint: [],
  command: [],
  environment: {},
  workingDirectory: "/",
  canWait: false,
  layered: { digest, user },
  ...more,
});
