// What a unit runs, and what no program can be given.
import { UnitRefused, type UnitSpec } from "../backend.ts";

/**
 * No program can be given a zero byte, and where arguments are told apart by it, one inside a value would begin others.
 * @throws UnitRefused
 */
export function refuseZeroBytes({ environment, ...program }: UnitSpec): void {
  for (const [name, value] of Object.entries(environment))
    if (`${name}${value}`.includes("\0"))
      throw new UnitRefused(
        `The environment variable ${JSON.stringify(name)} holds a zero byte; no program can get it.`,
      );
  for (const word of commandLine(program))
    if (word.includes("\0"))
      throw new UnitRefused(`The argument ${JSON.stringify(word)} holds a zero byte; no program can get it.`);
}

/** The program and its arguments. */
export function commandLine(program: Pick<UnitSpec, "entrypoint" | "image" | "arguments">): string[] {
  return [...(program.entrypoint ?? program.image.entrypoint), ...program.arguments];
}
