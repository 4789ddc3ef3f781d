// What the operations of every job noun do with its row: create it once, find it, change it as it is now.
import type { Tag } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import { again } from "../../../store/rows/again.ts";
import type { Change, ChangeEvent, Row, RowKey, Rows } from "../../../store/rows/rows.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import type { Committer } from "./quotas.ts";
import { arnIsFree, tagKind, tagRow } from "./tags.ts";

export interface NewJob<Document> {
  readonly key: RowKey;
  readonly status: string;
  readonly document: Document;
  readonly arn: string;
  readonly tags: readonly Tag[] | undefined;
  readonly now: number;
  /** `training job`, for the text of a duplicate. */
  readonly noun: string;
  /** What is written along, found out anew if it did not hold; throws when it cannot be. `failed`: rows that were not as expected. */
  readonly along?: (failed: readonly RowKey[]) => Promise<Pick<Change, "expect" | "put">>;
}

/** One commit: the row, its tags, what is written along, the event that wakes the engine. @throws ApiError ResourceInUse */
export async function createJob<Document>(rows: Committer, job: NewJob<Document>): Promise<void> {
  const { key, arn, now, noun } = job;
  const created: ChangeEvent = { ...key, type: "created", detail: job.status };
  const failed: RowKey[] = [];
  for (;;) {
    const { expect = [], put = [] } = (await job.along?.(failed)) ?? {};
    try {
      await rows.commit({
        expect: [{ key, version: "absent" }, arnIsFree(key.scope, arn), ...expect],
        put: [
          { ...key, status: job.status, createdAt: now, modifiedAt: now, document: job.document },
          tagRow(key.scope, arn, job.tags, now),
          ...put,
        ],
        events: [created],
      });
      return;
    } catch (cause) {
      if (!(cause instanceof Conflict)) throw cause;
      failed.push(cause.expectation.key);
      if (![key.kind, tagKind].includes(cause.expectation.key.kind)) continue;
      const Noun = noun.charAt(0).toUpperCase() + noun.slice(1);
      throw errors.resourceInUse(
        `${Noun} names must be unique within an AWS account and region, and a ${noun} with this name already exists (${arn}).`,
      );
    }
  }
}

/** @throws ApiError ResourceNotFound */
export async function needJob<Document>(rows: Rows, key: RowKey): Promise<Row<Document>> {
  const row = await rows.get<Document>(key);
  if (!row) throw errors.resourceNotFound("Requested resource not found.");
  return row;
}

/**
 * Changes a job as it is now, again if the engine was faster. `change` gives the new status and document, or throws.
 * @throws ApiError ResourceNotFound
 */
export async function changeJob<Document>(
  rows: Rows,
  key: RowKey,
  now: number,
  change: (row: Row<Document>) => { readonly status: string; readonly document: Document },
): Promise<void> {
  await again(async () => {
    const row = await needJob<Document>(rows, key);
    const { version, ...rest } = row;
    const next = { ...rest, ...change(row), modifiedAt: now };
    await rows.commit({
      expect: [{ key, version }],
      put: [next],
      events: [{ ...key, type: "status", detail: next.status }],
    });
  });
}
