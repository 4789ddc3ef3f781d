// Filter policies of subscriptions: which messages are wanted. Limits: SNS developer guide, "Filter policy constraints".

import type { ApiError } from "../../../core/errors.ts";
import { compilePattern, InvalidPattern, type Leaf, type Pattern } from "../../../core/event-pattern/pattern.ts";
import { invalidParameter } from "../errors.ts";
import { filterable, type MessageAttribute } from "./message-attributes.ts";

export type FilterScope = "MessageAttributes" | "MessageBody";

const MAX_KEYS = 5;
const MAX_COMBINATIONS = 150;

/** `refuse` puts its own words in front. @throws ApiError InvalidParameter */
export function checkFilterPolicy(text: string, scope: FilterScope, refuse: (reason: string) => ApiError): void {
  if (isEmpty(text)) return;
  let pattern: Pattern;
  try {
    pattern = compilePattern(text, "sns");
  } catch (cause) {
    if (!(cause instanceof InvalidPattern)) throw cause;
    throw refuse(`FilterPolicy: ${cause.syntax ? syntaxText(cause.syntax) : cause.message}`);
  }
  if (scope === "MessageAttributes" && pattern.leaves.some(({ path }) => path.length > 1)) {
    throw invalidParameter("Filter policy scope MessageAttributes does not support nested filter policy");
  }
  if (pattern.leaves.length > MAX_KEYS) {
    throw refuse(`FilterPolicy: Filter policy can not have more than ${MAX_KEYS} keys`);
  }
  if (combinations(pattern.leaves) > MAX_COMBINATIONS) throw refuse("FilterPolicy: Filter policy is too complex");
}

const syntaxText = ({ message, place }: { readonly message: string; readonly place: string }): string =>
  `failed to parse JSON. ${message}\n at [Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); ${place}]`;

/** Every value counts as often as its key is deep. */
const combinations = (leaves: readonly Leaf[]): number =>
  leaves.reduce((product, { path, values }) => product * values * path.length, 1);

/** Wants everything. */
export const isEmpty = (text: string): boolean => /^\s*(\{\s*\})?\s*$/.test(text);

/** A message as filters see it: taken apart once, however many subscriptions there are. */
export interface Filtered {
  readonly attributes: () => unknown;
  /** Undefined for a text that is not JSON. */
  readonly body: () => unknown;
}

export function filtered(message: {
  readonly text: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
}): Filtered {
  return {
    attributes: once(() => filterable(message.attributes)),
    body: once(() => parse(message.text)),
  };
}

function once(make: () => unknown): () => unknown {
  let made: { readonly value: unknown } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Whether a subscription wants the message. */
export function wants(policy: string | undefined, scope: FilterScope, message: Filtered): boolean {
  if (policy === undefined || isEmpty(policy)) return true;
  const pattern = compilePattern(policy, "sns");
  if (scope === "MessageAttributes") return pattern.matches(message.attributes());
  const body = message.body();
  return typeof body === "object" && body !== null && pattern.matches(body);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return undefined;
  }
}
