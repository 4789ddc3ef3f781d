// A filter pattern that cannot be read.

/** The message says what was expected and what came. */
export class InvalidPattern extends Error {
  override readonly name = "InvalidPattern";
}
