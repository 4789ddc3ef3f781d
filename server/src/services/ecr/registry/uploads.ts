// Uploads of layers: at once, in chunks, or by reference to a layer of another repository.
// OCI distribution specification 1.1, "Pushing blobs"; Docker Registry HTTP API V2 for clients that send one stream.

import { ApiError } from "../../../core/errors.ts";
import { isDigest } from "../../../engine/images/oci/manifest.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { findLayer, mountLayer } from "../shared/layers.ts";
import { isRepositoryName, type RepositoryName, type UploadRow } from "../shared/model.ts";
import { requireRepository } from "../shared/repositories.ts";
import { addToUpload, beginUpload, cancelUpload, completeUpload, requireUpload } from "../shared/uploads.ts";
import { digestInvalid, RegistryError } from "./errors.ts";
import { type Exchange, type Handler, parameter, type Reply } from "./exchange.ts";

export const postUpload: Handler = async (exchange) => {
  const { context, name } = exchange;
  await exchange.may("InitiateLayerUpload");
  await requireRepository(context, name);
  const mounted = await mount(exchange);
  if (mounted) return mounted;
  const digest = parameter(exchange, "digest");
  if (digest !== undefined) {
    await mayUpload(exchange);
    const begun = await requireUpload(context, name, await beginUpload(context, name));
    return finish(exchange, await add(exchange, begun), digest);
  }
  const id = await beginUpload(context, name);
  return { status: 202, headers: headersOf(name, id, 0) };
};

export const patchUpload: Handler = async (exchange) => {
  await mayUpload(exchange);
  const row = await requireOwn(exchange);
  checkStart(exchange, row);
  const added = await add(exchange, row);
  return { status: 202, headers: headersOf(exchange.name, row.name, added.document.sizeBytes) };
};

export const putUpload: Handler = async (exchange) => {
  await mayUpload(exchange);
  await exchange.may("CompleteLayerUpload");
  const digest = parameter(exchange, "digest") ?? "";
  if (!isDigest(digest)) throw digestInvalid(digest);
  const row = await requireOwn(exchange);
  checkStart(exchange, row);
  return finish(exchange, await add(exchange, row), digest);
};

export const getUpload: Handler = async (exchange) => {
  await mayUpload(exchange);
  const { name, document } = await requireOwn(exchange);
  return { status: 204, headers: headersOf(exchange.name, name, document.sizeBytes) };
};

export const deleteUpload: Handler = async (exchange) => {
  await mayUpload(exchange);
  try {
    await cancelUpload(exchange.context, await requireOwn(exchange));
  } catch (cause) {
    // Another request has changed it meanwhile; what is left of it is removed after a day.
    if (!(cause instanceof Conflict)) throw cause;
  }
  return { status: 204, headers: {} };
};

const mayUpload = (exchange: Exchange): Promise<void> => exchange.may("UploadLayerPart");

const requireOwn = ({ context, name, reference }: Exchange): Promise<UploadRow> =>
  requireUpload(context, name, reference);

const add = (exchange: Exchange, row: UploadRow): Promise<UploadRow> =>
  addToUpload(exchange.context, exchange.name, row, exchange.body(), exchange.signal);

/** With another digest than the bytes have, the upload is over too: the client begins anew. */
async function finish(exchange: Exchange, row: UploadRow, digest: string): Promise<Reply> {
  const { context, name } = exchange;
  if (!isDigest(digest)) throw digestInvalid(digest);
  try {
    await completeUpload(context, name, row, digest);
  } catch (cause) {
    if (cause instanceof ApiError && cause.code === "InvalidLayerException") await cancelUpload(context, row);
    throw cause;
  }
  return { status: 201, headers: createdHeaders(name, digest) };
}

/** A chunk says where it begins; it has to be where the upload is. @throws RegistryError */
function checkStart({ request, name }: Exchange, row: UploadRow): void {
  const given = request.headers["content-range"];
  if (given === undefined) return;
  const start = Number(/^(?:bytes )?(\d+)-\d+/.exec(given)?.[1] ?? Number.NaN);
  const { sizeBytes } = row.document;
  if (start !== sizeBytes)
    throw new RegistryError(
      416,
      "BLOB_UPLOAD_INVALID",
      `Expected the chunk that begins at byte ${sizeBytes}, got ${given}.`,
      headersOf(name, row.name, sizeBytes),
    );
}

/** Undefined when the client has to upload the layer after all. */
async function mount(exchange: Exchange): Promise<Reply | undefined> {
  const { context, name } = exchange;
  const digest = parameter(exchange, "mount");
  if (digest === undefined || !isDigest(digest)) return undefined;
  if (await findLayer(context, name, digest)) return { status: 201, headers: createdHeaders(name, digest) };
  const from = parameter(exchange, "from");
  if (from === undefined || !isRepositoryName(from)) return undefined;
  const source: RepositoryName = { ...name, repository: from };
  if (!(await mayRead(exchange, source))) return undefined;
  await exchange.may("CompleteLayerUpload");
  return (await mountLayer(context, source, name, digest))
    ? { status: 201, headers: createdHeaders(name, digest) }
    : undefined;
}

async function mayRead(exchange: Exchange, source: RepositoryName): Promise<boolean> {
  try {
    await exchange.may("BatchCheckLayerAvailability", source);
    await exchange.may("GetDownloadUrlForLayer", source);
    return true;
  } catch (cause) {
    if (cause instanceof ApiError) return false;
    throw cause;
  }
}

const headersOf = ({ repository }: RepositoryName, id: string, sizeBytes: number) => ({
  Location: `/v2/${repository}/blobs/uploads/${id}`,
  "Docker-Upload-UUID": id,
  // An upload without bytes says 0-0 too, as Docker's registry does.
  Range: `0-${Math.max(0, sizeBytes - 1)}`,
});

const createdHeaders = ({ repository }: RepositoryName, digest: string) => ({
  Location: `/v2/${repository}/blobs/${digest}`,
  "Docker-Content-Digest": digest,
});
