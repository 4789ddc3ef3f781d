// Rows of an object: its bytes unpacked, then read as CSV (csv-parse) or as JSON values one after the other
// (@streamparser/json).
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { JSONParser } from "@streamparser/json";
import { parse } from "csv-parse";
import type { CSVInput } from "../../../../../contract/s3/types.ts";
import { bunzip } from "./bunzip.ts";
import { selectErrors } from "./errors.ts";
import type { Source } from "./serialization.ts";
import { type Header, headerOf, type Row, recordRow, rowsBelow, valueRow } from "./sql/row.ts";
import type { Step } from "./sql/statement.ts";
import type { Value } from "./sql/values.ts";

/** User guide, "Requirements and limits": the longest record of input or result is 1 MB. */
export const LONGEST_RECORD = 1_048_576;

/** Bytes read so far, as they lie there and unpacked. */
export interface Counter {
  scannedBytes: number;
  processedBytes: number;
}

/** @throws ApiError of select/errors.ts while reading; whatever the body fails with */
export function rowsOf(body: Readable, source: Source, from: readonly Step[], counter: Counter): AsyncIterable<Row> {
  if (source.csv !== undefined && from.some(({ kind }, index) => index > 0 || kind !== "wildcard"))
    throw selectErrors.unsupportedStructure("A path behind S3Object needs a JSON source.");
  const counted = count(body, (bytes) => {
    counter.scannedBytes += bytes;
  });
  const plain = count(unpacked(counted, source.compression), (bytes) => {
    counter.processedBytes += bytes;
  });
  return source.csv === undefined ? jsonRows(plain, from) : csvRows(plain, source.csv);
}

async function* count(bytes: AsyncIterable<Uint8Array>, tell: (count: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    tell(chunk.length);
    yield chunk;
  }
}

function unpacked(bytes: AsyncIterable<Uint8Array>, compression: Source["compression"]): AsyncIterable<Uint8Array> {
  if (compression === "NONE") return bytes;
  return compression === "GZIP" ? gunzip(bytes) : bunzip(bytes);
}

/** @throws ApiError InvalidCompressionFormat, TruncatedInput */
async function* gunzip(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // The reader below sees whatever fails.
  const decoder = pipeline(Readable.from(bytes), createGunzip(), () => undefined);
  try {
    yield* decoder as AsyncIterable<Uint8Array>;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "Z_BUF_ERROR") throw selectErrors.truncatedInput();
    throw code?.startsWith("Z_") ? selectErrors.invalidCompression() : cause;
  }
}

async function* jsonRows(bytes: AsyncIterable<Uint8Array>, from: readonly Step[]): AsyncGenerator<Row> {
  const parser = new JSONParser({ separator: "", paths: ["$"] });
  const values: Value[] = [];
  let problem: Error | undefined;
  parser.onValue = ({ value }) => void values.push(value as Value);
  parser.onError = (error) => {
    problem ??= error;
  };
  let pendingBytes = 0;
  const feed = (write: () => void): readonly Value[] => {
    write();
    if (problem !== undefined)
      throw selectErrors.jsonParsing(
        `Encountered an error parsing the JSON file: ${problem.message} Check the file and try again.`,
      );
    return values.splice(0);
  };
  for await (const chunk of bytes) {
    const found = feed(() => parser.write(chunk));
    pendingBytes = found.length > 0 ? 0 : pendingBytes + chunk.length;
    if (pendingBytes > LONGEST_RECORD) throw selectErrors.overMaxRecordSize();
    for (const value of found) yield* rowsBelow(value, from).map(valueRow);
  }
  // A number at the very end ends there.
  const last = feed(() => {
    if (!parser.isEnded) parser.end();
  });
  for (const value of last) yield* rowsBelow(value, from).map(valueRow);
}

async function* csvRows(bytes: AsyncIterable<Uint8Array>, csv: CSVInput): AsyncGenerator<Row> {
  const parser = csvParser(csv);
  // Its reader below sees a failure.
  pipeline(Readable.from(bytes), parser, () => undefined);
  const delimiters = csv.RecordDelimiter === undefined ? ["\n"] : [csv.RecordDelimiter];
  const isSplit = (field: string): boolean => delimiters.some((delimiter) => field.includes(delimiter));
  let header: Header | undefined;
  let isFirst = true;
  try {
    for await (const fields of parser as AsyncIterable<string[]>) {
      // A field holds the delimiter only if it was quoted.
      if (csv.AllowQuotedRecordDelimiter !== true && fields.some(isSplit)) throw selectErrors.csvQuotedDelimiter();
      const isHeader = isFirst && (csv.FileHeaderInfo === "USE" || csv.FileHeaderInfo === "IGNORE");
      isFirst = false;
      if (isHeader) header = csv.FileHeaderInfo === "USE" ? headerOf(fields) : undefined;
      else yield recordRow(fields, header);
    }
  } catch (cause) {
    throw csvProblem(cause);
  }
}

function csvParser(csv: CSVInput) {
  const given = (text: string | undefined): string | undefined => (text === "" ? undefined : text);
  try {
    return parse({
      bom: true,
      comment: given(csv.Comments) ?? "#",
      comment_no_infix: true,
      delimiter: given(csv.FieldDelimiter) ?? ",",
      escape: given(csv.QuoteEscapeCharacter) ?? '"',
      max_record_size: LONGEST_RECORD,
      quote: csv.QuoteCharacter === "" ? false : (csv.QuoteCharacter ?? '"'),
      record_delimiter: given(csv.RecordDelimiter) ?? ["\r\n", "\n"],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
    });
  } catch (cause) {
    throw selectErrors.invalidParameter(`The value of a parameter in CSV is not valid: ${(cause as Error).message}`);
  }
}

/** Errors of the library in S3's codes; any other as it is. */
function csvProblem(cause: unknown): unknown {
  const { code, message } = cause as { readonly code?: unknown; readonly message?: string };
  if (typeof code !== "string" || !code.startsWith("CSV_")) return cause;
  if (code === "CSV_MAX_RECORD_SIZE") return selectErrors.overMaxRecordSize();
  return selectErrors.csvParsing(`Encountered an error parsing the CSV file: ${message} Check the file and try again.`);
}
