// Records of an answer as text. S3 API reference, CSVOutput and JSONOutput.
import type { CSVOutput } from "../../../../../contract/s3/types.ts";
import { selectErrors } from "./errors.ts";
import { LONGEST_RECORD } from "./input.ts";
import type { Target } from "./serialization.ts";
import type { NamedValues } from "./sql/row.ts";
import { textOf, type Value } from "./sql/values.ts";

/** Text of a record with its delimiter. @throws ApiError OverMaxRecordSize */
export function recordWriter(target: Target): (record: NamedValues) => string {
  const write = "csv" in target ? csvWriter(target.csv) : jsonWriter(target.recordDelimiter);
  return (record) => {
    const text = write(record);
    if (text.length > LONGEST_RECORD) throw selectErrors.overMaxRecordSize();
    return text;
  };
}

const jsonWriter =
  (delimiter: string) =>
  (record: NamedValues): string => {
    // A name may come twice, which an object of JavaScript cannot hold.
    const members = record
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${JSON.stringify(name)}:${jsonOf(value)}`);
    return `{${members.join(",")}}${delimiter}`;
  };

const jsonOf = (value: Value): string => JSON.stringify(value instanceof Date ? textOf(value) : value);

function csvWriter(csv: CSVOutput): (record: NamedValues) => string {
  const { RecordDelimiter: end = "\n", FieldDelimiter: between = ",", QuoteCharacter: quote = '"' } = csv;
  const escapedBy = csv.QuoteEscapeCharacter ?? '"';
  const isQuoted = (text: string): boolean =>
    csv.QuoteFields === "ALWAYS" ||
    [between, quote, end, "\n", "\r"].some((sign) => sign !== "" && text.includes(sign));
  const field = (value: Value): string => {
    const text = textOf(value);
    return isQuoted(text) ? quote + text.replaceAll(quote, escapedBy + quote) + quote : text;
  };
  return (record) => record.map(([, value]) => field(value)).join(between) + end;
}
