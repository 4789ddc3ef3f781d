// A change of rows as they are now, whoever else changes them meanwhile.
import { Conflict } from "./rows.ts";

/** Reads, looks and commits once more until nobody else's change came between; what else `attempt` throws is thrown. */
export async function again<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await attempt();
    } catch (cause) {
      if (!(cause instanceof Conflict)) throw cause;
    }
  }
}
