// Where blobs lie in the folder. An id begins with the time of writing, so that ids written together lie together: in one
// folder (synced once for many), and side by side in the index of rows.
import { join } from "node:path";
import { newId } from "../../../core/ids.ts";

/** Nine digits of base 32 hold milliseconds until the year 3084. */
const TIME_DIGITS = 9;
const RANDOM_DIGITS = 20;
/** The first folder holds nine hours of ids, the one in it seventeen minutes. */
const OUTER_DIGITS = 4;
const INNER_DIGITS = 5;

const ID = new RegExp(`^[0-9a-v]{${TIME_DIGITS + RANDOM_DIGITS}}$`);

/** An id that sorts by time; its hundred random bits make it impossible to guess. */
export const newBlobId = (now: number): string =>
  Math.floor(now).toString(32).padStart(TIME_DIGITS, "0") + newId().slice(0, RANDOM_DIGITS);

/** Ends the id of a blob whose bytes are kept in its row. */
const INLINE_MARK = "s";

export const newInlineId = (now: number): string => newBlobId(now) + INLINE_MARK;

export const isInlineId = (id: string): boolean => id.endsWith(INLINE_MARK) && isBlobId(id.slice(0, -1));

export const isBlobId = (name: string): boolean => ID.test(name);

/** Digits that all ids of one folder share. */
export const folderDigits = (id: string): string => id.slice(0, INNER_DIGITS);

export class Places {
  readonly root: string;
  /** Files being written. */
  readonly incoming: string;

  constructor(root: string) {
    this.root = root;
    this.incoming = join(root, "incoming");
  }

  outer(id: string): string {
    return join(this.root, id.slice(0, OUTER_DIGITS));
  }

  folder(id: string): string {
    return join(this.outer(id), folderDigits(id));
  }

  /** @throws TypeError for what is no id; nothing else may become part of a path */
  file(id: string): string {
    if (!isBlobId(id)) throw new TypeError(`A blob's id is 29 digits of base 32, got ${JSON.stringify(id)}.`);
    return join(this.folder(id), id);
  }
}
