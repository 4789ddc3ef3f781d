// So many a second and no more: whoever is too early is told when to come again, and waits where it takes nobody's place.
import type { Clock } from "./clock.ts";

/** Takes the lane's turn; where that is still to come nothing is taken, and its time is given: milliseconds since 1970. */
export type Pace = (lane: string, perSecond: number) => number | undefined;

/** Lanes remembered before those whose turn is over are forgotten. */
const MANY = 1000;

/** Who comes so little after its turn had it then: timers are late, and what waits behind must not fall behind with them. */
const LATE_MS = 20;

export function createPace(clock: Clock): Pace {
  const next = new Map<string, number>();
  return (lane, perSecond) => {
    const now = clock.now();
    const turn = next.get(lane) ?? now;
    if (turn > now) return turn;
    if (next.size > MANY) for (const [name, at] of next) if (at < now - LATE_MS) next.delete(name);
    next.set(lane, (now - turn > LATE_MS ? now : turn) + 1000 / perSecond);
    return undefined;
  };
}
