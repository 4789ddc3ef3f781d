// Time in which a job holds its instances, over all its attempts, on the steady scale: limits of running time and what
// would be billed are counted by it. Waiting for capacity does not count.

export interface HeldTime {
  /** Milliseconds of spans that are over. */
  readonly beforeMs: number;
  /** Start of the span under way. */
  readonly since?: number;
}

/** Begins a span, if none is under way. */
export const hold = (held: HeldTime | undefined, steady: number): HeldTime =>
  held?.since === undefined ? { beforeMs: held?.beforeMs ?? 0, since: steady } : held;

/** Ends the span under way. */
export const letGo = (held: HeldTime | undefined, steady: number): HeldTime => ({ beforeMs: heldMs(held, steady) });

export const heldMs = (held: HeldTime | undefined, steady: number): number =>
  (held?.beforeMs ?? 0) + (held?.since === undefined ? 0 : Math.max(0, steady - held.since));

/** When so many seconds will have been held, on the steady scale; undefined while nothing is held. */
export const heldUntil = (held: HeldTime | undefined, seconds: number): number | undefined =>
  held?.since === undefined ? undefined : held.since + seconds * 1000 - held.beforeMs;
