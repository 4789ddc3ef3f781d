// Work on one thing after the other, by key: what comes later sees what the ones before it did.

export interface Turns {
  /** Begins when the work of the same key that came before has ended, well or not. */
  inTurn<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
  /** When nothing that came until now is under way any more. */
  over(): Promise<void>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    async inTurn(key, work) {
      const before = last.get(key);
      const turn = before === undefined ? work() : before.then(work, work);
      last.set(key, turn);
      try {
        return await turn;
      } finally {
        if (last.get(key) === turn) last.delete(key);
      }
    },
    async over() {
      await Promise.allSettled(last.values());
    },
  };
}
