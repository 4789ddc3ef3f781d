// The bytes of one epoch of an input, in order: objects one after another, or attributes of lines; unpacked, and made
// records, as the input wants it.
import { deal } from "./deal.ts";
import type { Door, Held } from "./door.ts";
import type { PlannedInput } from "./plan.ts";
import { asRecord } from "./record-io.ts";
import { bytesOf, unpacked } from "./stored.ts";
import type { Streamed, StreamedItem } from "./streamed.ts";

/** Objects asked for before they are needed. */
const ASKED_AHEAD = 64;

/** Each piece is good until the next one is asked for. @throws FeedFailure */
export async function* piecesOf(
  input: PlannedInput,
  streamed: Streamed,
  epoch: number,
  door: Door,
): AsyncGenerator<Uint8Array> {
  const isManifest = "manifest" in input.content;
  const queue: Promise<Held | string>[] = [];
  const items = itemsOf(streamed, deal(streamed.count, epoch, input.dealing));
  try {
    for (;;) {
      while (queue.length < ASKED_AHEAD) {
        const next = items.next();
        if (next.done) break;
        queue.push(begun(next.value, door));
      }
      const first = queue.shift();
      if (!first) return;
      yield* bytesOfItem(await first, input, !isManifest);
    }
  } finally {
    for (const asked of queue)
      asked.then(
        (held) => typeof held === "string" || held.release(),
        () => undefined,
      );
  }
}

function* itemsOf(streamed: Streamed, order: Uint32Array): Generator<StreamedItem> {
  for (const index of order) yield* streamed.at(index);
}

function begun(item: StreamedItem, door: Door): Promise<Held | string> {
  const asked = "text" in item ? Promise.resolve(item.text) : door.hold(item.object);
  asked.catch(() => undefined); // told when its turn comes, if it does
  return asked;
}

async function* bytesOfItem(
  item: Held | string,
  { isGzip, isRecordIo }: PlannedInput,
  unlessRecordIo: boolean,
): AsyncGenerator<Uint8Array> {
  if (typeof item === "string") {
    const bytes = Buffer.from(item);
    yield* isRecordIo ? asRecord(once(bytes), { sizeBytes: bytes.length }) : once(bytes);
    return;
  }
  const content = () => (isGzip ? unpacked(item) : bytesOf(item));
  try {
    if (!isRecordIo) yield* content();
    else
      yield* asRecord(content(), { sizeBytes: isGzip ? await sizeOf(unpacked(item)) : item.sizeBytes, unlessRecordIo });
  } finally {
    item.release();
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

async function sizeOf(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of bytes) sizeBytes += chunk.length;
  return sizeBytes;
}
