// Time as an argument. The engine's clock can be moved by tests; signatures, TLS and containers keep real time.

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once at or after the time; returns a function that cancels it. */
  at(time: number, wake: () => void): () => void;
}

/** Longest delay that setTimeout takes without overflowing (2^31 - 1 ms). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const realClock: Clock = {
  now: () => Date.now(),
  at(time, wake) {
    let timer: NodeJS.Timeout;
    const arm = () => {
      const left = time - Date.now();
      timer = left > LONGEST_TIMER_MS ? setTimeout(arm, LONGEST_TIMER_MS) : setTimeout(wake, Math.max(0, left));
      timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};
