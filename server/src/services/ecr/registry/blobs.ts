// Layers by digest: asked for and read, whole or from a byte on.
import { isDigest } from "../../../engine/images/oci/manifest.ts";
import { findLayer, readLayer } from "../shared/layers.ts";
import { requireRepository } from "../shared/repositories.ts";
import { blobUnknown, digestInvalid, RegistryError, unsupported } from "./errors.ts";
import type { Exchange, Handler } from "./exchange.ts";

export const headBlob: Handler = async (exchange) => {
  await exchange.may("BatchCheckLayerAvailability");
  const row = await requireLayer(exchange);
  return { status: 200, headers: { ...headersOf(row.name), "Content-Length": String(row.document.sizeBytes) } };
};

export const getBlob: Handler = async (exchange) => {
  await exchange.may("GetDownloadUrlForLayer");
  const row = await requireLayer(exchange);
  const { sizeBytes } = row.document;
  const range = readRange(exchange.request.headers["range"], sizeBytes);
  if (range === undefined) {
    const headers = { ...headersOf(row.name), "Content-Length": String(sizeBytes) };
    return { status: 200, headers, body: readLayer(exchange.context, row) };
  }
  return {
    status: 206,
    headers: {
      ...headersOf(row.name),
      "Content-Length": String(range.end - range.start + 1),
      "Content-Range": `bytes ${range.start}-${range.end}/${sizeBytes}`,
    },
    body: readLayer(exchange.context, row, range),
  };
};

export const deleteBlob: Handler = async () => {
  throw unsupported("Layers go when no image names them any more; delete the images instead.");
};

async function requireLayer({ context, name, reference }: Exchange) {
  if (!isDigest(reference)) throw digestInvalid(reference);
  await requireRepository(context, name);
  const row = await findLayer(context, name, reference);
  if (row === undefined) throw blobUnknown(reference);
  return row;
}

const headersOf = (digest: string) => ({
  "Accept-Ranges": "bytes",
  "Content-Type": "application/octet-stream",
  "Docker-Content-Digest": digest,
  ETag: `"${digest}"`,
  "Cache-Control": "max-age=31536000",
});

/** One range of bytes (RFC 9110, 14.1.2); undefined for the whole and for what is not understood. @throws RegistryError */
function readRange(
  header: string | undefined,
  sizeBytes: number,
): { readonly start: number; readonly end: number } | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (start <= end && start < sizeBytes) return { start, end };
  throw new RegistryError(416, "RANGE_INVALID", `The layer has ${sizeBytes} bytes; ${header} is none of them.`, {
    "Content-Range": `bytes */${sizeBytes}`,
  });
}
