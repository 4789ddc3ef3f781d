// What clients on this machine need to reach names of AWS through the server: the proxy's address, what goes around it,
// and a file of the authorities to trust.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates, rootCertificates } from "node:tls";
import { openAuthority } from "../wire/tls/authority.ts";
import { writeBundle } from "../wire/tls/bundle.ts";
import type { Variables } from "../wire/tls/upstream.ts";

/** Variables by which clients are told which authorities to trust; what they name is trusted on. */
const trustVariables = ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"];

/** Writes DIR/tls/ca-bundle.pem, making the authority if there is none yet, and returns its path. */
export async function writeTrust(dataFolder: string, variables: Variables, now: number): Promise<string> {
  const folder = join(dataFolder, "tls");
  const { certificate } = await openAuthority(folder, now);
  const given = await Promise.all(trustVariables.map((name) => textOf(variables[name])));
  const system = getCACertificates("system");
  return writeBundle(folder, [...(system.length > 0 ? system : rootCertificates), ...given], certificate);
}

/** A variable that names no file that can be read is of no use to a client either. */
async function textOf(path: string | undefined): Promise<string> {
  if (!path) return "";
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EACCES" || code === "EISDIR") return "";
    throw cause;
  }
}

const loopback = ["localhost", "127.0.0.1", "::1"];

/** NO_PROXY: what is there, in either spelling, and this machine. */
export function exceptionsWith(variables: Variables): string {
  const given = [variables["no_proxy"], variables["NO_PROXY"]].flatMap((list) => (list ?? "").split(/[\s,]+/));
  return [...new Set([...given.filter((entry) => entry !== ""), ...loopback])].join(",");
}
