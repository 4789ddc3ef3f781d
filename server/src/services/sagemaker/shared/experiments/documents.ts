// Experiments, trials and trial components as rows. Names are unique without regard to case (API reference), so a row's name
// is in lower case and the document keeps the name as given.
import type {
  ExperimentSource,
  MetadataProperties,
  TrialComponentArtifact,
  TrialComponentParameterValue,
  TrialComponentSource,
  TrialComponentStatus,
  UserContext,
} from "../../../../../../contract/sagemaker/types.ts";
import type { Call, Principal } from "../../../../core/call.ts";
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
export interface Told {
  readonly Status?: TrialComponentStatus | undefined;
  readonly StartTime?: number | undefined;
  readonly EndTime?: number | undefined;
  readonly Parameters?: Readonly<Record<string, TrialComponentParameterValue>> | undefined;
  readonly InputArtifacts?: Readonly<Record<string, TrialComponentArtifact>> | undefined;
  readonly OutputArtifacts?: Readonly<Record<string, TrialComponentArtifact>> | undefined;
}

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

/** `name`: as anybody writes it, or the entity's ARN. */
export const entityKey = (
  at: { readonly account: string; readonly region: string },
  type: EntityType,
  name: string,
): RowKey => ({ kind: kindOf(type), scope: scopeOf(at), name: entityName(name).toLowerCase() });

/** The name in an ARN, or the name itself. */
export const entityName = (nameOrArn: string): string => nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1);

/** Who did it, for CreatedBy and LastModifiedBy. */
export const userContext = ({ arn, userId }: Principal): UserContext => ({
  IamIdentity: { Arn: arn, PrincipalId: userId },
});

/** The same, of a call. */
export const caller = (call: Call): UserContext => userContext(call.principal);
