// Event patterns: what rules of EventBridge and filter policies of SNS ask of an event, read and compiled. Operators and
// errors as AWS answers them (recorded in LocalStack's tests/aws/services/events/test_events_patterns.snapshot.json and
// tests/aws/services/sns/test_sns_filter_policy.snapshot.json), and EventBridge user guide, "Comparison operators".
import { matcher } from "./match.ts";
import { type Grammar, readOperator } from "./operators.ts";
import { equals, type Test } from "./tests.ts";
import { type InvalidPattern, Tokens } from "./tokens.ts";

export type { Grammar } from "./operators.ts";
export { InvalidPattern } from "./tokens.ts";

/** A value list of a pattern: where it is and how many values it allows, for limits. */
export interface Leaf {
  readonly path: readonly string[];
  readonly values: number;
}

export interface Pattern {
  /** `event` is what JSON.parse gives. */
  matches(event: unknown): boolean;
  readonly leaves: readonly Leaf[];
}

/** EventBridge user guide, "Using $or": so many combinations at most. */
const MOST_ALTERNATIVES = 1000;
/** Value lists of one pattern: more than the longest that EventBridge takes has room for. */
const MOST_LEAVES = 1000;

/** What has to hold together, while it is read. */
type Growing = Map<string, readonly Test[]>;

/** @throws InvalidPattern */
export function compilePattern(text: string, grammar: Grammar): Pattern {
  const tokens = new Tokens(text);
  if (tokens.next() !== "{") throw tokens.error("Filter is not an object");
  const leaves: Leaf[] = [];
  const alternatives = readObject({ tokens, grammar, leaves }, [], [new Map()]);
  tokens.next();
  return { leaves, matches: matcher(alternatives) };
}

interface Reading {
  readonly tokens: Tokens;
  readonly grammar: Grammar;
  readonly leaves: Leaf[];
}

/** Adds what the object asks for to what was read before it. */
function readObject(reading: Reading, path: readonly string[], before: readonly Growing[]): readonly Growing[] {
  const { tokens } = reading;
  let all = before;
  let isEmpty = true;
  while (tokens.next() !== "}") {
    isEmpty = false;
    const name = tokens.text();
    const below = [...path, name];
    const type = tokens.next();
    if (name === "$or" && type === "[") all = both(reading, all, readChoice(reading, path));
    else if (type === "{") all = readObject(reading, below, all);
    else if (type === "[") {
      const [joined, tests] = [below.join("."), readValues(reading, below)];
      for (const one of all) one.set(joined, tests);
    } else throw tokens.error(`"${name}" must be an object or an array`);
  }
  if (isEmpty) throw tokens.error("Empty objects are not allowed");
  return all;
}

/** Every combination of two sets of alternatives. */
function both({ tokens }: Reading, ones: readonly Growing[], others: readonly Growing[]): readonly Growing[] {
  if (ones.length * others.length > MOST_ALTERNATIVES) throw tooMany(tokens);
  return ones.flatMap((one) => others.map((other) => new Map([...one, ...other])));
}

const tooMany = (tokens: Tokens): InvalidPattern =>
  tokens.error(`Rule is too complex - $or makes more than ${MOST_ALTERNATIVES} combinations`);

function readChoice(reading: Reading, path: readonly string[]): readonly Growing[] {
  const { tokens } = reading;
  const choices: Growing[] = [];
  let count = 0;
  while (tokens.next() !== "]") {
    if (tokens.type !== "{") throw tokens.error('"$or" must be an array of objects');
    choices.push(...readObject(reading, path, [new Map()]));
    if (choices.length > MOST_ALTERNATIVES) throw tooMany(tokens);
    count++;
  }
  if (count < 2) throw tokens.error("There must have at least 2 Objects in $or relationship.");
  return choices;
}

function readValues(reading: Reading, path: readonly string[]): readonly Test[] {
  const { tokens } = reading;
  const tests: Test[] = [];
  while (tokens.next() !== "]") tests.push(readValue(reading));
  if (tests.length === 0) throw tokens.error("Empty arrays are not allowed");
  if (reading.leaves.length >= MOST_LEAVES) throw tokens.error(`Rule is too complex - more than ${MOST_LEAVES} keys`);
  reading.leaves.push({ path, values: tests.length });
  return tests;
}

function readValue({ tokens, grammar }: Reading): Test {
  switch (tokens.type) {
    case "{":
      return readOperator(tokens, grammar);
    case "string":
      return equals(tokens.text());
    case "number":
      return equals(Number(tokens.text()));
    case "true":
    case "false":
      return equals(tokens.type === "true");
    case "null":
      return equals(null);
    default:
      throw tokens.error("Match value must be String, number, true, false, or null");
  }
}
