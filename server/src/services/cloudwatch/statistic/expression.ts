// Arithmetic of metric queries: `100 * errors / (m1 + m2)`. Series are joined by time; a number stands for every time.
// Source: CloudWatch user guide, "Using metric math", without its functions.

/** Values by time, milliseconds since 1970. */
export type Values = ReadonlyMap<number, number>;

/** The message says what was expected and what came. */
export class InvalidExpression extends Error {
  override readonly name = "InvalidExpression";
}

type Operand = number | Values;

const operators: Readonly<
  Record<string, { readonly binds: number; readonly of: (one: number, other: number) => number }>
> = {
  "+": { binds: 1, of: (one, other) => one + other },
  "-": { binds: 1, of: (one, other) => one - other },
  "*": { binds: 2, of: (one, other) => one * other },
  "/": { binds: 2, of: (one, other) => one / other },
  "^": { binds: 3, of: (one, other) => one ** other },
};

/** @throws InvalidExpression also when the expression has no series in it */
export function evaluate(source: string, valuesOf: (id: string) => Values | undefined): Values {
  const tokens = source.match(/[\d.]+(?:[eE][+-]?\d+)?|\w+|\S/g) ?? [];
  let at = 0;

  const operand = (): Operand => {
    const token = tokens[at++];
    if (token === undefined) throw new InvalidExpression("expected a number or an id, got the end");
    if (token === "-") return combine("*", -1, operand());
    if (token === "(") {
      const inner = chain(1);
      if (tokens[at++] !== ")") throw new InvalidExpression("expected )");
      return inner;
    }
    if (/^[\d.]/.test(token)) return numberOf(token);
    if (tokens[at] === "(") throw new InvalidExpression(`the function ${token} is not yet available in Sagebrush`);
    const values = valuesOf(token);
    if (!values) throw new InvalidExpression(`expected a number or the id of a query, got ${token}`);
    return values;
  };

  /** Operators that bind at least this strongly, from left to right. */
  const chain = (binds: number): Operand => {
    let left = operand();
    for (;;) {
      const token = tokens[at] ?? "";
      const operator = Object.hasOwn(operators, token) ? operators[token] : undefined;
      if (!operator || operator.binds < binds) return left;
      at++;
      left = combine(token, left, chain(operator.binds + 1));
    }
  };

  const result = chain(1);
  if (at < tokens.length) throw new InvalidExpression(`expected an operator, got ${tokens[at]}`);
  if (typeof result === "number") throw new InvalidExpression("an expression must name a query");
  return result;
}

function numberOf(token: string): number {
  const value = Number(token);
  if (Number.isNaN(value)) throw new InvalidExpression(`expected a number, got ${token}`);
  return value;
}

/** Times that one side lacks, and results that are no finite numbers, are left out. */
function combine(name: string, one: Operand, other: Operand): Operand {
  const of = operators[name]?.of;
  if (!of) throw new InvalidExpression(`expected an operator, got ${name}`);
  if (typeof one === "number" && typeof other === "number") return of(one, other);
  const times = typeof one === "number" ? (other as Values).keys() : one.keys();
  const values = new Map<number, number>();
  for (const time of times) {
    const left = typeof one === "number" ? one : one.get(time);
    const right = typeof other === "number" ? other : other.get(time);
    if (left === undefined || right === undefined) continue;
    const value = of(left, right);
    if (Number.isFinite(value)) values.set(time, value);
  }
  return values;
}
