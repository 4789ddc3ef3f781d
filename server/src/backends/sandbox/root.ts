// The root file system a unit sees, as arguments of bwrap: the image read-only, and what the platform puts over it.
import { existsSync, lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ReadOnlyMount } from "../backend.ts";

/** Places that the platform mounts over; an image that is one whole root may lack them, and cannot be written. */
const platformTargets = ["/proc", "/dev", "/tmp", "/var/tmp", "/run", "/root", "/opt/ml"];
const platformFiles = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

/** Read-only mounts and symbolic links that make up the image, parents before what lies below them. */
export function imageArguments(mounts: readonly ReadOnlyMount[], targets: readonly string[]): string[] {
  const all = [...platformTargets, ...platformFiles, ...targets, ...mounts.map((mount) => mount.target)];
  const ordered = [...mounts].sort((a, b) => depth(a.target) - depth(b.target));
  return ordered.flatMap((mount) => place(mount, all));
}

/**
 * One mount. A folder that lacks a place to mount over is opened up: its entries are mounted one by one in a fresh
 * folder, where the missing place can be made.
 */
function place(mount: ReadOnlyMount, targets: readonly string[]): string[] {
  const source = lstatSync(mount.source);
  if (source.isSymbolicLink() && mount.target !== "/") {
    // /bin is a link to usr/bin on most systems; the link itself is what belongs into the root
    return ["--symlink", readlinkSync(mount.source), mount.target];
  }
  const below = targets.filter((target) => target !== mount.target && target.startsWith(slashed(mount.target)));
  const lacking = below.filter((target) => !isPlace(mount, target));
  if (mount.target !== "/" && lacking.length === 0) return ["--ro-bind", mount.source, mount.target];
  const entries = readdirSync(mount.source).sort();
  const open = mount.target === "/" ? [] : ["--dir", mount.target];
  return [
    ...open,
    ...entries
      .map((entry) => ({ source: join(mount.source, entry), target: join(mount.target, entry) }))
      .filter((entry) => !targets.includes(entry.target) && existsOrLink(entry.source))
      .flatMap((entry) => place(entry, targets)),
  ];
}

function isPlace(mount: ReadOnlyMount, target: string): boolean {
  return existsSync(join(mount.source, target.slice(mount.target.length)));
}

function existsOrLink(path: string): boolean {
  const entry = lstatSync(path);
  return entry.isSymbolicLink() || entry.isDirectory() || entry.isFile();
}

function slashed(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

function depth(path: string): number {
  return path.split("/").filter(Boolean).length;
}

/** Whether the image brings the file itself. */
export function imageHas(mounts: readonly ReadOnlyMount[], path: string): boolean {
  return mounts.some((mount) => {
    if (path !== mount.target && !path.startsWith(slashed(mount.target))) return false;
    const inside = join(mount.source, path.slice(mount.target.length));
    return existsSync(inside) && statSync(inside).isFile();
  });
}
