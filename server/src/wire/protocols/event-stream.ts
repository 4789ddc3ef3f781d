// Answers that are streams of events, framed as application/vnd.amazon.eventstream: length of the message, length of its
// headers, CRC-32 of both, headers, payload, CRC-32 of all. Smithy: Amazon Event Stream Specification.
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import type { ServiceModel, StructureShape } from "../../../../contract/model.ts";
import { ApiError } from "../../core/errors.ts";
import { shapeOf } from "../compile.ts";

export const EVENT_STREAM_TYPE = "application/vnd.amazon.eventstream";

/** Writes a structure that is an event's payload in the protocol of the service. */
export interface EventPayloads {
  readonly contentType: string;
  write(shapeName: string, value: unknown): string;
}

type Event = Readonly<Record<string, unknown>>;

/**
 * Bytes of events as they come, if the shape is that of an event stream. One that fails with an ApiError ends with a
 * message of type `error`, as on AWS.
 */
export function eventStream(
  model: ServiceModel,
  shapeName: string,
  value: unknown,
  payloads: EventPayloads,
): Readable | undefined {
  const stream = shapeOf(model, shapeName);
  if (stream.type !== "structure" || !stream.eventStream) return undefined;
  const { members } = stream;
  const iterator = (value as AsyncIterable<Event>)[Symbol.asyncIterator]();
  const events = { [Symbol.asyncIterator]: () => iterator };

  async function* messages(): AsyncGenerator<Buffer> {
    try {
      for await (const event of events) yield eventMessage(model, members, event, payloads);
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      yield message({ ":message-type": "error", ":error-code": cause.code, ":error-message": cause.message });
    }
  }
  const bytes = Readable.from(messages(), { objectMode: false });
  // A stream that is destroyed before anybody reads it does not start, and would not end, the generator above.
  bytes.once("close", () => {
    iterator.return?.().catch((cause: unknown) => bytes.emit("error", cause));
  });
  return bytes;
}

/** The union's one member that is set is the event. */
function eventMessage(
  model: ServiceModel,
  kinds: StructureShape["members"],
  event: Event,
  payloads: EventPayloads,
): Buffer {
  const [type, value] = Object.entries(event).find(([, member]) => member !== undefined) ?? [];
  const member = type === undefined ? undefined : kinds[type];
  if (type === undefined || member === undefined) throw new Error(`The stream has no event ${type}.`);
  const headers = { ":message-type": "event", ":event-type": type };
  const shape = shapeOf(model, member.shape) as StructureShape;
  const [name, payload] = Object.entries(shape.members).find(([, one]) => one.eventPayload) ?? [];
  const content = name === undefined ? undefined : (value as Event)[name];
  if (payload === undefined || content === undefined) return message(headers);
  if (shapeOf(model, payload.shape).type === "blob")
    return message({ ...headers, ":content-type": "application/octet-stream" }, content as Uint8Array);
  const text = payloads.write(payload.shape, content);
  return message({ ...headers, ":content-type": payloads.contentType }, Buffer.from(text));
}

const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
/** Type of a header's value: a string after its length in two bytes. */
const STRING_HEADER = 7;

function message(headers: Readonly<Record<string, string>>, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => headerBytes(name, value)));
  const whole = Buffer.alloc(PRELUDE_BYTES + head.length + payload.length + CHECKSUM_BYTES);
  whole.writeUInt32BE(whole.length, 0);
  whole.writeUInt32BE(head.length, 4);
  whole.writeUInt32BE(crc32(whole.subarray(0, 8)), 8);
  whole.set(head, PRELUDE_BYTES);
  whole.set(payload, PRELUDE_BYTES + head.length);
  const end = whole.length - CHECKSUM_BYTES;
  whole.writeUInt32BE(crc32(whole.subarray(0, end)), end);
  return whole;
}

function headerBytes(name: string, value: string): Buffer {
  const text = Buffer.from(value);
  const length = Buffer.alloc(3);
  length.writeUInt8(STRING_HEADER, 0);
  length.writeUInt16BE(text.length, 1);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, text]);
}
