// What goes by itself, looked at every ten minutes: uploads that nobody goes on with, and layers that no image of their
// repository names. Both stay a day, so that a slow push finds what it has sent.
import type { Clock } from "../../core/clock.ts";
import { repeatedly } from "../../core/repeating.ts";
import { Conflict, type RowKey } from "../../store/rows/rows.ts";
import { imagesOf } from "./shared/images.ts";
import {
  type EcrContext,
  kinds,
  type LayerDocument,
  type LayerRow,
  type RepositoryName,
  repositoryKey,
  type UploadDocument,
} from "./shared/model.ts";
import { cancelUpload } from "./shared/uploads.ts";

const EVERY_MS = 600_000;
/** After the start, so that a server that never runs for long does it too. */
const FIRST_MS = 60_000;
const KEPT_MS = 24 * 3_600_000;

/** Does what is due now. What changes meanwhile is left for the next time. */
export async function tendLayers(context: EcrContext, now: number): Promise<void> {
  for await (const row of context.rows.everywhere<UploadDocument>(kinds.upload, []))
    if (row.modifiedAt + KEPT_MS <= now) await orLater(() => cancelUpload(context, row));
  const named = new Map<string, Promise<ReadonlySet<string> | undefined>>();
  for await (const row of context.rows.everywhere<LayerDocument>(kinds.layer, []))
    await orLater(() => tendLayer(context, row, now, named));
}

async function tendLayer(
  context: EcrContext,
  { version, ...row }: LayerRow,
  now: number,
  named: Map<string, Promise<ReadonlySet<string> | undefined>>,
): Promise<void> {
  const kept: Record<string, number> = {};
  for (const [link, usedAt] of Object.entries(row.document.repositories)) {
    const slash = link.indexOf("/");
    const name = { account: row.scope, region: link.slice(0, slash), repository: link.slice(slash + 1) };
    if (await isKept(context, name, { digest: row.name, isFresh: usedAt + KEPT_MS > now }, named)) kept[link] = usedAt;
  }
  if (Object.keys(kept).length === Object.keys(row.document.repositories).length) return;
  const key: RowKey = { kind: row.kind, scope: row.scope, name: row.name };
  const expect = [{ key, version }];
  if (Object.keys(kept).length > 0) {
    await context.rows.commit({ expect, put: [{ ...row, document: { ...row.document, repositories: kept } }] });
    return;
  }
  const dropped = row.document.parts.map((part) => context.blobs.disowns(part.id));
  await context.rows.commit({
    expect,
    put: dropped.flatMap((one) => one.put ?? []),
    remove: [key, ...dropped.flatMap((one) => one.remove ?? [])],
  });
}

/** Whether the repository is there and an image of it names the layer, or might soon. */
async function isKept(
  context: EcrContext,
  name: RepositoryName,
  layer: { readonly digest: string; readonly isFresh: boolean },
  named: Map<string, Promise<ReadonlySet<string> | undefined>>,
): Promise<boolean> {
  const known = `${name.account}/${name.region}/${name.repository}`;
  const digests = named.get(known) ?? namedBy(context, name);
  named.set(known, digests);
  const all = await digests;
  return all !== undefined && (layer.isFresh || all.has(layer.digest));
}

/** Layers that images of a repository name; undefined when there is no such repository. */
async function namedBy(context: EcrContext, name: RepositoryName): Promise<ReadonlySet<string> | undefined> {
  if ((await context.rows.get(repositoryKey(name))) === undefined) return undefined;
  const digests = new Set<string>();
  for await (const { document } of imagesOf(context, name)) for (const digest of document.layers) digests.add(digest);
  return digests;
}

async function orLater(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (cause) {
    if (!(cause instanceof Conflict)) throw cause;
  }
}

/** Looks soon and then every ten minutes, until the result is called, which resolves when nothing runs any more. */
export function startUpkeep(
  context: EcrContext,
  { clock, report }: { readonly clock: Clock; readonly report: (error: unknown) => void },
): () => Promise<void> {
  return repeatedly({ clock, everyMs: EVERY_MS, firstMs: FIRST_MS, report }, () => tendLayers(context, clock.now()));
}
