// Layers: kept once for each account by their digest, seen only from the repositories they were pushed to.
import { Readable } from "node:stream";
import type { Blob } from "../../../store/blobs/blobs.ts";
import { type Change, Conflict } from "../../../store/rows/rows.ts";
import {
  type EcrContext,
  kinds,
  type LayerDocument,
  type LayerRow,
  layerKey,
  linkOf,
  type RepositoryName,
} from "./model.ts";
import { whileRepositoryStays } from "./repositories.ts";

/** The layers that the repository has, by digest. */
export async function layersOf(
  context: EcrContext,
  of: RepositoryName,
  digests: readonly string[],
): Promise<ReadonlyMap<string, LayerRow>> {
  const rows = await context.rows.getMany<LayerDocument>(digests.map((digest) => layerKey(of, digest)));
  const link = linkOf(of);
  return new Map(
    rows.flatMap((row) => (row && Object.hasOwn(row.document.repositories, link) ? [[row.name, row] as const] : [])),
  );
}

export const findLayer = async (
  context: EcrContext,
  of: RepositoryName,
  digest: string,
): Promise<LayerRow | undefined> => (await layersOf(context, of, [digest])).get(digest);

/** The write that says the repository has used the layer now: unused layers are removed after a while (upkeep.ts). */
export function usedBy({ version, ...row }: LayerRow, of: RepositoryName, now: number): Change {
  const repositories = { ...row.document.repositories, [linkOf(of)]: now };
  return {
    expect: [{ key: { kind: kinds.layer, scope: row.scope, name: row.name }, version }],
    put: [{ ...row, document: { ...row.document, repositories }, modifiedAt: now }],
  };
}

interface NewLayer {
  readonly digest: string;
  readonly parts: readonly Blob[];
  readonly sizeBytes: number;
}

/**
 * Makes bytes that were uploaded a layer of the repository; of one that the account has, the new bytes are dropped.
 * `also` goes into the same commit. @throws Conflict of `also`
 */
export async function addLayer(context: EcrContext, of: RepositoryName, layer: NewLayer, also: Change): Promise<void> {
  const key = layerKey(of, layer.digest);
  for (;;) {
    const now = context.clock.now();
    const found = await context.rows.get<LayerDocument>(key);
    const document = { parts: layer.parts, sizeBytes: layer.sizeBytes, repositories: { [linkOf(of)]: now } };
    const change: Change = found
      ? { ...usedBy(found, of, now), remove: [] }
      : {
          expect: [{ key, version: "absent" }],
          put: [{ ...key, status: "", createdAt: now, modifiedAt: now, document }],
        };
    const dropped = found ? layer.parts.map((part) => context.blobs.disowns(part.id)) : [];
    try {
      await context.rows.commit({
        expect: [...(change.expect ?? []), whileRepositoryStays(of), ...(also.expect ?? [])],
        put: [...(change.put ?? []), ...(also.put ?? []), ...dropped.flatMap((one) => one.put ?? [])],
        remove: [...(also.remove ?? []), ...dropped.flatMap((one) => one.remove ?? [])],
      });
      return;
    } catch (cause) {
      const isLayers = cause instanceof Conflict && cause.expectation.key.kind === kinds.layer;
      if (!isLayers) throw cause;
    }
  }
}

/** Gives a repository of the account a layer that another one has. False when that one has it no more. */
export async function mountLayer(
  context: EcrContext,
  from: RepositoryName,
  to: RepositoryName,
  digest: string,
): Promise<boolean> {
  for (;;) {
    const row = from.account === to.account ? await findLayer(context, from, digest) : undefined;
    if (row === undefined) return false;
    const change = usedBy(row, to, context.clock.now());
    try {
      await context.rows.commit({ ...change, expect: [...(change.expect ?? []), whileRepositoryStays(to)] });
      return true;
    } catch (cause) {
      if (!(cause instanceof Conflict) || cause.expectation.key.kind !== kinds.layer) throw cause;
    }
  }
}

/** Bytes of a layer, or from `start` to `end` inclusive of them. @throws BlobCorrupt */
export function readLayer(
  context: EcrContext,
  { name, document }: LayerRow,
  range: { readonly start: number; readonly end: number } = { start: 0, end: document.sizeBytes - 1 },
): Readable {
  return Readable.from(readParts(context, document.parts, range, `layer ${name}`), { objectMode: false });
}

/** All bytes of the parts, one behind the other. */
export async function* readParts(
  context: EcrContext,
  parts: readonly Blob[],
  range: { readonly start: number; readonly end: number },
  name: string,
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (const part of parts) {
    const start = Math.max(0, range.start - offset);
    const end = Math.min(part.sizeBytes - 1, range.end - offset);
    offset += part.sizeBytes;
    if (start > end) continue;
    const isWhole = start === 0 && end === part.sizeBytes - 1;
    yield* (await context.blobs.read(part, isWhole ? undefined : { start, end }, name)) as AsyncIterable<Uint8Array>;
  }
}
