/** A command that cannot be done, in words for the person who typed it; printed without a stack. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
