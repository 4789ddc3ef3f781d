// The answer as events: records in pieces, how far it is, statistics, end. S3 API reference, SelectObjectContent.
import type { SelectObjectContentEventStream as Event } from "../../../../../contract/s3/types.ts";
import type { Counter } from "./input.ts";
import type { Query } from "./sql/query.ts";
import type { NamedValues, Row } from "./sql/row.ts";

/** A piece of records is sent when it has this many characters. */
const PIECE_CHARACTERS = 64 * 1024;
/** After so many bytes without a record the caller learns that we are still there. */
const SILENT_BYTES = 64 * 2 ** 20;

export interface Selection {
  readonly rows: AsyncIterable<Row>;
  readonly query: Query;
  readonly write: (record: NamedValues) => string;
  readonly counter: Counter;
  /** Whether the caller asked for Progress events. */
  readonly tellsProgress: boolean;
}

export async function* eventsOf({ rows, query, write, counter, tellsProgress }: Selection): AsyncGenerator<Event> {
  let [piece, returnedBytes, toldAtBytes] = ["", 0, 0];
  const details = () => ({
    BytesScanned: counter.scannedBytes,
    BytesProcessed: counter.processedBytes,
    BytesReturned: returnedBytes,
  });
  function* flush(): Generator<Event> {
    if (piece !== "") {
      const Payload = Buffer.from(piece);
      returnedBytes += Payload.length;
      piece = "";
      yield { Records: { Payload } };
    }
    toldAtBytes = counter.processedBytes;
    if (tellsProgress) yield { Progress: { Details: details() } };
  }
  if (!query.isDone())
    for await (const row of rows) {
      const record = query.take(row);
      if (record !== undefined) piece += write(record);
      if (piece.length > PIECE_CHARACTERS) yield* flush();
      else if (counter.processedBytes - toldAtBytes > SILENT_BYTES) {
        yield* flush();
        yield { Cont: {} };
      }
      if (query.isDone()) break;
    }
  const last = query.finish();
  if (last !== undefined) piece += write(last);
  yield* flush();
  yield { Stats: { Details: details() } };
  yield { End: {} };
}
