// What a noun tells the account's event bus of: its states, each once. Source: SageMaker developer guide, "Automating
// Amazon SageMaker with Amazon EventBridge".
import type { Row } from "../../../../store/rows/rows.ts";

export interface StateChanges<Document> {
  /** Of the rows, `sagemaker:transform-job`. */
  readonly kind: string;
  /** `SageMaker Transform Job State Change` */
  readonly detailType: string;
  /** ARN of what has changed. */
  readonly arn: (row: Row<Document>) => string;
  /**
   * What has become of the row since the last state that was told, oldest first. `status`: what the change log says the row
   * had after this change; the row itself may be further.
   */
  readonly states: (row: Row<Document>, change: SeenChange) => readonly State[];
  /**
   * The detail that was told last with another status: of a thing whose row is gone or another's by now. Where it is there,
   * the end of a thing is told too, as `Deleted`.
   */
  readonly restated?: (last: object, status: string) => object;
}

export interface SeenChange {
  /** Undefined where the change was none of the status. */
  readonly status: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Name of the last state that was told. */
  readonly told: string | undefined;
}

export interface State {
  /** Unlike the one before: a status, the number of a phase. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Without tags; worked out where somebody listens. */
  readonly detail: () => object;
}

/** States of a noun that has nothing but its status: told when it differs from the one told last. */
export const statusChanges =
  <Document>(detail: (row: Row<Document>) => object) =>
  (row: Row<Document>, { status, at, told }: SeenChange): readonly State[] =>
    status === undefined || status === told ? [] : [{ name: status, at, detail: () => detail({ ...row, status }) }];

/** Members of the API that are times, as events have them: to the second, in ISO 8601. */
const TIME_MEMBER = /Time$/;

/** A description with its times as text. */
export function withIsoTimes(value: unknown, name = ""): unknown {
  if (typeof value === "number") {
    return TIME_MEMBER.test(name) ? new Date(Math.floor(value) * 1000).toISOString().replace(".000Z", "Z") : value;
  }
  if (Array.isArray(value)) return value.map((item) => withIsoTimes(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withIsoTimes(member, key)]));
}
