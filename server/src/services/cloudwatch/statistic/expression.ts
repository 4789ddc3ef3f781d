// Arithmetic of metric queries: `100 * errors / (m1 + m2)`. Series are joined by time; a number stands for every time.
// Source: CloudWatch user guide, "Using metric math", without its functions.

/** The message says what was expected and what came. */
export class InvalidExpression extends Error {
  override readonly name = "InvalidExpression";
}

type Operator = (one: number, other: number) => number;

/** A number, the id of a series, or an operator on the two values before it. */
export type Step = number | string | Operator;

export interface Expression {
  /** In the order they are worked out: operands, then their operator. */
  readonly steps: readonly Step[];
  /** Of the series in it, at least one. */
  readonly ids: ReadonlySet<string>;
}

/** Parentheses and signs within each other; the parser goes one call deeper for each. */
const MAX_DEPTH = 100;

const times: Operator = (one, other) => one * other;
const operators: Readonly<Record<string, { readonly binds: number; readonly of: Operator }>> = {
  "+": { binds: 1, of: (one, other) => one + other },
  "-": { binds: 1, of: (one, other) => one - other },
  "*": { binds: 2, of: times },
  "/": { binds: 2, of: (one, other) => one / other },
  "^": { binds: 3, of: (one, other) => one ** other },
};

/** `isId`: whether a query has this id. Takes time linear in the text. @throws InvalidExpression */
export function parse(source: string, isId: (id: string) => boolean): Expression {
  const tokens = source.match(/[\d.]+(?:[eE][+-]?\d+)?|\w+|\S/g) ?? [];
  const steps: Step[] = [];
  const ids = new Set<string>();
  let at = 0;
  let depth = 0;

  const operand = (): void => {
    const token = tokens[at++];
    if (token === undefined) throw new InvalidExpression("expected a number or an id, got the end");
    if (token === "-") {
      deeper(operand);
      steps.push(-1, times);
    } else if (token === "(") {
      deeper(() => chain(1));
      if (tokens[at++] !== ")") throw new InvalidExpression("expected )");
    } else if (/^[\d.]/.test(token)) steps.push(numberOf(token));
    else if (tokens[at] === "(") throw new InvalidExpression(`the function ${token} is not yet available in Sagebrush`);
    else if (isId(token)) {
      steps.push(token);
      ids.add(token);
    } else throw new InvalidExpression(`expected a number or the id of a query, got ${token}`);
  };

  const deeper = (what: () => void): void => {
    if (++depth > MAX_DEPTH)
      throw new InvalidExpression(`expected at most ${MAX_DEPTH} levels of parentheses and signs`);
    what();
    depth--;
  };

  /** Operators that bind at least this strongly, from left to right. */
  const chain = (binds: number): void => {
    operand();
    for (;;) {
      const token = tokens[at] ?? "";
      const operator = Object.hasOwn(operators, token) ? operators[token] : undefined;
      if (!operator || operator.binds < binds) return;
      at++;
      chain(operator.binds + 1);
      steps.push(operator.of);
    }
  };

  chain(1);
  if (at < tokens.length) throw new InvalidExpression(`expected an operator, got ${tokens[at]}`);
  if (ids.size === 0) throw new InvalidExpression("an expression must name a query");
  return { steps, ids };
}

function numberOf(token: string): number {
  const value = Number(token);
  if (Number.isNaN(value)) throw new InvalidExpression(`expected a number, got ${token}`);
  return value;
}
