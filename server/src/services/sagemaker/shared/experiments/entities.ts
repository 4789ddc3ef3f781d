// What experiments, trials and trial components have in common: made once, found, changed, and deleted only when empty.
import type { Tag } from "../../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../../core/errors.ts";
import { again } from "../../../../store/rows/again.ts";
import type { Expectation, Row, RowKey, Rows, RowWrite } from "../../../../store/rows/rows.ts";
import { Conflict } from "../../../../store/rows/rows.ts";
import type { Committer } from "../quotas.ts";
import { tagKey, tagRow } from "../tags.ts";
import { type EntityType, kindOf } from "./documents.ts";

const words: Readonly<Record<EntityType, string>> = {
  experiment: "Experiment",
  "experiment-trial": "Trial",
  "experiment-trial-component": "Trial Component",
};

const wordOf = ({ kind }: RowKey): string =>
  Object.entries(words).find(([type]) => kindOf(type as EntityType) === kind)?.[1] ?? "Resource";

export const sameKey = (one: RowKey, other: RowKey): boolean =>
  one.kind === other.kind && one.scope === other.scope && one.name === other.name;

interface Named {
  readonly name: string;
  readonly arn: string;
}

export interface NewEntity<Document extends Named> {
  readonly key: RowKey;
  readonly document: Document;
  readonly tags: readonly Tag[] | undefined;
  readonly now: number;
  readonly parent?: string;
  /** What has to be there, and what is written along. */
  readonly expect?: readonly Expectation[];
  readonly put?: readonly RowWrite<unknown>[];
}

/** What a new entity writes: its row and its tags. @throws ApiError Validation for bad tags */
export const entityRows = <Document extends Named>({ key, document, tags, now, parent }: NewEntity<Document>) => [
  { ...key, status: "", createdAt: now, modifiedAt: now, document, ...(parent === undefined ? {} : { parent }) },
  tagRow(key.scope, document.arn, tags, now),
];

/** @throws ApiError Validation for a name that is taken, ResourceNotFound for one of `expect` that is gone */
export async function createEntity<Document extends Named>(
  rows: Committer,
  entity: NewEntity<Document>,
): Promise<void> {
  const { key, document, expect = [], put = [] } = entity;
  try {
    await rows.commit({
      expect: [{ key, version: "absent" }, ...expect],
      put: [...entityRows(entity), ...put],
      events: [{ ...key, type: "created" }],
    });
  } catch (cause) {
    if (!(cause instanceof Conflict)) throw cause;
    if (!sameKey(cause.expectation.key, key)) throw gone(cause.expectation.key, cause.expectation.key.name);
    const word = wordOf(key);
    throw errors.validation(
      `${word} names must be unique within an AWS account and region. ${word} with name (${document.name}) already exists.`,
    );
  }
}

const gone = (key: RowKey, name: string) => errors.resourceNotFound(`${wordOf(key)} '${name}' does not exist.`);

/** That the entity is there when something is put into it. */
export const present = ({ kind, scope, name }: RowKey): Expectation => ({
  key: { kind, scope, name },
  version: "present",
});

/** @throws ApiError ResourceNotFound; `name` is how the caller wrote it */
export async function needEntity<Document>(rows: Rows, key: RowKey, name = key.name): Promise<Row<Document>> {
  const row = await rows.get<Document>(key);
  if (!row) throw gone(key, name);
  return row;
}

/** Changes an entity as it is now, whoever else changes it meanwhile. @throws ApiError ResourceNotFound */
export async function changeEntity<Document>(
  rows: Rows,
  key: RowKey,
  now: number,
  change: (document: Document) => Document,
): Promise<Row<Document>> {
  return await again(async () => {
    const row = await needEntity<Document>(rows, key);
    const { version, ...rest } = row;
    const document = change(row.document);
    await rows.commit({
      expect: [{ key, version }],
      put: [{ ...rest, modifiedAt: Math.max(now, row.modifiedAt), document }],
      events: [{ ...key, type: "updated" }],
    });
    return { ...row, document };
  });
}

/**
 * A row that changes whenever something is put into the entity: who deletes the entity expects it as it was before looking
 * inside. Those who put things in need not wait for each other, as they would if they changed the entity's own row.
 */
const guardKey = ({ kind, scope, name }: RowKey): RowKey => ({ kind: `${kind}-guard`, scope, name });

export const guard = (key: RowKey, now: number): RowWrite<unknown> => ({
  ...guardKey(key),
  status: "",
  createdAt: now,
  modifiedAt: now,
  document: {},
});

/** @throws ApiError ResourceNotFound, Validation with `refusal` when `isUsed` */
export async function deleteEntity(
  rows: Rows,
  key: RowKey,
  unless: { readonly isUsed: () => Promise<boolean>; readonly refusal: (arn: string) => string },
): Promise<string> {
  return await again(async () => {
    const row = await needEntity<Named>(rows, key);
    const { arn } = row.document;
    const guarded = await rows.get(guardKey(key));
    if (await unless.isUsed()) throw errors.validation(unless.refusal(arn));
    await rows.commit({
      expect: [
        { key, version: row.version },
        { key: guardKey(key), version: guarded?.version ?? "absent" },
      ],
      remove: [key, guardKey(key), tagKey(key.scope, arn)],
      events: [{ ...key, type: "deleted" }],
    });
    return arn;
  });
}
