// Room on the disk for new work: below the reserve nothing new begins, and what runs goes on.
import type { Clock } from "../core/clock.ts";
import { errors } from "../core/errors.ts";
import type { Blobs } from "../store/blobs/blobs.ts";

const MIB = 2 ** 20;
/** A look costs a hop to a thread, and a second's creates take no space worth another. */
const LOOK_EVERY_MS = 1000;

/** A check for whoever stores new work. It throws ApiError ResourceLimitExceeded below the reserve. */
export function createDiskCheck(blobs: Pick<Blobs, "roomBytes">, clock: Clock): () => Promise<void> {
  let room = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (Math.abs(clock.now() - lookedAt) > LOOK_EVERY_MS) {
      room = await blobs.roomBytes();
      lookedAt = clock.now();
    }
    if (room < 0)
      throw errors.resourceLimitExceeded(
        `No room for new work: the disk is ${Math.ceil(-room / MIB)} MiB below its reserve (diskReserveMb). ` +
          "Delete objects or make the disk larger.",
      );
  };
}
