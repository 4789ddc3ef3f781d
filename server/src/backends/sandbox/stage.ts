// Folders that the unit's id cannot reach, a data folder below /root say, are bound to a place it can reach, in a mount
// namespace of the supervisor alone. Only needed as root, where the unit's id is nobody's.
import { statSync } from "node:fs";
import { dirname } from "node:path";

/** Existing folders of any Linux; the first that holds none of the sources is covered, in the private namespace only. */
const places = ["/mnt", "/media", "/dev/shm", "/srv"];
const othersMayTraverse = 0o001;

export interface Stage {
  readonly place: string;
  /** Lines for `mount --all --fstab`; empty when everything can be reached anyway. */
  readonly fstab: string;
  /** Where a path of this machine is to be found by the unit's id. */
  at(path: string): string;
}

export const noStage: Stage = { place: "", fstab: "", at: (path) => path };

export function stageFor(sources: readonly string[]): Stage {
  const unreachable = sources.filter((source) => !isReachable(source));
  const staged = [...new Set(unreachable.map((source) => (statSync(source).isDirectory() ? source : dirname(source))))];
  const place = places.find(
    (candidate) => exists(candidate) && !sources.some((one) => `${one}/`.startsWith(`${candidate}/`)),
  );
  if (staged.length === 0) return noStage;
  if (!place) throw new Error(`None of ${places.join(", ")} is free for binding the unit's folders.`);
  const target = (index: number) => `${place}/${index}`;
  return {
    place,
    fstab: staged
      .map((source, index) => `${fstabField(source)} ${target(index)} none rbind,X-mount.mkdir 0 0\n`)
      .join(""),
    at(path) {
      const index = staged.findIndex((source) => path === source || path.startsWith(`${source}/`));
      const source = staged[index];
      return source === undefined ? path : target(index) + path.slice(source.length);
    },
  };
}

/** Whether any id may come to the path: every folder above it lets others pass. */
export function isReachable(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & othersMayTraverse) === 0) return false;
    if (folder === "/") return true;
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** As fstab(5) wants it. */
function fstabField(path: string): string {
  return path.replace(/[\\ \t\n#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);
}
