// Search expressions: `{AWS/EC2, InstanceId} MetricName="CPUUtilization" NOT (i-1 OR i-2)`, as a test of a metric.
// Source: CloudWatch user guide, "CloudWatch search expression syntax".
import { InvalidExpression } from "./values.ts";

/** The part of a metric that is searched. */
export interface Searched {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export type Test = (metric: Searched) => boolean;

/** Longest search expression, "Search expression limits". */
const LONGEST = 1024;
const MAX_DEPTH = 50;

/** @throws InvalidExpression */
export function searchTest(source: string): Test {
  if (source.length > LONGEST)
    throw new InvalidExpression(`a search expression has at most ${LONGEST} characters, got ${source.length}`);
  return new SearchParser(source).test();
}

interface Piece {
  readonly kind: "sign" | "word" | "quoted" | "end";
  readonly text: string;
}

const PIECE = /\s*(?:"((?:[^"\\]|\\.)*)"|([{}(),=])|([^\s"{}(),=]+)|$)/gy;

function piecesOf(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const found of source.matchAll(PIECE)) {
    const [all, quoted, sign, word] = found;
    end = found.index + all.length;
    if (quoted !== undefined) pieces.push({ kind: "quoted", text: quoted.replaceAll(/\\(.)/g, "$1") });
    else if (sign !== undefined) pieces.push({ kind: "sign", text: sign });
    else if (word !== undefined) pieces.push({ kind: "word", text: word });
  }
  if (end < source.length) throw new InvalidExpression(`the search expression ends within quotes: ${source}`);
  return [...pieces, { kind: "end", text: "the end" }];
}

class SearchParser {
  readonly #pieces: readonly Piece[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#pieces = piecesOf(source);
  }

  test(): Test {
    const schema = this.#isSign("{") ? this.#schema() : undefined;
    if (schema && this.#isSign(",")) this.#at++;
    if (schema && this.#next().kind === "end") return schema;
    const terms = this.#either();
    if (this.#next().kind !== "end") throw this.#unexpected("a search term");
    return schema ? (metric) => schema(metric) && terms(metric) : terms;
  }

  /** A namespace, and the names of all dimensions when some are told. */
  #schema(): Test {
    this.#at++;
    const names: string[] = [];
    for (;;) {
      const { kind, text } = this.#next();
      if (kind !== "word" && kind !== "quoted") throw this.#unexpected("a namespace or the name of a dimension");
      this.#at++;
      names.push(text);
      if (this.#isSign(",")) this.#at++;
      else break;
    }
    if (!this.#isSign("}")) throw this.#unexpected("}");
    this.#at++;
    const [namespace, ...dimensions] = names;
    return (metric) =>
      metric.namespace === namespace &&
      (dimensions.length === 0 ||
        (Object.keys(metric.dimensions).length === dimensions.length &&
          dimensions.every((name) => Object.hasOwn(metric.dimensions, name))));
  }

  #either(): Test {
    let test = this.#both();
    while (this.#isWord("OR")) {
      this.#at++;
      const [one, other] = [test, this.#both()];
      test = (metric) => one(metric) || other(metric);
    }
    return test;
  }

  /** Terms side by side are all asked for, with AND or without. */
  #both(): Test {
    let test = this.#term();
    for (;;) {
      if (this.#isWord("AND")) this.#at++;
      else if (this.#next().kind === "end" || this.#isWord("OR") || this.#isSign(")")) return test;
      const [one, other] = [test, this.#term()];
      test = (metric) => one(metric) && other(metric);
    }
  }

  #term(): Test {
    if (++this.#depth > MAX_DEPTH) throw new InvalidExpression(`a search expression nests at most ${MAX_DEPTH} deep`);
    try {
      if (this.#isWord("NOT")) {
        this.#at++;
        const test = this.#term();
        return (metric) => !test(metric);
      }
      if (!this.#isSign("(")) return this.#property();
      this.#at++;
      const test = this.#either();
      if (!this.#isSign(")")) throw this.#unexpected(")");
      this.#at++;
      return test;
    } finally {
      this.#depth--;
    }
  }

  /** `micro`, `"t2.micro"`, `InstanceType=micro`. */
  #property(): Test {
    const first = this.#value();
    if (!this.#isSign("=")) return matches(everything, first);
    this.#at++;
    return matches(partOf(first.text), this.#value());
  }

  #value(): Piece {
    const piece = this.#next();
    if (piece.kind !== "word" && piece.kind !== "quoted") throw this.#unexpected("a search term");
    this.#at++;
    return piece;
  }

  #next(): Piece {
    return this.#pieces[this.#at] as Piece;
  }

  #isSign(sign: string): boolean {
    return this.#next().kind === "sign" && this.#next().text === sign;
  }

  #isWord(word: string): boolean {
    return this.#next().kind === "word" && this.#next().text === word;
  }

  #unexpected(expected: string): InvalidExpression {
    return new InvalidExpression(`expected ${expected} in the search expression, got ${this.#next().text}`);
  }
}

type Part = (metric: Searched) => readonly string[];

const everything: Part = ({ namespace, name, dimensions }) => [
  name,
  namespace,
  ...Object.keys(dimensions),
  ...Object.values(dimensions),
];

function partOf(property: string): Part {
  if (property === "MetricName") return ({ name }) => [name];
  if (property === "Namespace") return ({ namespace }) => [namespace];
  if (property === ":aws.AccountId")
    throw new InvalidExpression("searching by :aws.AccountId is not yet available in Sagebrush");
  return ({ dimensions }) => (Object.hasOwn(dimensions, property) ? [dimensions[property] as string] : []);
}

/** In quotes a whole name, else one of its tokens or several that follow each other. */
function matches(part: Part, { kind, text }: Piece): Test {
  if (kind === "quoted") return (metric) => part(metric).includes(text);
  const asked = tokensOf(text);
  const whole = joined(text);
  // Between delimiters case counts for nothing, as it does for one token; in camel case it does count.
  const fold = asked.length <= 1 || /[^A-Za-z0-9]/.test(text) ? lower : same;
  const wanted = asked.map(fold);
  return (metric) => part(metric).some((name) => joined(name) === whole || contains(tokensOf(name).map(fold), wanted));
}

const same = (text: string): string => text;
const lower = (text: string): string => text.toLowerCase();
const joined = (text: string): string => text.replaceAll(/[^A-Za-z0-9]/g, "").toLowerCase();

/** Camel case, numbers and what is neither begin a token. */
const tokensOf = (text: string): readonly string[] => text.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? [];

function contains(tokens: readonly string[], wanted: readonly string[]): boolean {
  if (wanted.length === 0) return false;
  return tokens.some((_, from) => wanted.every((token, index) => tokens[from + index] === token));
}
