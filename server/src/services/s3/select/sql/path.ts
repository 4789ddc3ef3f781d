// Paths into a row: `.name`, `."Name"`, `[3]`, `[*]`.
import type { TokenReader } from "./reader.ts";
import type { Step } from "./statement.ts";

/** What follows a name. @throws ApiError ParseUnexpectedToken */
export function pathSteps(reader: TokenReader): readonly Step[] {
  const steps: Step[] = [];
  while (reader.isSign("[") || reader.isSign(".")) steps.push(pathStep(reader));
  return steps;
}

/** `.name`, `."name"`, `[3]` or `[*]`. */
function pathStep(reader: TokenReader): Step {
  if (reader.takeSign(".")) {
    const { kind, text } = reader.token;
    if (kind !== "word" && kind !== "quoted") throw reader.unexpected("a name");
    reader.take();
    return { kind: "name", name: text, isExact: kind === "quoted" };
  }
  reader.expectSign("[");
  const { kind, text } = reader.token;
  if (!reader.takeSign("*") && !(kind === "number" && /^\d+$/.test(text))) throw reader.unexpected("a number or *");
  if (kind === "number") reader.take();
  reader.expectSign("]");
  return kind === "number" ? { kind: "index", index: Number(text) } : { kind: "wildcard" };
}
