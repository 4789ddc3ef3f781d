// Versions of a key in the store: which is current, how a new one takes its place, what a deletion brings back.
// The current version, unless it is a delete marker, is a row of its own, so that lists and reads never meet old ones.
import type { Change, Row, RowKey } from "../../../store/rows/rows.ts";
import { dropBody } from "./bodies.ts";
import { findBucket, retryConflicts, whileBucketStays } from "./buckets.ts";
import { together } from "./changes.ts";
import { type Bucket, kinds, type ObjectDocument, type S3Context } from "./model.ts";
import { encodeKey, nameUnderKey, newVersionId, startUnderKey } from "./names.ts";
import type { NoticeRows, Telling } from "./telling.ts";

export type ObjectRow = Row<ObjectDocument>;

const objectKey = (bucket: Bucket, key: string): RowKey => ({
  kind: kinds.object,
  scope: bucket.name,
  name: encodeKey(key),
});

const versionKey = (bucket: Bucket, key: string, id: string): RowKey => ({
  kind: kinds.version,
  scope: bucket.name,
  name: nameUnderKey(key, id),
});

const nullKey = (bucket: Bucket, key: string): RowKey => ({
  kind: kinds.nullVersion,
  scope: bucket.name,
  name: encodeKey(key),
});

/** Version id as callers see it. */
export const shownVersion = (document: ObjectDocument): string => (document.isNull ? "null" : document.id);

/** VersionId of an answer: absent until the bucket has ever been versioned. */
export const answeredVersion = (bucket: Bucket, document: ObjectDocument): string | undefined =>
  bucket.settings.versioning === undefined ? undefined : shownVersion(document);

export const currentObject = (context: S3Context, bucket: Bucket, key: string): Promise<ObjectRow | undefined> =>
  context.rows.get<ObjectDocument>(objectKey(bucket, key));

/** The newest version beside the current one: a delete marker when there is no current one and the key had any. */
async function newestBeside(
  context: S3Context,
  bucket: Bucket,
  key: string,
  count: number,
): Promise<readonly ObjectRow[]> {
  if (bucket.settings.versioning === undefined) return [];
  return context.rows.scan<ObjectDocument>({
    kind: kinds.version,
    scope: bucket.name,
    prefix: startUnderKey(key),
    limit: count,
  });
}

/** The current version, which may be a delete marker, or the version named. */
export async function findVersion(
  context: S3Context,
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
): Promise<ObjectRow | undefined> {
  let current = await currentObject(context, bucket, key);
  if (versionId === undefined) {
    if (current !== undefined) return current;
    const [newest] = await newestBeside(context, bucket, key, 1);
    // Any other than a delete marker has become the newest beside, because the marker was removed between the two looks.
    const isMarker = newest === undefined || newest.document.deleteMarker;
    return isMarker ? newest : ((await currentObject(context, bucket, key)) ?? newest);
  }
  for (;;) {
    if (current !== undefined && shownVersion(current.document) === versionId) return current;
    const aside = await versionAside(context, bucket, key, versionId);
    if (aside !== undefined) return aside;
    // Between the two looks it may have become the current one, because what covered it was removed.
    const later = await currentObject(context, bucket, key);
    if (later?.document.id === current?.document.id) return undefined;
    current = later;
  }
}

/** The version named, among those that are not the current object. */
async function versionAside(
  context: S3Context,
  bucket: Bucket,
  key: string,
  versionId: string,
): Promise<ObjectRow | undefined> {
  if (versionId !== "null") {
    const row = await context.rows.get<ObjectDocument>(versionKey(bucket, key, versionId));
    return row?.document.isNull === true ? undefined : row;
  }
  const pointer = await context.rows.get<string>(nullKey(bucket, key));
  return pointer && context.rows.get<ObjectDocument>(versionKey(bucket, key, pointer.document));
}

/** What a new version is made of; its id, time and place are settled here. */
export type NewVersion = Omit<ObjectDocument, "id" | "isNull" | "modifiedAt">;

