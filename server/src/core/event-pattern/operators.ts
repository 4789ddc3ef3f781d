// `{"prefix": "a"}`: the operators of a pattern's values, one to an object.
import {
  addressIn,
  type Comparison,
  endsIgnoringCase,
  endsWith,
  equals,
  equalsIgnoringCase,
  isComparison,
  not,
  number,
  startsIgnoringCase,
  startsWith,
  type Test,
  type ValueTest,
  wildcard,
} from "./tests.ts";
import { InvalidPattern, type Tokens } from "./tokens.ts";

/** Whose grammar: SNS knows fewer forms of anything-but. */
export type Grammar = "events" | "sns";

type Operator = (tokens: Tokens, grammar: Grammar) => Test;

const operators: Readonly<Record<string, Operator>> = {
  "anything-but": readAnythingBut,
  cidr: (tokens) => addressIn(readText(tokens, "prefix match pattern must be a string")),
  "equals-ignore-case": (tokens) => equalsIgnoringCase(readTextOf(tokens, "equals-ignore-case")),
  exists: readExists,
  numeric: (tokens) => readNumeric(tokens),
  prefix: (tokens) => readEdge(tokens, "prefix", startsWith, startsIgnoringCase),
  suffix: (tokens) => readEdge(tokens, "suffix", endsWith, endsIgnoringCase),
  wildcard: (tokens) => readWildcard(tokens, false),
};

/** From the opening bracket to the closing one. @throws InvalidPattern */
export function readOperator(tokens: Tokens, grammar: Grammar): Test {
  if (tokens.next() !== "name") throw tokens.error("Match expression name not found");
  const name = tokens.text();
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (operator === undefined) throw tokens.error(`Unrecognized match type ${name}`);
  tokens.next();
  const test = operator(tokens, grammar);
  if (tokens.next() !== "}") throw tokens.error("Only one key allowed in match expression");
  return test;
}

/** The string where reading stands. */
function readText(tokens: Tokens, complaint: string, twice = false): string {
  if (tokens.type !== "string") throw tokens.error(complaint, twice);
  return tokens.text();
}

const readTextOf = (tokens: Tokens, name: string) => readText(tokens, `${name} match pattern must be a string`);

function readExists(tokens: Tokens): Test {
  if (tokens.type === "true") return "present";
  if (tokens.type === "false") return "absent";
  throw tokens.error("exists match pattern must be either true or false.");
}

/** `"a"` or `{"equals-ignore-case": "a"}`. */
function readEdge(
  tokens: Tokens,
  name: string,
  plain: (text: string) => ValueTest,
  ignoringCase: (text: string) => ValueTest,
): ValueTest {
  if (tokens.type !== "{") return plain(readTextOf(tokens, name));
  const form = tokens.next() === "name" ? tokens.text() : "";
  if (form !== "equals-ignore-case") throw tokens.error(`Unsupported ${name} pattern: ${form}`);
  tokens.next();
  const test = ignoringCase(readTextOf(tokens, "equals-ignore-case"));
  if (tokens.next() !== "}") throw tokens.error("Only one key allowed in match expression");
  return test;
}

/** As many `*` before the same character as a pattern may have: more make too many ways to match. */
const MOST_REPEATED = 4;

function readWildcard(tokens: Tokens, twice: boolean): ValueTest {
  const pattern = readText(tokens, "wildcard match pattern must be a string", twice);
  const consecutive = /(?<!\\)(?:\\\\)*\*(?=\*)/.exec(pattern);
  if (consecutive) {
    throw tokens.error(`Consecutive wildcard characters at pos ${consecutive.index + consecutive[0].length}`);
  }
  const followers = Map.groupBy(pattern.matchAll(/\*([\s\S])/g), ([, next]) => next);
  if ([...followers.values()].some(({ length }) => length > MOST_REPEATED)) {
    throw new InvalidPattern(
      "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a " +
        "wildcard character",
    );
  }
  return wildcard(pattern);
}

