/** One moment by the clock, which people see and may set, and on the steady scale, which limits are counted on. */
export interface Moment {
  readonly now: number;
  readonly steady: number;
}
