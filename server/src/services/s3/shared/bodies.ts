// Bytes of objects on their way out: by range, opened where they are sealed; and what becomes of them.
import { Readable } from "node:stream";
import type { HeldPiece } from "../../../core/ports.ts";
import { BrokenSeal, openFrames, storedRange } from "../../../core/sealed-frames.ts";
import { BlobCorrupt, type HeldBlob } from "../../../store/blobs/blobs.ts";
import type { Change, RowKey } from "../../../store/rows/rows.ts";
import { type BodyKeys, keyOf } from "./body-keys.ts";
import { together } from "./changes.ts";
import { type BodyPlace, type Bucket, kinds, type S3Context, type StoredBody, type StoredPart } from "./model.ts";

export const partListKey = (bucket: string, id: string): RowKey => ({ kind: kinds.partList, scope: bucket, name: id });

/** Parts of an object made by a multipart upload, in order; undefined for other objects. */
export async function partsOf(
  context: S3Context,
  bucket: string,
  place: BodyPlace | undefined,
): Promise<readonly StoredPart[] | undefined> {
  if (place === undefined || !("partList" in place)) return undefined;
  const row = await context.rows.get<readonly StoredPart[]>(partListKey(bucket, place.partList));
  return row?.document;
}

/** The row writes that hand an object's bytes to the collector. */
export async function dropBody(context: S3Context, bucket: string, place: BodyPlace | undefined): Promise<Change> {
  if (place === undefined) return {};
  if ("blob" in place) return context.blobs.disowns(place.blob.id);
  const parts = (await partsOf(context, bucket, place)) ?? [];
  return together([
    { remove: [partListKey(bucket, place.partList)] },
    ...parts.flatMap(({ blob }) => (blob === undefined ? [] : [context.blobs.disowns(blob.id)])),
  ]);
}

export interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

export interface BodySource {
  readonly bucket: Bucket;
  /** For the text of a failure. */
  readonly key?: string;
  readonly place: BodyPlace | undefined;
  readonly sizeBytes: number;
  /** Absent for an object that is not sealed. */
  readonly keys: BodyKeys | undefined;
  readonly range?: ByteRange | undefined;
}

/** One of the bodies that an object is made of. */
interface OneBody extends StoredBody {
  readonly sizeBytes: number;
  /** For an object's only body. */
  readonly part?: number;
}

const nameOf = ({ bucket, key }: BodySource): string | undefined =>
  key === undefined ? undefined : `s3://${bucket.name}/${key}`;

/** The bytes of a small object at once; undefined for one that has to be streamed. @throws BlobCorrupt */
export async function readSmallBody(context: S3Context, from: BodySource): Promise<Buffer | undefined> {
  const { place, keys, range, sizeBytes } = from;
  if (place === undefined) return Buffer.alloc(0);
  if (!("blob" in place)) return undefined;
  const name = nameOf(from);
  const bytes = await context.blobs.readSmall(place.blob, place.salt === undefined ? range : undefined, name);
  if (bytes === undefined || place.salt === undefined) return bytes;
  const opened = await wholeOf(opening({ ...place, sizeBytes }, keys, wholeRange(sizeBytes), [bytes], name));
  return range ? opened.subarray(range.start, range.end + 1) : opened;
}

/** An object's bytes. @throws ApiError NoSuchKey when it was deleted meanwhile, BlobCorrupt */
export async function readBody(context: S3Context, from: BodySource): Promise<Readable> {
  const { place, range, sizeBytes, keys } = from;
  if (place === undefined) return Readable.from([]);
  const name = nameOf(from);
  if ("blob" in place && place.salt === undefined) return context.blobs.read(place.blob, range, name);
  const parts = await bodiesOf(context, from);
  return Readable.from(readParts(context, parts, { range: range ?? wholeRange(sizeBytes), keys, name }), {
    objectMode: false,
  });
}

const wholeRange = (sizeBytes: number): ByteRange => ({ start: 0, end: sizeBytes - 1 });

/** Where an object's bytes lie, held there until released. @throws BlobCorrupt */
export async function holdBody(
  context: S3Context,
  from: BodySource,
): Promise<{ readonly pieces: readonly HeldPiece[]; release(): void }> {
  const bodies = await bodiesOf(context, from);
  const held: HeldBlob[] = [];
  const pieces: HeldPiece[] = [];
  const release = () => {
    for (const one of held) one.release();
  };
  try {
    for (const body of bodies) {
      const one = await context.blobs.hold(body.blob, nameOf(from));
      held.push(one);
      pieces.push(await heldPiece(one, body, from));
    }
  } catch (error) {
    release();
    throw error;
  }
  return { pieces, release };
}

async function heldPiece(held: HeldBlob, body: OneBody, from: BodySource): Promise<HeldPiece> {
  const { blob, salt, sizeBytes, part } = body;
  if ("path" in held) {
    const file = { path: held.path, sizeBytes: blob.sizeBytes, checksum: blob.checksum };
    return salt === undefined ? file : { ...file, sealed: { key: keyOf(from.keys, salt, part), sizeBytes } };
  }
  if (salt === undefined) return { bytes: held.bytes };
  return { bytes: await wholeOf(opening(body, from.keys, wholeRange(sizeBytes), [held.bytes], nameOf(from))) };
}

/** In order; without those that have no bytes. */
async function bodiesOf(context: S3Context, { bucket, place, sizeBytes }: BodySource): Promise<readonly OneBody[]> {
  if (place === undefined) return [];
  if ("blob" in place) return [{ ...place, sizeBytes }];
  const parts = (await partsOf(context, bucket.name, place)) ?? [];
  return parts.flatMap(({ blob, salt, sizeBytes, number }) =>
    blob === undefined ? [] : [{ blob, sizeBytes, part: number, ...(salt === undefined ? {} : { salt }) }],
  );
}

interface PartsRead {
  readonly range: ByteRange;
  readonly keys: BodyKeys | undefined;
  readonly name: string | undefined;
}

async function* readParts(
  context: S3Context,
  bodies: readonly OneBody[],
  { range, keys, name }: PartsRead,
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (const body of bodies) {
    const { blob, salt, sizeBytes } = body;
    const start = Math.max(0, range.start - offset);
    const end = Math.min(sizeBytes - 1, range.end - offset);
    offset += sizeBytes;
    if (start > end) continue;
    const wanted = { start, end };
    const stored = salt === undefined ? wanted : storedRange({ sizeBytes, ...wanted });
    const isWhole = stored.start === 0 && stored.end === blob.sizeBytes - 1;
    const bytes: AsyncIterable<Uint8Array> = await context.blobs.read(blob, isWhole ? undefined : stored, name);
    yield* salt === undefined ? bytes : opening(body, keys, wanted, bytes, name);
  }
}

/** Opens what was stored for a range of a sealed body. @throws BlobCorrupt */
async function* opening(
  { blob, salt = "", sizeBytes, part }: OneBody,
  keys: BodyKeys | undefined,
  range: ByteRange,
  stored: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* openFrames(keyOf(keys, salt, part), { sizeBytes, ...range }, stored);
  } catch (cause) {
    if (!(cause instanceof BrokenSeal)) throw cause;
    const what = `its blob ${blob.id} has been changed on disk. Put the object again, or restore a backup.`;
    throw new BlobCorrupt(`${name ?? "An object"} cannot be read: ${what}`, { cause });
  }
}

const wholeOf = async (bytes: AsyncIterable<Uint8Array>): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(bytes));
