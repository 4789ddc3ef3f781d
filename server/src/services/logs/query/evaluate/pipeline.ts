// A query as a pipeline: steps that look at one record at a time, up to a command that has to see them all; then the same
// again over the rows that it gives.
import type { Command, Named } from "../language/syntax.ts";
import { compileExpression, type Special } from "./compile.ts";
import { compileParse } from "./extract.ts";
import { DedupCollector, FirstCollector, type SortKey } from "./order.ts";
import type { LogRecord } from "./record.ts";
import type { Collector, Step } from "./stage.ts";
import { compileStats } from "./stats.ts";
import { isTrue, toText } from "./value.ts";

/** One field of a row of an answer. */
export interface Cell {
  readonly field: string;
  readonly value: string;
}

export interface Pipeline {
  /** Whether the record got through the steps of the first part. @throws QueryFailure */
  take(record: LogRecord): boolean;
  /** What is found so far. @throws QueryFailure */
  rows(): readonly (readonly Cell[])[];
}

interface Part {
  readonly steps: readonly Step[];
  readonly collect: () => Collector;
}

/** `limit`: rows of the answer where the query does not say. @throws QueryProblem for what cannot be computed */
export function compilePipeline(commands: readonly Command[], limit: number): Pipeline {
  const [first, ...rest] = partsOf(commands, limit);
  const columns = columnsOf(commands);
  const collector = first.collect();
  return {
    take(record) {
      if (!first.steps.every((step) => step(record))) return false;
      collector.take(record);
      return true;
    },
    rows: () =>
      rest.reduce((records, part) => runPart(part, records), collector.rows()).map((row) => cellsOf(row, columns)),
  };
}

function runPart({ steps, collect }: Part, records: readonly LogRecord[]): LogRecord[] {
  const collector = collect();
  for (const record of records) {
    // Rows may be asked for again: what is done to them now must not show then.
    const copy = record.copy();
    if (steps.every((step) => step(copy))) collector.take(copy);
  }
  return collector.rows();
}

/** Events come newest first where the query does not sort (user guide, `dedup`); rows of stats as they were made. */
const NEWEST_FIRST: readonly SortKey[] = [{ key: (record) => record.get("@timestamp"), descending: true }];

function partsOf(commands: readonly Command[], limit: number): [Part, ...Part[]] {
  const parts: Part[] = [];
  let steps: Step[] = [];
  let order = NEWEST_FIRST;
  const end = (collect: () => Collector) => {
    parts.push({ steps, collect });
    steps = [];
    order = [];
  };
  let count = limit;
  let columns: ReadonlySet<string> = new Set();
  /** Behind stats the text of a function is the name of its column. */
  const special: Special = ({ text }) => (columns.has(text) ? (record) => record.get(text) : undefined);
  for (const command of commands) {
    const by = order;
    if (command.kind === "stats") {
      end(compileStats(command, special));
      columns = new Set([...command.by, ...command.list].map(({ name }) => name));
      count = limit;
    } else if (command.kind === "limit") {
      count = command.count;
      end(() => new FirstCollector(by, command.count));
    } else if (command.kind === "dedup") {
      const fields = command.by.map((field) => compileExpression(field, special));
      end(() => new DedupCollector(fields, by, MAX_KEPT));
    } else if (command.kind === "sort") {
      const sorted = compileSort(command, `|sort ${parts.length} ${steps.length}`, special);
      steps.push(sorted.step);
      order = sorted.by;
    } else steps.push(compileStep(command, special));
  }
  const by = order;
  const last = count;
  const final: Part = { steps, collect: () => new FirstCollector(by, last) };
  const [first = final, ...more] = parts;
  return first === final ? [final] : [first, ...more, final];
}

/** Records that dedup hands on at most: as many as a query may give. */
const MAX_KEPT = 10_000;

/** Keys are what they are where sort stands, whatever later commands do to the fields. */
function compileSort(command: Extract<Command, { kind: "sort" }>, field: string, special: Special) {
  const keys = command.by.map(({ key, descending }, index) => ({
    evaluate: compileExpression(key, special),
    descending,
    field: `${field} ${index}`,
  }));
  const step: Step = (record) => {
    for (const { evaluate, field } of keys) record.set(field, evaluate(record));
    return true;
  };
  const by = keys.map(({ field, descending }) => ({ key: (record: LogRecord) => record.made(field), descending }));
  return { step, by };
}

function compileStep(
  command: Exclude<Command, { kind: "stats" | "limit" | "dedup" | "sort" }>,
  special: Special,
): Step {
  if (command.kind === "parse") return compileParse(command);
  if (command.kind === "filter") {
    const test = compileExpression(command.test, special);
    return (record) => isTrue(test(record));
  }
  // A plain field needs no computing; anything else is kept under its name.
  const made = command.list
    .filter(({ name, expression }) => expression.kind !== "field" || expression.name !== name)
    .map(({ name, expression }) => ({ name, evaluate: compileExpression(expression, special) }));
  return (record) => {
    for (const { name, evaluate } of made) record.set(name, evaluate(record));
    return true;
  };
}

type Shown = Extract<Command, { kind: "fields" | "display" }>;

/** The last display says which; else stats and the fields behind it; else all fields; else time and message. */
function columnsOf(commands: readonly Command[]): readonly string[] {
  const stats = commands.findLastIndex(({ kind }) => kind === "stats");
  const rest = commands.slice(stats + 1);
  const display = rest.findLast((command): command is Shown => command.kind === "display");
  const namesOf = (list: readonly Named[]) => list.map(({ name }) => name);
  if (display) return [...new Set(namesOf(display.list))];
  const gathered = commands[stats];
  const fields = rest.flatMap((command) => (command.kind === "fields" ? namesOf(command.list) : []));
  const before = gathered?.kind === "stats" ? [...namesOf(gathered.by), ...namesOf(gathered.list)] : [];
  const names = [...new Set([...before, ...fields])];
  return names.length > 0 ? names : ["@timestamp", "@message"];
}

function cellsOf(record: LogRecord, columns: readonly string[]): Cell[] {
  const cells = columns.flatMap((field): Cell[] => {
    const value = toText(record.get(field));
    return value === undefined ? [] : [{ field, value }];
  });
  record.rest();
  return record.pointer === undefined ? cells : [...cells, { field: "@ptr", value: record.pointer }];
}
