// What ends what has begun. The last begun ends first, and what cannot be ended keeps nothing else from it.

type Stop = () => Promise<void>;

export interface Stops {
  add(stop: Stop): void;
  /** Ends everything, once. @throws what could not be ended, when the rest is */
  run(): Promise<void>;
}

export function createStops(): Stops {
  const stops: Stop[] = [];
  return {
    add: (stop) => void stops.push(stop),
    async run() {
      const failures: unknown[] = [];
      for (let stop = stops.pop(); stop; stop = stops.pop()) await stop().catch((cause) => failures.push(cause));
      if (failures.length > 1) throw new AggregateError(failures, "Several parts of the server could not be ended.");
      for (const failure of failures) throw failure;
    },
  };
}
