// Uploads of layers: begun, given bytes in order, completed under a digest. Bytes of a request that breaks off are
// dropped; the upload stays where it was, and the client goes on from there.
import { createHash, randomUUID } from "node:crypto";
import { digestOf } from "../../../engine/images/oci/manifest.ts";
import { type Blob, NoSpace } from "../../../store/blobs/blobs.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { emptyUpload, invalidLayer, limitExceeded, repositoryNotFound, uploadNotFound } from "../errors.ts";
import { addLayer, readParts } from "./layers.ts";
import {
  type EcrContext,
  kinds,
  type RepositoryName,
  type UploadDocument,
  type UploadRow,
  uploadKey,
} from "./model.ts";
import { whileRepositoryStays } from "./repositories.ts";

/** Amazon ECR user guide, "Service quotas": 52,000 MiB. */
export const LARGEST_LAYER_BYTES = 52_000 * 2 ** 20;

/** @throws ApiError RepositoryNotFound */
export async function beginUpload(context: EcrContext, of: RepositoryName): Promise<string> {
  const id = randomUUID();
  const now = context.clock.now();
  const document: UploadDocument = { parts: [], sizeBytes: 0 };
  await orNoRepository(of, () =>
    context.rows.commit({
      expect: [whileRepositoryStays(of)],
      put: [{ ...uploadKey(of, id), status: "", createdAt: now, modifiedAt: now, document }],
    }),
  );
  return id;
}

/** @throws ApiError UploadNotFound */
export async function requireUpload(context: EcrContext, of: RepositoryName, id: string): Promise<UploadRow> {
  const row = await context.rows.get<UploadDocument>(uploadKey(of, id));
  if (row === undefined)
    throw uploadNotFound(
      `The upload could not be found, or it was not valid for this repository: upload '${id}' of '${of.repository}'`,
    );
  return row;
}

/**
 * Adds bytes behind those that are there. @throws ApiError UploadNotFound (also when another request was quicker),
 * LimitExceeded, ServiceUnavailable without room on the disk, and whatever the source fails with
 */
export async function addToUpload(
  context: EcrContext,
  of: RepositoryName,
  row: UploadRow,
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<UploadRow> {
  const { blob, digest } = await writeBlob(context, row.document.sizeBytes, source, signal);
  if (blob.sizeBytes === 0) {
    await context.blobs.discard(blob);
    return row;
  }
  const { version, ...kept } = row;
  const isFirst = row.document.parts.length === 0;
  const document: UploadDocument = {
    parts: [...row.document.parts, blob],
    sizeBytes: row.document.sizeBytes + blob.sizeBytes,
    ...(isFirst ? { digest } : {}),
  };
  const changed = { ...kept, document, modifiedAt: context.clock.now() };
  const owned = context.blobs.owns(blob);
  try {
    await context.rows.commit({
      expect: [{ key: uploadKey(of, row.name), version }],
      put: [changed, ...(owned.put ?? [])],
    });
  } catch (cause) {
    await context.blobs.discard(blob);
    if (cause instanceof Conflict)
      throw uploadNotFound(`The upload '${row.name}' was changed by another request at the same time.`);
    throw cause;
  }
  return { ...changed, version: version + 1 };
}

async function writeBlob(
  context: EcrContext,
  before: number,
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<{ readonly blob: Blob; readonly digest: string }> {
  const hash = createHash("sha256");
  let sizeBytes = before;
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      sizeBytes += piece.length;
      if (sizeBytes > LARGEST_LAYER_BYTES)
        throw limitExceeded(`A layer may have ${LARGEST_LAYER_BYTES} bytes; this one has more.`);
      hash.update(piece);
      yield piece;
    }
  }
  try {
    const blob = await context.blobs.write(hashed(), signal);
    return { blob, digest: `sha256:${hash.digest("hex")}` };
  } catch (cause) {
    if (cause instanceof NoSpace) throw limitExceeded(cause.message);
    throw cause;
  }
}

/**
 * Ends the upload: its bytes are the layer of this digest. With another digest nothing changes.
 * @throws ApiError EmptyUpload, InvalidLayer, UploadNotFound, RepositoryNotFound
 */
export async function completeUpload(
  context: EcrContext,
  of: RepositoryName,
  row: UploadRow,
  digest: string,
): Promise<void> {
  const { parts, sizeBytes } = row.document;
  // No layer is empty, but for one digest that Docker never pushes either.
  if (parts.length === 0 && digest !== digestOf(Buffer.alloc(0)))
    throw emptyUpload("The specified layer upload does not contain any layer parts.");
  const found = row.document.parts.length === 1 ? row.document.digest : await digestOfParts(context, row);
  if (found !== digest)
    throw invalidLayer(
      `Layer digest mismatch: ${sizeBytes} bytes were received, their digest is ${found}, not ${digest}.`,
    );
  const key = uploadKey(of, row.name);
  try {
    await orNoRepository(of, () =>
      addLayer(context, of, { digest, parts, sizeBytes }, { expect: [{ key, version: row.version }], remove: [key] }),
    );
  } catch (cause) {
    if (cause instanceof Conflict) throw uploadNotFound(`The upload '${row.name}' was completed by another request.`);
    throw cause;
  }
}

async function digestOfParts(context: EcrContext, { document, name }: UploadRow): Promise<string> {
  const hash = createHash("sha256");
  const whole = { start: 0, end: document.sizeBytes - 1 };
  for await (const piece of readParts(context, document.parts, whole, `upload ${name}`)) hash.update(piece);
  return `sha256:${hash.digest("hex")}`;
}

/** Forgets an upload with its bytes; harmless when it is gone. */
export async function cancelUpload(context: EcrContext, row: UploadRow): Promise<void> {
  const dropped = row.document.parts.map((part) => context.blobs.disowns(part.id));
  const key = { kind: kinds.upload, scope: row.scope, name: row.name };
  await context.rows.commit({
    expect: [{ key, version: row.version }],
    put: dropped.flatMap((one) => one.put ?? []),
    remove: [key, ...dropped.flatMap((one) => one.remove ?? [])],
  });
}

/** A repository that goes away under a request. @throws ApiError RepositoryNotFound */
async function orNoRepository<Result>(of: RepositoryName, commit: () => Promise<Result>): Promise<Result> {
  try {
    return await commit();
  } catch (cause) {
    if (cause instanceof Conflict && cause.expectation.key.kind === kinds.repository)
      throw repositoryNotFound(of.repository, of.account);
    throw cause;
  }
}
