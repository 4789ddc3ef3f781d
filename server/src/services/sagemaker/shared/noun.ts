// What every noun of SageMaker is given and gives: parts from app/, a table of operations, and a job if something runs.
import type { Operations as Contract } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Clock } from "../../../core/clock.ts";
import { sagemakerArn } from "../../../core/ids.ts";
import type { Authorizer, DataKeys, Networks, Objects, RoleSessions } from "../../../core/ports.ts";
import type { Controls, Operations } from "../../../core/service.ts";
import type { Engine } from "../../../engine/engine.ts";
import type { JobKind } from "../../../engine/job-kind.ts";
import type { Row, Rows } from "../../../store/rows/rows.ts";
import type { Series } from "../../../store/series/series.ts";
import type { EndpointRoutes } from "../port.ts";
import type { TrackedJobs } from "./experiments/tracked.ts";
import type { FileSystems } from "./file-systems.ts";
import type { Quotas } from "./quotas.ts";
import type { Searchable } from "./searchable.ts";
import type { StateChanges } from "./state-changes/state-changes.ts";

export interface Parts {
  readonly rows: Rows;
  readonly series: Series;
  readonly objects: Objects;
  readonly keys: DataKeys;
  readonly roles: RoleSessions;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  /** What the engine can tell about running work, and which images there are. */
  readonly engine: Engine;
  /** The subnets and security groups that VpcConfig may name. */
  readonly networks: Networks;
  /** Folders of this machine that stand for file systems. */
  readonly fileSystems: FileSystems;
  /** How much of what the account may have; for whoever commits what counts. */
  readonly quotas: Quotas;
  /** Jobs on spot instances are interrupted after running so long; 0: only when somebody asks. */
  readonly spotInterruptEverySeconds: number;
  /** Seals secrets that requests bring, such as an identity provider's. 32 bytes. */
  readonly sealingKey: Uint8Array;
  /** Runs another operation of SageMaker for the service itself: neither validated nor authorised again. */
  readonly inside: <Name extends keyof Contract>(
    name: Name,
    input: Contract[Name]["input"],
    call: Call,
  ) => Promise<Contract[Name]["output"]>;
  /** Where the endpoints' job tells who answers. */
  readonly routes: EndpointRoutes;
  /** Every noun, once all are made; for those that look at whatever there is. */
  readonly nouns: () => readonly Noun[];
}

/** Operations of one noun and its job, made from the parts. */
export interface Noun {
  /** Its things are kept, listed and given back, and nothing acts on them yet: for the compatibility page. */
  readonly isRecord?: true;
  readonly operations: Operations<Contract>;
  // biome-ignore lint/suspicious/noExplicitAny: a list holds job kinds of every document type
  readonly job?: JobKind<any>;
  /** What only whoever runs the server may do, by name: commands reach it through the data folder (app/control.ts). */
  readonly controls?: Controls;
  /** What the event bus is told of. */
  // biome-ignore lint/suspicious/noExplicitAny: a list holds things of every document type
  readonly stateChanges?: StateChanges<any>;
  /** How the trial component of a job is read from its row. */
  // biome-ignore lint/suspicious/noExplicitAny: a list holds jobs of every document type
  readonly tracked?: TrackedJobs<any>;
  // biome-ignore lint/suspicious/noExplicitAny: a list holds resources of every document type
  readonly searchable?: Searchable<any>;
}

/** What names of SageMaker are unique in; the scope of its rows. */
export const scopeOf = (at: { readonly account: string; readonly region: string }): string =>
  `${at.account}/${at.region}`;

/** Account and region of a row. */
export function placeOf(row: Pick<Row<unknown>, "scope">): { readonly account: string; readonly region: string } {
  const [account = "", region = ""] = row.scope.split("/");
  return { account, region };
}

/** ARN of a row's resource, `arn:aws:sagemaker:us-east-1:123456789012:model/digits`. */
export const arnOf = (row: Pick<Row<unknown>, "scope" | "name">, type: string): string =>
  sagemakerArn(placeOf(row), type, row.name);

/** Timestamps of the API are seconds since 1970 with a fraction; ours are milliseconds. */
export const toSeconds = (milliseconds: number): number => milliseconds / 1000;
export const toMilliseconds = (seconds: number): number => Math.round(seconds * 1000);

/**
 * Permission to hand the role to SageMaker for the resource, which every operation with an execution role needs. A role
 * belongs to the account of its ARN, so that nobody can pass a role of another account.
 */
export const passRole = (roleArn: string, associatedArn: string) => ({
  action: "iam:PassRole",
  resource: roleArn,
  resourceAccount: roleArn.split(":")[4] ?? "",
  conditions: {
    "iam:PassedToService": "sagemaker.amazonaws.com",
    ...(associatedArn === "*" ? {} : { "iam:AssociatedResourceArn": associatedArn }),
  },
});

/** The permission of an operation on one resource, by name or by ARN. */
export const onResource = (call: Call, type: string, nameOrArn: string) =>
  onArn(call, nameOrArn.startsWith("arn:") ? nameOrArn : sagemakerArn(call, type, nameOrArn));

/**
 * The same by ARN. What an ARN names is found whatever its case, so policies are asked about the ARN as it is given out, in
 * lower case: a Deny holds for every way to write it.
 */
export const onArn = (call: Call, arn: string) => ({
  action: `sagemaker:${call.operation}`,
  resource: arn.toLowerCase(),
});
