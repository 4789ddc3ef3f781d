// The file of authorities that clients are pointed to: what the machine trusts, what the caller trusted before, and our
// authority. One bundle has to do for all, since AWS_CA_BUNDLE replaces a client's own list.
import { randomUUID, X509Certificate } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OUR_ORGANIZATION } from "./x509.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** PEM of all certificates in the texts, each once, with `own` in place of any other authority of ours. */
export function bundleOf(texts: readonly string[], own: string): string {
  const found = new Set<string>();
  for (const text of texts)
    for (const [certificate] of text.matchAll(CERTIFICATE)) found.add(withUnixLines(certificate));
  const others = [...found].filter((certificate) => !isOurs(certificate));
  return [...others, own.trim(), ""].join("\n");
}

/** Writes DIR/tls/ca-bundle.pem with what the texts hold, and returns its path. */
export async function writeBundle(folder: string, texts: readonly string[], own: string): Promise<string> {
  const path = join(folder, "ca-bundle.pem");
  await writeWhole(path, bundleOf(texts, own));
  return path;
}

/** Tells clients of a new authority: DIR/tls/ca.pem, and its place in the bundle if there is one. */
export async function publish(folder: string, own: string): Promise<void> {
  await writeWhole(join(folder, "ca.pem"), own);
  const bundle = await readFile(join(folder, "ca-bundle.pem"), "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw cause;
  });
  if (bundle !== undefined) await writeBundle(folder, [bundle], own);
}

/** Under another name first: a client may be reading it. */
async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomUUID()}`;
  await writeFile(beside, text, { mode: 0o644 });
  await rename(beside, path);
}

const withUnixLines = (text: string): string => text.replaceAll("\r\n", "\n");

function isOurs(certificate: string): boolean {
  try {
    return new RegExp(`^O=${OUR_ORGANIZATION}$`, "m").test(new X509Certificate(certificate).subject);
  } catch {
    // What Node cannot read a client may: it stays.
    return false;
  }
}
