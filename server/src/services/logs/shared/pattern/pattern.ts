// What a filter pattern is to those who use it: whether it finds a message, and the values that it reads there.

export interface FilterPattern {
  readonly matches: Matches;
  /** Undefined where the message is not found. */
  read(message: string): Match | undefined;
  /** Whether a metric may take its value or a dimension from this selector: `$.latency`, `$bytes`. */
  selects(selector: string): boolean;
  /** How many regular expressions stand in it. */
  readonly expressions: number;
}

export type Matches = (message: string) => boolean;

export interface Match {
  value(selector: string): string | undefined;
  /** By selector: what the pattern names, as TestMetricFilter tells it. */
  readonly extracted: Readonly<Record<string, string>>;
}

/** A pattern that reads no values. */
export const withoutValues = (matches: Matches, expressions: number): FilterPattern => ({
  matches,
  read: (message) => (matches(message) ? { value: () => undefined, extracted: {} } : undefined),
  selects: () => false,
  expressions,
});
