// Paths of inputs and outputs inside the container (container contract of processing). Pure.
import { posix } from "node:path";

export const ML = "/opt/ml";

/** All paths of inputs and outputs lie in the job's volume. */
export const VOLUME = `${ML}/processing`;

/** Without a slash at its end or two in a row. A request that was accepted has one. */
export const localPath = ({ LocalPath = VOLUME }: { readonly LocalPath?: string | undefined }): string =>
  posix.normalize(LocalPath).replace(/\/+$/, "");

/** Why the path cannot be one, in words that follow the member's name; undefined when it can. */
export function pathProblem(path: string | undefined): string | undefined {
  if (path === undefined) return "must be given";
  const got = `, got ${JSON.stringify(path)}`;
  if (!path.startsWith(`${VOLUME}/`)) return `must start with ${VOLUME}/${got}`;
  if (path.includes("\0") || path.split("/").some((part) => part === "." || part === ".."))
    return `must have no part "." or ".."${got}`;
  return undefined;
}

/** Whether the path is the folder or below it. */
export const isWithin = (path: string, folder: string): boolean => `${path}/`.startsWith(`${folder}/`);
