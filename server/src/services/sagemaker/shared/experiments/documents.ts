// Experiments, trials and trial components as rows. Names are unique without regard to case (API reference), so a row's name
// is in lower case and the document keeps the name as given.
import type {
  CreateTrialComponentRequest,
  ExperimentSource,
  MetadataProperties,
  TrialComponentSource,
  UserContext,
} from "../../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../../core/call.ts";
import { sagemakerArn } from "../../../../core/ids.ts";
import type { Row, RowKey } from "../../../../store/rows/rows.ts";
import { scopeOf } from "../noun.ts";

/** What an entity is called in ARNs; its rows are of the kind `sagemaker:<this>`. */
export type EntityType = "experiment" | "experiment-trial" | "experiment-trial-component";

export const kindOf = (type: EntityType): string => `sagemaker:${type}`;

interface Entity {
  /** As given, with its case. */
  readonly name: string;
  readonly arn: string;
  readonly displayName?: string | undefined;
  readonly createdBy: UserContext;
  readonly modifiedBy?: UserContext;
}

export interface ExperimentDocument extends Entity {
  readonly description?: string | undefined;
  readonly source?: ExperimentSource;
}

/** The row's parent is the experiment's row name. */
export interface TrialDocument extends Entity {
  /** As its own row has it, with its case. */
  readonly experimentName: string;
  readonly metadata?: MetadataProperties | undefined;
}

/** What people say about a component themselves. Times in seconds since 1970. */
export type Told = Pick<CreateTrialComponentRequest, "Status" | "StartTime" | "EndTime" | MapMember>;

/** The members of a component that are maps, of which single entries can be removed. */
export const mapMembers = ["Parameters", "InputArtifacts", "OutputArtifacts"] as const;
export type MapMember = (typeof mapMembers)[number];

/** The row's parent is the ARN of the job it is of, in lower case; none for one that somebody made. */
export interface ComponentDocument extends Entity {
  readonly told: Told;
  /** Entries of the job's that somebody removed. */
  readonly removed?: Readonly<Partial<Record<MapMember, readonly string[]>>>;
  readonly metadata?: MetadataProperties | undefined;
  /** The job that the rest is read from, whenever the component is looked at. */
  readonly job?: { readonly key: RowKey; readonly source: TrialComponentSource };
}

export type ExperimentRow = Row<ExperimentDocument>;
export type TrialRow = Row<TrialDocument>;
export type ComponentRow = Row<ComponentDocument>;

/** By the name as anybody writes it, or by the entity's own ARN: nothing is called as an ARN of another place or noun. */
export function entityKey(
  at: { readonly account: string; readonly region: string },
  type: EntityType,
  nameOrArn: string,
): RowKey {
  const name = nameOrArn.toLowerCase();
  const beforeName = sagemakerArn(at, type, "");
  return {
    kind: kindOf(type),
    scope: scopeOf(at),
    name: name.startsWith(beforeName) ? name.slice(beforeName.length) : name,
  };
}

/** Who did it, for CreatedBy and LastModifiedBy. */
export const caller = ({ principal: { arn, userId } }: Call): UserContext => ({
  IamIdentity: { Arn: arn, PrincipalId: userId },
});
