// File systems that channels name by id: each stands for a folder of this machine, which the settings name.
import { realpath, stat } from "node:fs/promises";
import { join, posix, sep } from "node:path";
import type { FileSystemDataSource } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import { JobFailure, type WantedMount } from "../../../engine/job-kind.ts";

/** Folder of this machine by id of a file system. */
export type FileSystems = ReadonlyMap<string, string>;

/** Where an FSx for Lustre file system is mounted; directory paths begin with it. */
const LUSTRE_ROOT = "/fsx";

/** @throws ApiError Validation for an id that no setting names, or a path that cannot be one; `where`: the member, for the text */
export function checkFileSystem(source: FileSystemDataSource, fileSystems: FileSystems, where: string): void {
  const { FileSystemId: id, FileSystemType, DirectoryPath } = source;
  if (!fileSystems.has(id))
    throw errors.validation(
      `${where}: the file system ${id} is not known here. Name a folder of this machine for it in sagebrush.yaml, ` +
        `fileSystems: { ${id}: /srv/share }, or with --file-systems ${id}=/srv/share, and start the server again.`,
    );
  if (!DirectoryPath.startsWith("/"))
    throw errors.validation(`${where}.DirectoryPath must begin with /, got "${DirectoryPath}".`);
  if (DirectoryPath.includes("\0") || DirectoryPath.split("/").includes(".."))
    throw errors.validation(
      `${where}.DirectoryPath must name a directory below the file system's root, got ${JSON.stringify(DirectoryPath)}.`,
    );
  if (FileSystemType === "FSxLustre" && !`${posix.normalize(DirectoryPath)}/`.startsWith(`${LUSTRE_ROOT}/`))
    throw errors.validation(
      `${where}.DirectoryPath of an FSxLustre file system must begin with ${LUSTRE_ROOT}, got "${DirectoryPath}".`,
    );
}

/**
 * The directory as a mount. Links in its path are followed as long as they stay in the file system's folder; the mount is
 * of what they led to, so a link that is made later changes nothing; only somebody who writes to the same folder could, in
 * the moment between this look and the start of the container, put a link in place of a part of the path.
 * @throws JobFailure ClientError when it is no directory of the file system
 */
export async function attachFileSystem(
  source: FileSystemDataSource,
  fileSystems: FileSystems,
  target: string,
): Promise<WantedMount> {
  const { FileSystemId: id, FileSystemType, DirectoryPath, FileSystemAccessMode } = source;
  const folder = fileSystems.get(id);
  if (folder === undefined)
    throw new JobFailure(
      `ClientError: The file system ${id} is not known here any more; the server's setting fileSystems names no folder for it.`,
    );
  const below = posix.normalize(DirectoryPath).slice(FileSystemType === "FSxLustre" ? LUSTRE_ROOT.length : 0);
  const root = await real(folder, `The folder that the server's setting fileSystems names for ${id}`);
  const path = await real(join(root, below), `The directory ${DirectoryPath} of the file system ${id}`);
  if (path !== root && !path.startsWith(root.endsWith(sep) ? root : root + sep))
    throw new JobFailure(
      `ClientError: The directory ${DirectoryPath} of the file system ${id} is a link that leaves it.`,
    );
  if (!(await stat(path)).isDirectory())
    throw new JobFailure(`ClientError: ${DirectoryPath} of the file system ${id} is a file, expected a directory.`);
  return { source: path, target, ...(FileSystemAccessMode === "ro" ? { readOnly: true } : {}) };
}

/** @throws JobFailure when the path leads nowhere; `what`: for the text, which names no folder of this machine */
async function real(path: string, what: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const words: Readonly<Record<string, string>> = {
      ENOENT: "is not there",
      ENOTDIR: "goes through a file",
      EACCES: "cannot be reached by the server",
      ELOOP: "is a ring of links",
      ENAMETOOLONG: "has too long a path",
    };
    if (words[code] === undefined) throw cause;
    throw new JobFailure(`ClientError: ${what} ${words[code]}.`);
  }
}
