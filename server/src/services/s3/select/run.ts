// One SelectObjectContent: the object's body through readers and query to events. What it takes is loaded with this file, at
// the first call.
import type {
  SelectObjectContentEventStream as Event,
  SelectObjectContentOutput,
  SelectObjectContentRequest,
} from "../../../../../contract/s3/types.ts";
import type { Call } from "../../../core/call.ts";
import { readBody } from "../shared/bodies.ts";
import { keysForRead } from "../shared/body-keys.ts";
import { findBucket } from "../shared/buckets.ts";
import type { S3Context } from "../shared/model.ts";
import { readableObject } from "../shared/reading.ts";
import { eventsOf } from "./events.ts";
import { rowsOf } from "./input.ts";
import { recordWriter } from "./output.ts";
import { sourceOf, targetOf } from "./serialization.ts";
import { parseStatement } from "./sql/parse.ts";
import { createQuery } from "./sql/query.ts";

export async function selectFrom(
  context: S3Context,
  input: SelectObjectContentRequest,
  call: Call,
): Promise<SelectObjectContentOutput> {
  const [source, target] = [sourceOf(input), targetOf(input)];
  const statement = parseStatement(input.Expression);
  const query = createQuery(statement, new Date(call.at));
  const bucket = await findBucket(context, input);
  const { document } = await readableObject(context, bucket, input, call);
  const keys = await keysForRead(context, call, { bucket, key: input.Key }, { object: document, input });
  const { body: place, sizeBytes } = document;
  const body = await readBody(context, { bucket, key: input.Key, place, sizeBytes, keys });
  const counter = { scannedBytes: 0, processedBytes: 0 };
  const rows = rowsOf(body, source, statement.from, counter);
  const write = recordWriter(target);
  const tellsProgress = input.RequestProgress?.Enabled === true;
  return { Payload: await begun(eventsOf({ rows, query, write, counter, tellsProgress })) };
}

/** What fails before the first event is answered as an error, with its status. */
async function begun(events: AsyncGenerator<Event>): Promise<AsyncIterable<Event>> {
  const taken = [await events.next()];
  // No generator: one that has not started yet would not end this one, and the object would stay open.
  const iterator: AsyncIterator<Event> = {
    next: async () => taken.pop() ?? events.next(),
    return: () => events.return(undefined),
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
