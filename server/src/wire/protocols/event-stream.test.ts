// Frames of event streams, read as the Amazon Event Stream Specification says, and what becomes of a source that nobody
// reads to its end.
import assert from "node:assert/strict";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { loadService } from "../../../../contract/model.ts";
import { ApiError } from "../../core/errors.ts";
import { eventStream } from "./event-stream.ts";

const model = loadService("s3");
const payloads = { contentType: "text/xml", write: (name: string) => `<${name}/>` };
const streamOf = (events: AsyncIterable<Readonly<Record<string, unknown>>>) => {
  const stream = eventStream(model, "SelectObjectContentEventStream", events, payloads);
  assert.ok(stream);
  return stream;
};

/** Headers and payloads of all messages, their lengths and checksums checked. */
function messages(bytes: Buffer): readonly { readonly headers: Record<string, string>; readonly payload: string }[] {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const whole = bytes.subarray(at, at + bytes.readUInt32BE(at));
    assert.equal(whole.readUInt32BE(8), crc32(whole.subarray(0, 8)));
    assert.equal(whole.readUInt32BE(whole.length - 4), crc32(whole.subarray(0, -4)));
    const head = whole.subarray(12, 12 + whole.readUInt32BE(4));
    const headers: Record<string, string> = {};
    for (let next = 0; next < head.length; ) {
      const nameEnd = next + 1 + head.readUInt8(next);
      const valueEnd = nameEnd + 3 + head.readUInt16BE(nameEnd + 1);
      headers[head.toString("utf8", next + 1, nameEnd)] = head.toString("utf8", nameEnd + 3, valueEnd);
      next = valueEnd;
    }
    found.push({ headers, payload: whole.toString("utf8", 12 + head.length, whole.length - 4) });
    at += whole.length;
  }
  return found;
}

test("events are framed with their type; bytes as they are, structures in the service's protocol", async () => {
  async function* events() {
    yield { Records: { Payload: Buffer.from("a,b") } };
    yield { Stats: { Details: { BytesScanned: 3 } } };
    yield { End: {} };
  }
  const event = { ":message-type": "event" };
  assert.deepEqual(messages(await buffer(streamOf(events()))), [
    { headers: { ...event, ":event-type": "Records", ":content-type": "application/octet-stream" }, payload: "a,b" },
    { headers: { ...event, ":event-type": "Stats", ":content-type": "text/xml" }, payload: "<Stats/>" },
    { headers: { ...event, ":event-type": "End" }, payload: "" },
  ]);
});

test("an error for callers ends the stream with a message of its own", async () => {
  async function* events() {
    yield { Cont: {} };
    throw new ApiError("CastFailed", 400, "no number");
  }
  assert.deepEqual(messages(await buffer(streamOf(events()))).at(-1), {
    headers: { ":message-type": "error", ":error-code": "CastFailed", ":error-message": "no number" },
    payload: "",
  });
});

for (const isRead of [false, true])
  test(`a stream that is destroyed ${isRead ? "half way" : "before it is read"} ends its source`, async () => {
    let isEnded = false;
    async function* events() {
      try {
        for (;;) yield { Cont: {} };
      } finally {
        isEnded = true;
      }
    }
    const source = events();
    // As an operation gives it: begun already.
    await source.next();
    const stream = streamOf(source);
    if (isRead) await once(stream, "readable");
    stream.destroy();
    await once(stream, "close");
    assert.deepEqual([isEnded, await source.next()], [true, { done: true, value: undefined }]);
  });
