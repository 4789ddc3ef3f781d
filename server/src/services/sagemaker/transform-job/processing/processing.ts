// Data processing of a transform job: the input filter before the model, then the join with the original record, then the
// output filter. Guide: "Associate Prediction Results with Input Records"; API reference, DataProcessing.
import { parse } from "csv-parse/sync";
import type { CreateTransformJobRequest } from "../../../../../../contract/sagemaker/types.ts";
import { isNumber, parseJson } from "../../shared/json-text.ts";
import { BadRecord } from "../records.ts";
import { BadPath, type JsonPath, parseJsonPath, select } from "./json-path.ts";
import { familyOf } from "./media-types.ts";

/** What happens to one request's records on their way to the container and back. */
export interface Processing {
  /** Body of the request. @throws BadRecord */
  toModel(original: Buffer): Buffer;
  /** What is written of the answer. @throws BadRecord */
  fromModel(original: Buffer, answer: Buffer): Buffer;
}

/** How records stand in a body: rows of CSV, a JSON text a line, or one JSON text. */
export type RecordFormat = "csv" | "json lines" | "json";

type Record = unknown;

/** Undefined when the request filters and joins nothing. The request has been checked. */
export function processingOf(request: CreateTransformJobRequest): Processing | undefined {
  const { InputFilter = "$", OutputFilter = "$", JoinSource = "None" } = request.DataProcessing ?? {};
  if (InputFilter === "$" && OutputFilter === "$" && JoinSource === "None") return undefined;
  const isSplit = request.TransformInput.SplitType === "Line";
  const family = familyOf(request.TransformInput.ContentType);
  const format: RecordFormat = family === "csv" ? "csv" : isSplit ? "json lines" : "json";
  return createProcessing(format, {
    input: parseJsonPath(InputFilter),
    output: parseJsonPath(OutputFilter),
    joins: JoinSource === "Input",
  });
}

export interface Filters {
  readonly input: JsonPath;
  readonly output: JsonPath;
  readonly joins: boolean;
}

export function createProcessing(format: RecordFormat, { input, output, joins }: Filters): Processing {
  const { read, write, join } = formats[format];
  return {
    toModel(original) {
      if (input.steps.length === 0) return original;
      return write(read(original, "the record").map((record, index) => filter("InputFilter", input, record, index)));
    },
    fromModel(original, answer) {
      const answers = read(answer, "the container's answer");
      const joined = joins ? joinAll(read(original, "the record"), answers, join) : answers;
      return write(joined.map((record, index) => filter("OutputFilter", output, record, index)));
    },
  };
}

function joinAll(
  records: readonly Record[],
  answers: readonly Record[],
  join: (record: Record, answer: Record) => Record,
): readonly Record[] {
  if (records.length !== answers.length)
    throw new BadRecord(
      `${records.length} records were sent and ${answers.length} came back; JoinSource needs an answer for each record`,
    );
  return records.map((record, index) => join(record, answers[index]));
}

function filter(name: string, path: JsonPath, record: Record, index: number): Record {
  try {
    return select(path, record);
  } catch (cause) {
    if (cause instanceof BadPath) throw new BadRecord(`${name}, record ${index + 1} of the request: ${cause.message}`);
    throw cause;
  }
}

interface Format {
  read(body: Buffer, what: string): readonly Record[];
  write(records: readonly Record[]): Buffer;
  join(record: Record, answer: Record): Record;
}

const formats: Readonly<{ [format in RecordFormat]: Format }> = {
  csv: {
    read: readCsv,
    write: (records) => Buffer.from(records.map(csvLine).join("\n")),
    join: (record, answer) => [...asRow(record), ...asRow(answer)],
  },
  "json lines": {
    read: (body, what) =>
      body
        .toString("utf8")
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => readJson(line, what)),
    write: (records) => Buffer.from(records.map((record) => JSON.stringify(record)).join("\n")),
    join: joinJson,
  },
  json: {
    read: (body, what) => [readJson(body.toString("utf8"), what)],
    write: ([record]) => Buffer.from(JSON.stringify(record)),
    join: joinJson,
  },
};

function readJson(text: string, what: string): Record {
  try {
    return parseJson(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new BadRecord(`${what} is no JSON: ${cause.message}`);
    throw cause;
  }
}

function readCsv(body: Buffer, what: string): readonly Record[] {
  try {
    return parse(body, { relax_column_count: true, skip_empty_lines: true }) as readonly string[][];
  } catch (cause) {
    if ((cause as { readonly code?: string }).code?.startsWith("CSV_"))
      throw new BadRecord(`${what} is no CSV: ${(cause as Error).message}`);
    throw cause;
  }
}

/** A row is an array; a path that selects one cell selects a row of it. */
const asRow = (record: Record): readonly Record[] => (Array.isArray(record) ? record : [record]);

/** RFC 4180: cells with a comma, a quote or an end of line are quoted. */
function csvLine(record: Record): string {
  return asRow(record)
    .map(String)
    .map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(",");
}

/** An object gets the answer as one more member; anything else becomes a member beside it. */
function joinJson(record: Record, answer: Record): Record {
  const isObject = typeof record === "object" && record !== null && !Array.isArray(record) && !isNumber(record);
  return isObject ? { ...record, SageMakerOutput: answer } : { SageMakerInput: record, SageMakerOutput: answer };
}
