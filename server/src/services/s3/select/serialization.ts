// How a request says what its source is and what it wants back, checked. S3 API reference, InputSerialization and
// OutputSerialization.
import type { CSVInput, CSVOutput, SelectObjectContentRequest } from "../../../../../contract/s3/types.ts";
import { s3Errors } from "../errors.ts";
import { selectErrors } from "./errors.ts";

export interface Source {
  readonly compression: "NONE" | "GZIP" | "BZIP2";
  /** JSON when absent: lines and documents are read alike, as values one after the other. */
  readonly csv?: CSVInput;
}

export type Target = { readonly csv: CSVOutput } | { readonly recordDelimiter: string };

/** @throws ApiError MissingRequiredParameter, InvalidExpressionType, InvalidDataSource … */
export function sourceOf(input: SelectObjectContentRequest): Source {
  const { InputSerialization: given } = input;
  for (const name of ["Expression", "ExpressionType", "InputSerialization", "OutputSerialization"] as const)
    if (input[name] === undefined)
      throw selectErrors.missingParameter(
        `The SelectRequest entity is missing a required parameter: ${name}. Check the service documentation and try again.`,
      );
  if (input.ExpressionType !== "SQL") throw selectErrors.invalidExpressionType();
  if (input.ScanRange !== undefined) throw s3Errors.notImplemented("ScanRange is not built yet.");
  if (given.Parquet !== undefined)
    throw s3Errors.notImplemented("Parquet as a source of SelectObjectContent is not built yet.");
  if ((given.CSV === undefined) === (given.JSON === undefined)) throw selectErrors.invalidDataSource();
  const compression = given.CompressionType ?? "NONE";
  if (!["NONE", "GZIP", "BZIP2"].includes(compression)) throw selectErrors.invalidCompression();
  if (given.CSV === undefined) {
    if (!["DOCUMENT", "LINES"].includes(given.JSON?.Type ?? "")) throw selectErrors.invalidJsonType();
    return { compression };
  }
  if (!["USE", "IGNORE", "NONE"].includes(given.CSV.FileHeaderInfo ?? "NONE"))
    throw selectErrors.invalidFileHeaderInfo();
  return { compression, csv: given.CSV };
}

/** @throws ApiError InvalidQuoteFields, MissingRequiredParameter */
export function targetOf({ OutputSerialization: { CSV, JSON: json } }: SelectObjectContentRequest): Target {
  if ((CSV === undefined) === (json === undefined))
    throw selectErrors.missingParameter("OutputSerialization needs either CSV or JSON.");
  if (CSV === undefined) return { recordDelimiter: json?.RecordDelimiter ?? "\n" };
  if (!["ALWAYS", "ASNEEDED"].includes(CSV.QuoteFields ?? "ASNEEDED")) throw selectErrors.invalidQuoteFields();
  return { csv: CSV };
}