/**
 * Makes a version the current one, in one commit with `also`. `check` sees the current object (none when a delete
 * marker covers it) and refuses by throwing. Bytes of a version that is replaced are handed to the collector.
 */
export function placeVersion(
  context: S3Context,
  readBucket: Bucket,
  key: string,
  version: NewVersion,
  options: {
    readonly check?: (current: ObjectDocument | undefined) => void;
    readonly also?: (current: ObjectDocument | undefined) => Change;
    /** The body of the version replaced goes on as the body of this one. */
    readonly keepsBody?: boolean;
    readonly tells?: Telling;
  } = {},
): Promise<ObjectDocument> {
  let bucket = readBucket;
  const attempt = async () => {
    const current = await currentObject(context, bucket, key);
    options.check?.(current?.document);
    const [beside] = current === undefined ? await newestBeside(context, bucket, key, 1) : [];
    const before = current ?? beside;
    const versioned = bucket.settings.versioning !== undefined;
    // Versions of a key are ordered by time, so each is later than the one before.
    const modifiedAt = Math.max(context.clock.now(), versioned && before ? before.document.modifiedAt + 1 : 0);
    const document: ObjectDocument = {
      ...version,
      id: newVersionId(modifiedAt),
      isNull: bucket.settings.versioning !== "Enabled",
      modifiedAt,
    };
    const notices = options.tells?.(bucket, document) ?? [];
    await context.rows.commit(
      together([
        whileBucketStays(bucket),
        noteOwner(bucket, document),
        { expect: [{ key: objectKey(bucket, key), version: current?.version ?? "absent" }] },
        await makeRoom(context, bucket, key, { current, document, keepsBody: options.keepsBody === true }),
        document.deleteMarker ? asideChange(bucket, key, document) : currentChange(bucket, key, document),
        options.also?.(current?.document) ?? {},
        { put: notices },
      ]),
    );
    context.notices.committed(notices);
    return document;
  };
  const again = async () => {
    bucket = await findBucket(context, { Bucket: bucket.name });
    return attempt();
  };
  let tries = 0;
  return retryConflicts(() => (tries++ === 0 ? attempt() : again()), isVersionOrBucket);
}

const isVersionOrBucket = (kind: string): boolean =>
  [kinds.object, kinds.version, kinds.nullVersion, kinds.bucket].some((ours) => ours === kind);

/** The bucket remembers that not everything in it is its owner's. */
function noteOwner(bucket: Bucket, { owner }: ObjectDocument): Change {
  if (owner === bucket.owner || bucket.mixedOwners) return {};
  const { version: _, ...write } = bucket.row;
  return { put: [{ ...write, document: { ...write.document, mixedOwners: true } }] };
}

/** Moves the current version aside, or drops the null version that a new null version replaces. */
async function makeRoom(
  context: S3Context,
  bucket: Bucket,
  key: string,
  { current, document, keepsBody }: { current: ObjectRow | undefined; document: ObjectDocument; keepsBody: boolean },
): Promise<Change> {
  const replaced = current?.document.isNull === true && document.isNull;
  const changes: Change[] = [];
  if (current !== undefined && replaced && !keepsBody)
    changes.push(await dropBody(context, bucket.name, current.document.body));
  if (current !== undefined && !replaced) changes.push(asideChange(bucket, key, current.document));
  if (current !== undefined && document.deleteMarker) changes.push({ remove: [objectKey(bucket, key)] });
  if (document.isNull && !replaced) changes.push(await dropNullVersion(context, bucket, key));
  return together(changes);
}

