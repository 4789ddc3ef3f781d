// What a unit needs to know of its image of layers: where its places are, and as whom its program runs.
import { chmodSync, lchownSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type PreparedImage, UnitRefused } from "../backend.ts";
import { findUser, type ImageUser, LARGEST_TABLE_BYTES } from "../shared/image-user.ts";
import type { Identity } from "./identity.ts";
import { fileInside, pathInside, TooManyLinks } from "./inside.ts";
import type { UnitFolder } from "./unit-folder.ts";

export interface Layered {
  /** Folder of the image's root, read-only for everybody. */
  readonly root: string;
  readonly user: ImageUser;
  /** A path of the image as it is without links. @throws UnitRefused */
  inside(path: string): string;
  /** Arguments of bwrap that make the program the user. */
  readonly userArguments: readonly string[];
  /** Variables of image-root.sh, less the folders. */
  readonly variables: { readonly RUN_AS: string; readonly OWNER: string };
  /** User namespace that bwrap enters, whose owner has to be the user; none for user 0. */
  readonly namespaceOf: number | undefined;
}

/** Descriptor by which bwrap gets that user namespace. */
export const USER_DESCRIPTOR = 10;

/** @throws UnitRefused */
export function readLayered(image: PreparedImage, root: string, identity: Identity): Layered | undefined {
  if (image.layered === undefined) return undefined;
  const table = (name: string) => fileInside(root, `/etc/${name}`, LARGEST_TABLE_BYTES);
  const user = findUser({ passwd: table("passwd"), group: table("group") }, image.layered.user);
  const { uid, gid, groups } = user;
  const isAlone = identity.kind === "one id";
  const isOther = uid !== 0 && !isAlone;
  const asGroup = gid === 0 && groups.length === 0 ? [] : [`--regid=${gid}`, groupsOption(groups)];
  return {
    root,
    user,
    inside: (path) => inImage(root, path),
    // The one id that there is can have any number inside.
    userArguments: isAlone
      ? uid === 0 && gid === 0
        ? []
        : ["--unshare-user", "--uid", String(uid), "--gid", String(gid)]
      : isOther
        ? ["--userns", String(USER_DESCRIPTOR)]
        : [],
    variables: {
      RUN_AS: isAlone
        ? ""
        : [...(isOther ? [`--reuid=${uid}`, `--regid=${gid}`, groupsOption(groups)] : asGroup)].join(" "),
      OWNER: isOther ? `${uid}:${gid}` : "",
    },
    namespaceOf: isOther ? uid : undefined,
  };
}

const groupsOption = (groups: readonly number[]): string =>
  groups.length === 0 ? "--clear-groups" : `--groups=${groups.join(",")}`;

function inImage(root: string, path: string): string {
  try {
    return pathInside(root, path);
  } catch (error) {
    if (error instanceof TooManyLinks) throw new UnitRefused(error.message);
    throw error;
  }
}

/** The unit's own layer over the image; what is above takes the looks of the folder below. */
export function makeLayer(folder: UnitFolder, root: string, identity: Identity): void {
  const { mode, uid, gid } = statSync(root);
  for (const name of ["root", "layer/upper", "layer/work"]) mkdirSync(folder.at(name), { recursive: true });
  chmodAll(folder, mode & 0o7777);
  if (identity.kind !== "root range") return;
  lchownSync(folder.at("layer/work"), identity.outside, identity.outside);
  lchownSync(folder.at("layer/upper"), uid, gid);
}

function chmodAll(folder: UnitFolder, mode: number): void {
  chmodSync(folder.at("layer"), 0o711);
  chmodSync(folder.at("layer/upper"), mode);
  chmodSync(folder.at("layer/work"), 0o700);
}

/** The script as text: the unit's ids may not be able to read the file. */
export const imageRootScript = (): string => readFileSync(join(import.meta.dirname, "image-root.sh"), "utf8");
