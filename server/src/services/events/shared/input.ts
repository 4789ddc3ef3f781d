// What a target gets of an event: all of it, a part, a constant, or a text with values of it (EventBridge user guide,
// "Input transformation"; results as recorded in LocalStack's tests/aws/services/events/test_events_inputs.snapshot.json).
import type { Target } from "../../../../../contract/events/types.ts";
import { validation } from "../errors.ts";
import type { Envelope } from "./envelope.ts";

export interface InputFacts {
  readonly event: Envelope;
  readonly ruleArn: string;
  readonly ruleName: string;
  /** When the bus took the event; milliseconds since 1970. */
  readonly at: number;
}

/** The text that a target is sent. */
export function inputOf(target: Target, facts: InputFacts): string {
  const { Input, InputPath, InputTransformer: transformer } = target;
  if (Input !== undefined) return Input;
  if (InputPath !== undefined) return JSON.stringify(valueAt(facts.event, InputPath)) ?? "";
  if (transformer === undefined) return JSON.stringify(facts.event);
  const given = Object.entries(transformer.InputPathsMap ?? {}).map(
    ([name, path]) => [name, valueAt(facts.event, path)] as const,
  );
  const always = Object.entries(predefined).map(([name, read]) => [name, read(facts)] as const);
  return fill(transformer.InputTemplate, new Map<string, unknown>([...always, ...given]));
}

/** What every template may name. */
const predefined: Readonly<Record<string, (facts: InputFacts) => unknown>> = {
  "aws.events.rule-arn": ({ ruleArn }) => ruleArn,
  "aws.events.rule-name": ({ ruleName }) => ruleName,
  "aws.events.event.ingestion-time": ({ at }) => new Date(at).toISOString(),
  "aws.events.event": ({ event: { detail: _, "detail-type": detailType, ...rest } }) => ({ ...rest, detailType }),
  "aws.events.event.json": ({ event }) => event,
};

const PLACEHOLDER = /<([\w.-]+)>/g;

/** @throws ApiError ValidationException */
export function checkInput({ Id, Input, InputPath, InputTransformer: transformer }: Target): void {
  if ([Input, InputPath, transformer].filter((one) => one !== undefined).length > 1) {
    throw validation(`Only one of Input, InputPath, or InputTransformer must be provided for target ${Id}.`);
  }
  if (Input !== undefined && !isJson(Input)) throw validation(`JSON syntax error in input for target ${Id}: ${Input}`);
  if (InputPath !== undefined) checkPath(InputPath, Id);
  if (transformer === undefined) return;
  for (const path of Object.values(transformer.InputPathsMap ?? {})) checkPath(path, Id);
  const known = [...Object.keys(predefined), ...Object.keys(transformer.InputPathsMap ?? {})];
  const unknown = [...transformer.InputTemplate.matchAll(PLACEHOLDER)].find(([, name = ""]) => !known.includes(name));
  if (unknown) throw validation(`InputTemplate for target ${Id} contains invalid placeholder ${unknown[1]}.`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return false;
  }
}

const STEP = /\.([\w-]+)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d+|\*)\]/g;

function checkPath(path: string, id: string): void {
  const steps = [...path.matchAll(STEP)].map(([step]) => step).join("");
  if (`$${steps}` !== path) throw validation(`Invalid InputPath for target ${id}: ${path}.`);
}

/** What a path such as `$.detail.list[0]` leads to; undefined when there is nothing. */
export function valueAt(event: unknown, path: string): unknown {
  let value = event;
  for (const [, name, quoted, double, index] of path.matchAll(STEP)) {
    if (index === "*") continue;
    const key = name ?? quoted ?? double ?? index ?? "";
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

/** Inside quotes values are text, with the quotes of their JSON left out; outside they are JSON. */
function fill(template: string, values: ReadonlyMap<string, unknown>): string {
  let isQuoted = false;
  return template.replace(/\\[\s\S]|"|<([\w.-]+)>/g, (found, name: string | undefined) => {
    if (found === '"') isQuoted = !isQuoted;
    if (name === undefined) return found;
    const value = values.get(name);
    return isQuoted ? textOf(value) : (JSON.stringify(value) ?? '""');
  });
}

function textOf(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return JSON.stringify(value).slice(1, -1);
  return JSON.stringify(value).replaceAll('"', "");
}
