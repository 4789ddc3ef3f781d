// A statement of S3 Select as a tree.

export type Step =
  | { readonly kind: "name"; readonly name: string; readonly isExact: boolean }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "wildcard" };

export type AggregateName = "COUNT" | "SUM" | "AVG" | "MIN" | "MAX";

export type Expression =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null | undefined }
  | { readonly kind: "path"; readonly steps: readonly Step[] }
  | { readonly kind: "unary"; readonly operator: "NOT" | "-"; readonly operand: Expression }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "is"; readonly operand: Expression; readonly what: "NULL" | "MISSING" }
  | { readonly kind: "in"; readonly operand: Expression; readonly list: readonly Expression[] }
  | {
      readonly kind: "like";
      readonly operand: Expression;
      readonly pattern: Expression;
      readonly escapedBy?: Expression;
    }
  | {
      readonly kind: "case";
      readonly whens: readonly { readonly when: Expression; readonly result: Expression }[];
      readonly otherwise: Expression;
    }
  | { readonly kind: "cast"; readonly operand: Expression; readonly type: string }
  | { readonly kind: "call"; readonly name: string; readonly arguments: readonly Expression[] }
  /** COUNT(*) has no operand. */
  | { readonly kind: "aggregate"; readonly name: AggregateName; readonly operand?: Expression };

export interface Projection {
  readonly expression: Expression;
  readonly alias?: string;
}

export interface Statement {
  /** Absent for `SELECT *`. */
  readonly projections?: readonly Projection[];
  /** What follows S3Object. */
  readonly from: readonly Step[];
  /** Names the row, besides S3Object. */
  readonly alias?: string;
  readonly where?: Expression;
  readonly limit?: number;
}
