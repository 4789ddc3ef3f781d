// Worker task templates, read by flow definitions and by whoever holds the address of one.
import { nameInUse, notFound, type RecordParts, Records } from "./records.ts";

export const humanTaskUiKind = "sagemaker:human-task-ui";

export interface HumanTaskUiDocument {
  /** The template, HTML with Liquid. */
  readonly Content: string;
  /** Hexadecimal. */
  readonly ContentSha256: string;
  /** What the address of the template has that nobody can guess. */
  readonly id: string;
}

export const humanTaskUiRecords = (parts: RecordParts): Records<HumanTaskUiDocument> =>
  new Records(parts, {
    kind: humanTaskUiKind,
    type: "human-task-ui",
    sort: { sortBy: "CreationTime", sortOrder: "Ascending" },
    missing: notFound("human task UI"),
    duplicate: nameInUse("human task UI"),
    quota: "Maximum number of A2I human task UIs",
  });
