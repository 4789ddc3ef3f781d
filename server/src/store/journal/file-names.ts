// Names from callers as names of files: no way out of a folder, no clash on disks that ignore case, never too long.
import { createHash } from "node:crypto";

const KEPT = /[^a-z0-9_-]/g;
/** Most file systems take 255 bytes. */
const LONGEST = 200;

/** A different file name for each name; a common prefix stays one, unless the name is long. */
export function fileName(name: string): string {
  if (name === "") return "%";
  const safe = Array.from(Buffer.from(name), (byte) => String.fromCharCode(byte))
    .join("")
    .replace(KEPT, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
  if (safe.length <= LONGEST) return safe;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 40);
  return `${safe.slice(0, LONGEST - hash.length - 1)}~${hash}`;
}

/** Whether a file name may belong to a name with this prefix; long names have to be looked at. */
export const mayStartWith = (file: string, prefix: string): boolean =>
  prefix === "" || file.includes("~") || file.startsWith(fileName(prefix)) || fileName(prefix).includes("~");