/** Takes away the null version that lies among the old versions, if there is one. */
async function dropNullVersion(context: S3Context, bucket: Bucket, key: string): Promise<Change> {
  if (bucket.settings.versioning === undefined) return {};
  const pointer = await context.rows.get<string>(nullKey(bucket, key));
  const expect = [{ key: nullKey(bucket, key), version: pointer?.version ?? ("absent" as const) }];
  if (pointer === undefined) return { expect };
  const old = await context.rows.get<ObjectDocument>(versionKey(bucket, key, pointer.document));
  return together([
    { expect, remove: [nullKey(bucket, key), versionKey(bucket, key, pointer.document)] },
    old === undefined ? {} : await dropBody(context, bucket.name, old.document.body),
  ]);
}

const row = (key: RowKey, document: unknown, at: number) => ({
  ...key,
  status: "",
  createdAt: at,
  modifiedAt: at,
  document,
});

const currentChange = (bucket: Bucket, key: string, document: ObjectDocument): Change => ({
  put: [row(objectKey(bucket, key), document, document.modifiedAt)],
});

/** Writes a version among those that are not the current object. */
function asideChange(bucket: Bucket, key: string, document: ObjectDocument): Change {
  const { modifiedAt, id } = document;
  const version = row(versionKey(bucket, key, id), document, modifiedAt);
  return { put: document.isNull ? [version, row(nullKey(bucket, key), id, modifiedAt)] : [version] };
}

/** Takes a version from those that are not the current object. */
const fromAside = (bucket: Bucket, key: string, version: ObjectRow): Change => ({
  expect: [{ key: versionKey(bucket, key, version.document.id), version: version.version }],
  remove: [versionKey(bucket, key, version.document.id), ...(version.document.isNull ? [nullKey(bucket, key)] : [])],
});

/**
 * Removes the current object of an unversioned bucket, or exactly the version named; the next older version becomes
 * current. Resolves to what was removed. `check` refuses by throwing.
 */
export function removeVersion(
  context: S3Context,
  bucket: Bucket,
  key: string,
  {
    versionId,
    check,
    tells,
  }: {
    readonly versionId: string | undefined;
    readonly check: (found: ObjectDocument | undefined) => void;
    readonly tells: Telling;
  },
): Promise<ObjectDocument | undefined> {
  return retryConflicts(async () => {
    const found = await findVersion(context, bucket, key, versionId);
    check(found?.document);
    if (found === undefined) return undefined;
    const isCurrent = found.kind === kinds.object;
    const current = isCurrent ? found : await currentObject(context, bucket, key);
    const changes: Change[] = [
      { expect: [{ key: objectKey(bucket, key), version: current?.version ?? "absent" }] },
      isCurrent ? { remove: [objectKey(bucket, key)] } : fromAside(bucket, key, found),
      await dropBody(context, bucket.name, found.document.body),
    ];
    if (isCurrent || current === undefined) {
      const [newest, next] = await newestBeside(context, bucket, key, 2);
      const successor = newest?.name === found.name ? next : newest;
      const uncovered = isCurrent || newest?.name === found.name;
      if (uncovered && successor !== undefined && !successor.document.deleteMarker)
        changes.push(fromAside(bucket, key, successor), currentChange(bucket, key, successor.document));
    }
    const notices = tells(bucket, found.document);
    await context.rows.commit(together([...changes, { put: notices }]));
    context.notices.committed(notices);
    return found.document;
  });
}

/** Changes what a version says about itself (tags, lock, ACL), never its bytes. `tells`: of it before and after. */
export function changeVersion(
  context: S3Context,
  found: ObjectRow,
  change: (document: ObjectDocument) => ObjectDocument,
  tells: (after: ObjectDocument, before: ObjectDocument) => NoticeRows = () => [],
): Promise<void> {
  return retryConflicts(async () => {
    const fresh = await context.rows.get<ObjectDocument>(found);
    if (fresh === undefined || fresh.document.id !== found.document.id) return;
    const { version, ...write } = fresh;
    const document = change(fresh.document);
    const notices = tells(document, fresh.document);
    await context.rows.commit({ expect: [{ key: found, version }], put: [{ ...write, document }, ...notices] });
    context.notices.committed(notices);
  });
}
