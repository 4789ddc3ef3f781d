// Folders that a unit shares with others of this machine. They keep their owners, so whether the unit's users may write there
// is a matter of their permissions; that is told before the start, in words, rather than by the program's failure.
import { accessSync, constants, statSync } from "node:fs";
import { type UnitMount, UnitRefused } from "../backend.ts";

/** Who user 0 of the units is on this machine: an id that the server may not be, or the server's own user. */
export interface Owner {
  readonly kind: "root range" | "subordinate range" | "one id";
  readonly outside: number;
}

const OTHERS_READ = 0o005;
const OTHERS_WRITE = 0o007;

/** @throws UnitRefused naming the mount that user 0 of the units cannot read, or write where it is to */
export function checkShared(mounts: readonly UnitMount[], identity: Owner): void {
  for (const { source, target, shared, readOnly } of mounts)
    if (shared && !mayUse(source, identity, readOnly === true))
      throw new UnitRefused(
        `The folder seen as ${target} cannot be ${readOnly ? "read" : "written"} by the container, whose root is ${owner(identity)} on this machine. ` +
          `Whoever runs the server has to let it: chown the folder to that id, or chmod o+${readOnly ? "rx" : "rwx"} it.`,
      );
}

/** As root the units' ids are nobody's, so what others may do counts; else their user 0 is this process's own user. */
function mayUse(path: string, identity: Owner, readOnly: boolean): boolean {
  if (identity.kind === "root range") {
    const { mode, uid } = statSync(path);
    const needed = readOnly ? OTHERS_READ : OTHERS_WRITE;
    if (uid === identity.outside) return (mode & (needed << 6)) === needed << 6;
    return (mode & needed) === needed;
  }
  try {
    accessSync(path, constants.R_OK | constants.X_OK | (readOnly ? 0 : constants.W_OK));
    return true;
  } catch {
    return false; // what exactly is missing is in the folder's permissions
  }
}

const owner = ({ kind, outside }: Owner): string => (kind === "root range" ? `id ${outside}` : "the server's own user");
