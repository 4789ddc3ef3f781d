// Work teams as others name them: by ARN, of the private crowd, a vendor or the public.
import type { MemberDefinition, NotificationConfiguration } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import { nameInUse, type RecordParts, Records } from "./records.ts";

export const workteamKind = "sagemaker:workteam";

export interface WorkteamDocument {
  readonly WorkforceName: string;
  readonly MemberDefinitions: readonly MemberDefinition[];
  readonly Description: string;
  readonly NotificationConfiguration?: NotificationConfiguration | undefined;
}

export const workteamRecords = (parts: RecordParts): Records<WorkteamDocument> =>
  new Records(parts, {
    kind: workteamKind,
    type: "workteam/private-crowd",
    sort: { sortBy: "CreationTime", sortOrder: "Ascending" },
    missing: (arn) => errors.validation(`The work team "${arn}" does not exist.`),
    duplicate: nameInUse("work team"),
    quota: "Number of workteams",
  });

export type WorkteamType = "private-crowd" | "public-crowd" | "vendor-crowd";

/** The crowd of a team's ARN, `workteam/private-crowd/dock`; undefined when it names none. */
export const workteamTypeOf = (arn: string): WorkteamType | undefined =>
  /:workteam\/(private-crowd|public-crowd|vendor-crowd)\/[^/]+$/i.exec(arn)?.[1]?.toLowerCase() as
    | WorkteamType
    | undefined;