function readNumeric(tokens: Tokens): ValueTest {
  if (tokens.type !== "[") throw tokens.error("Value of numeric must be an array.");
  const [first, low] = readTerm(tokens);
  if (first === "=" || first === "<" || first === "<=") {
    if (tokens.next() !== "]") throw tokens.error("Too many elements in numeric expression");
    return number([[first, low]]);
  }
  const type = tokens.next();
  if (type === "]") return number([[first, low]]);
  if (type !== "string") throw tokens.error(`Bad value in numeric range: ${tokens.text()}`);
  const second = tokens.text();
  if (second !== "<" && second !== "<=") throw tokens.error(`Bad numeric range operator: ${second}`);
  const high = readLimit(tokens, second);
  if (tokens.next() !== "]") throw tokens.error("Too many terms in numeric range expression");
  if (low >= high) throw tokens.error("Bottom must be less than top");
  return number([
    [first, low],
    [second, high],
  ]);
}

function readTerm(tokens: Tokens): readonly [Comparison, number] {
  if (tokens.next() !== "string") throw tokens.error(`Invalid member in numeric match: ${tokens.text()}`);
  const comparison = tokens.text();
  if (!isComparison(comparison)) {
    tokens.next();
    throw tokens.error(`Unrecognized numeric range operator: ${comparison}`);
  }
  return [comparison, readLimit(tokens, comparison)];
}

function readLimit(tokens: Tokens, comparison: Comparison): number {
  if (tokens.next() !== "number") {
    throw tokens.error(`Value of ${comparison === "=" ? "equals" : comparison} must be numeric`);
  }
  return Number(tokens.text());
}

const ANYTHING_BUT = "Value of anything-but must be an array or single string/number value.";

function readAnythingBut(tokens: Tokens, grammar: Grammar): ValueTest {
  if (tokens.type === "string") return not([equals(tokens.text())]);
  if (tokens.type === "number") return not([equals(Number(tokens.text()))]);
  if (tokens.type === "[") {
    const message = "Inside anything but list, start|null|boolean is not supported.";
    const listed = readList(tokens, () => {
      if (tokens.type === "string") return equals(tokens.text());
      if (tokens.type === "number") return equals(Number(tokens.text()));
      throw tokens.error(message, true);
    });
    return not(listed);
  }
  if (tokens.type !== "{") throw tokens.error(ANYTHING_BUT);
  return readAnythingButForm(tokens, grammar);
}

type Form = (tokens: Tokens, inList: boolean, grammar: Grammar) => ValueTest;

/** `{"anything-but": {"prefix": …}}`, of one value or a list. */
const forms: Readonly<Record<string, Form>> = {
  "equals-ignore-case": (tokens, inList) =>
    equalsIgnoringCase(
      readText(
        tokens,
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        inList,
      ),
    ),
  prefix: (tokens, inList, grammar) => startsWith(readEnd(tokens, inList, grammar)),
  suffix: (tokens, inList, grammar) => endsWith(readEnd(tokens, inList, grammar)),
  wildcard: (tokens, inList) => readWildcard(tokens, inList),
};

/** SNS takes these and no lists of them. */
const formsOfSns = ["prefix", "equals-ignore-case", "wildcard"];

function readEnd(tokens: Tokens, inList: boolean, grammar: Grammar): string {
  if (tokens.type === "{") throw tokens.error(ANYTHING_BUT);
  const text = readText(
    tokens,
    `${grammar === "sns" ? "prefix" : "prefix/suffix"} match pattern must be a string`,
    inList,
  );
  if (text === "") throw tokens.error("Null prefix/suffix not allowed");
  return text;
}

function readAnythingButForm(tokens: Tokens, grammar: Grammar): ValueTest {
  if (tokens.next() !== "name") throw tokens.error("Anything-but expression name not found");
  const name = tokens.text();
  const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
  if (form === undefined || (grammar === "sns" && !formsOfSns.includes(name))) {
    throw tokens.error(`Unsupported anything-but pattern: ${name}`);
  }
  const isList = tokens.next() === "[";
  const tests = isList ? readList(tokens, () => form(tokens, true, grammar)) : [form(tokens, false, grammar)];
  if (tokens.next() !== "}") throw tokens.error("Only one key allowed in match expression");
  return not(tests);
}

function readList(tokens: Tokens, read: () => ValueTest): readonly ValueTest[] {
  const tests: ValueTest[] = [];
  while (tokens.next() !== "]") tests.push(read());
  if (tests.length === 0) throw tokens.error("Empty arrays are not allowed");
  return tests;
}
