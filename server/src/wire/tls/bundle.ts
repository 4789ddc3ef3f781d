// The file of authorities that clients are pointed to: what the machine trusts, what the caller trusted before, and our
// authority. One bundle has to do for all, since AWS_CA_BUNDLE replaces a client's own list.
import { X509Certificate } from "node:crypto";
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

const withUnixLines = (text: string): string => text.replaceAll("\r\n", "\n");

function isOurs(certificate: string): boolean {
  try {
    return new RegExp(`^O=${OUR_ORGANIZATION}$`, "m").test(new X509Certificate(certificate).subject);
  } catch {
    // What Node cannot read a client may: it stays.
    return false;
  }
}
