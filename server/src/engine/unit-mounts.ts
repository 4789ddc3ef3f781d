// Where the server finds what a unit sees: /opt/ml in the folder that the backend gave, other folders of the unit's own
// in `mounts` beside it, and files that an activity has to know after a restart beside those. The last are out of the
// unit's sight, and the program cannot replace the first two by anything else.
import { mkdir } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import type { UnitMount } from "../backends/backend.ts";

/** A folder that a unit sees besides /opt/ml and /tmp. */
export interface WantedMount {
  /** Absolute path inside. */
  readonly target: string;
  readonly readOnly?: boolean;
  /** Folder of this machine, which others use too; without it, one of the unit's own, gone with the unit. */
  readonly source?: string;
}

/** A path that a unit sees, as the server has it: a folder that the unit cannot replace, and names below it that it can. */
export interface UnitPlace {
  readonly root: string;
  readonly names: readonly string[];
}

const ML = "/opt/ml";

/** `ml`: the folder seen as /opt/ml. */
const besideMl = (ml: string, name: string): string => join(dirname(ml), "mounts", name);

const isOwn = ({ source }: WantedMount): boolean => source === undefined;

/** Own folders are named by their number among the own ones: others may be added when the unit is about to start. */
const ownFolders = (ml: string, mounts: readonly WantedMount[]) =>
  mounts.filter(isOwn).map((mount, index) => ({ mount, folder: besideMl(ml, String(index)) }));

/** Makes the folders of the unit's own; harmless when repeated. */
export async function makeOwnFolders(ml: string, mounts: readonly WantedMount[]): Promise<void> {
  for (const { folder } of ownFolders(ml, mounts)) await mkdir(folder, { recursive: true });
}

/** The mounts as the backend takes them; what is mounted below another comes after it. */
export function backendMounts(ml: string, mounts: readonly WantedMount[]): readonly UnitMount[] {
  const own = new Map(ownFolders(ml, mounts).map(({ mount, folder }) => [mount, folder]));
  const shared = ({ source }: WantedMount) => (source === undefined ? {} : { shared: true });
  return mounts
    .map((mount) => ({
      target: posix.normalize(mount.target),
      source: mount.source ?? own.get(mount) ?? "",
      ...(mount.readOnly ? { readOnly: true } : {}),
      ...shared(mount),
    }))
    .sort((one, other) => one.target.length - other.target.length);
}

/** Place of an absolute path inside. @throws Error for one that is neither below /opt/ml nor in a folder of the unit's own */
export function placeOf(ml: string, mounts: readonly WantedMount[], path: string): UnitPlace {
  const wanted = `${posix.normalize(path)}/`.replace(/\/+$/, "/");
  const roots = [
    { target: ML, folder: ml },
    ...ownFolders(ml, mounts).map(({ mount, folder }) => ({ target: posix.normalize(mount.target), folder })),
  ]
    .map(({ target, folder }) => ({ target: target.replace(/\/+$/, ""), folder }))
    .filter(({ target }) => wanted.startsWith(`${target}/`))
    .sort((one, other) => other.target.length - one.target.length);
  const [root] = roots;
  if (!root) throw new Error(`${path} is not in a folder of the unit's own.`);
  return { root: root.folder, names: wanted.slice(root.target.length).split("/").filter(Boolean) };
}

/** Path of a file of the server's own that is kept for as long as the unit. */
export const keptFile = (ml: string, name: string): string => besideMl(ml, `${name}.json`);

/** Folder of the server's own that is kept for as long as the unit; made if it is not there. */
export async function keptFolder(ml: string, name: string): Promise<string> {
  const folder = besideMl(ml, `${name}.kept`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}
