// So many a second and no more: whoever is too early waits for a turn.
import type { Clock } from "./clock.ts";

/** Resolves when it is the lane's turn. @throws the signal's reason */
export type Pace = (lane: string, perSecond: number, signal: AbortSignal) => Promise<void>;

/** Lanes remembered before those whose turn is over are forgotten. */
const MANY = 1000;

export function createPace(clock: Clock): Pace {
  const next = new Map<string, number>();
  return async (lane, perSecond, signal) => {
    const now = clock.now();
    const turn = Math.max(now, next.get(lane) ?? 0);
    if (next.size > MANY) for (const [name, at] of next) if (at < now) next.delete(name);
    next.set(lane, turn + 1000 / perSecond);
    if (turn <= now) return;
    await new Promise<void>((resolve, reject) => {
      const cancel = clock.at(turn, () => {
        // The signal outlives the turn by far.
        signal.removeEventListener("abort", stop);
        resolve();
      });
      const stop = () => {
        cancel();
        reject(signal.reason);
      };
      signal.addEventListener("abort", stop, { once: true });
    });
  };
}
