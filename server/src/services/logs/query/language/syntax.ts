// What a Logs Insights query says: commands of expressions.

interface Node {
  /** Where it stands in the query, in characters. */
  readonly start: number;
  readonly end: number;
}

export type Expression = Node &
  (
    | { readonly kind: "text"; readonly value: string }
    | { readonly kind: "number"; readonly value: number }
    | { readonly kind: "period"; readonly value: string }
    | { readonly kind: "field"; readonly name: string }
    /** `*` of count(*). */
    | { readonly kind: "star" }
    /** `name` in lower case; `text` as it was written, the name of its column. */
    | { readonly kind: "call"; readonly name: string; readonly text: string; readonly given: readonly Expression[] }
    | { readonly kind: "minus" | "not"; readonly of: Expression }
    | { readonly kind: "binary"; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
    /** Of an expression that names a text or has `/…/` to be found. */
    | { readonly kind: "like"; readonly left: Expression; readonly find: Finding }
    | { readonly kind: "in"; readonly left: Expression; readonly list: readonly Expression[] }
  );

export type Operator = "or" | "and" | "=" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "%" | "^";

export type Finding = { readonly expression: string } | { readonly text: Expression };

/** An expression and the column or field that it makes. */
export interface Named {
  readonly name: string;
  readonly expression: Expression;
}

export type Command =
  | { readonly kind: "fields" | "display"; readonly list: readonly Named[] }
  | { readonly kind: "filter"; readonly test: Expression }
  | { readonly kind: "stats"; readonly list: readonly Named[]; readonly by: readonly Named[] }
  | { readonly kind: "sort"; readonly by: readonly { readonly key: Expression; readonly descending: boolean }[] }
  | { readonly kind: "limit"; readonly count: number }
  | { readonly kind: "dedup"; readonly by: readonly Expression[] }
  | {
      readonly kind: "parse";
      readonly source: Expression;
      /** Named groups of `expression`, or a text with a star for each name. */
      readonly pattern: { readonly expression: string } | { readonly glob: string };
      readonly names: readonly string[];
    };
