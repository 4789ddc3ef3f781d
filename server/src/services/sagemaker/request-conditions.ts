// What policies may ask of a request to SageMaker: for each condition key the members that fill it. Which operation has
// which keys is in the contract (Service Authorization Reference); what a key means is in the guide of September 2020,
// "Control Creation of SageMaker Resources with Condition Keys". A key is there when the request has the member.
import { type IamService, loadIam } from "../../../../contract/model.ts";
import type { Tag } from "../../../../contract/sagemaker/types.ts";
import type { Call, Permission } from "../../core/call.ts";
import { sagemakerArn } from "../../core/ids.ts";
import { workteamTypeOf } from "./shared/workteam.ts";

type Conditions = NonNullable<Permission["conditions"]>;
type Read = (value: unknown, call: Call) => string | undefined;

interface Key {
  /** Dotted paths of members; lists on the way are gone through. */
  readonly members: readonly string[];
  /** Several values are possible: a list also where there is one. */
  readonly isList?: true;
  /** Default: as text. */
  readonly read?: Read;
}

/** A key's id or alias is read as its ARN, so that a policy holds for every way to name the key. */
const keyArn: Read = (value, { region, account }) => {
  const id = String(value);
  return id.startsWith("arn:") ? id : `arn:aws:kms:${region}:${account}:${id.startsWith("alias/") ? id : `key/${id}`}`;
};

/** Where definitions of jobs stand in requests that start jobs later. */
const TRAINING = ["", "TrainingJobDefinition.", "TrainingJobDefinitions."];
const MONITORING = "MonitoringScheduleConfig.MonitoringJobDefinition.";
const AUTOML = "AutoMLJobConfig.SecurityConfig.";
const LABELING = "LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.";
const SETTINGS = ["DefaultUserSettings.", "UserSettings."];
const APPS = SETTINGS.flatMap((settings) =>
  ["JupyterServerAppSettings", "KernelGatewayAppSettings", "TensorBoardAppSettings"].map(
    (app) => `${settings}${app}.DefaultResourceSpec.`,
  ),
);

const under = (places: readonly string[], ...members: readonly string[]): string[] =>
  places.flatMap((place) => members.map((member) => place + member));

const keys: Readonly<Record<string, Key>> = {
  "sagemaker:AcceleratorTypes": { isList: true, members: ["AcceleratorTypes", "ProductionVariants.AcceleratorType"] },
  "sagemaker:AppNetworkAccessType": { members: ["AppNetworkAccessType"] },
  "sagemaker:DirectInternetAccess": { members: ["DirectInternetAccess"] },
  "sagemaker:DomainSharingOutputKmsKey": { members: under(SETTINGS, "SharingSettings.S3KmsKeyId"), read: keyArn },
  "sagemaker:ImageArns": {
    isList: true,
    members: under(["ResourceSpec.", ...APPS], "SageMakerImageArn"),
  },
  "sagemaker:InstanceTypes": {
    isList: true,
    members: [
      "InstanceType",
      "ProductionVariants.InstanceType",
      "ProcessingResources.ClusterConfig.InstanceType",
      "TransformResources.InstanceType",
      `${MONITORING}MonitoringResources.ClusterConfig.InstanceType`,
      ...under(TRAINING, "ResourceConfig.InstanceType"),
      ...under(["ResourceSpec.", ...APPS], "InstanceType"),
    ],
  },
  "sagemaker:InterContainerTrafficEncryption": {
    members: [
      ...under(TRAINING, "EnableInterContainerTrafficEncryption"),
      ...under(["", MONITORING], "NetworkConfig.EnableInterContainerTrafficEncryption"),
      `${AUTOML}EnableInterContainerTrafficEncryption`,
    ],
  },
  "sagemaker:MaxRuntimeInSeconds": {
    members: under([...TRAINING, MONITORING], "StoppingCondition.MaxRuntimeInSeconds"),
  },
  "sagemaker:ModelApprovalStatus": { members: ["ModelApprovalStatus"] },
  "sagemaker:ModelArn": {
    isList: true,
    members: ["ModelName", "ProductionVariants.ModelName"],
    read: (name, call) => sagemakerArn(call, "model", String(name)),
  },
  "sagemaker:NetworkIsolation": {
    members: [
      ...under(TRAINING, "EnableNetworkIsolation"),
      ...under(["", MONITORING], "NetworkConfig.EnableNetworkIsolation"),
    ],
  },
  "sagemaker:OutputKmsKey": {
    isList: true,
    members: [
      ...under(["ProcessingOutputConfig.", "TransformOutput.", "OutputConfig."], "KmsKeyId"),
      `${MONITORING}MonitoringOutputConfig.KmsKeyId`,
      ...under(TRAINING, "OutputDataConfig.KmsKeyId"),
    ],
    read: keyArn,
  },
  "sagemaker:RootAccess": { members: ["RootAccess"] },
  "sagemaker:VolumeKmsKey": {
    isList: true,
    members: [
      "KmsKeyId",
      "HomeEfsFileSystemKmsKeyId",
      "ProcessingResources.ClusterConfig.VolumeKmsKeyId",
      "TransformResources.VolumeKmsKeyId",
      `${MONITORING}MonitoringResources.ClusterConfig.VolumeKmsKeyId`,
      ...under([AUTOML, LABELING], "VolumeKmsKeyId"),
      ...under(TRAINING, "ResourceConfig.VolumeKmsKeyId"),
    ],
    read: keyArn,
  },
  "sagemaker:VpcSecurityGroupIds": {
    isList: true,
    members: [
      "SecurityGroupIds",
      ...under([...TRAINING, AUTOML, LABELING], "VpcConfig.SecurityGroupIds"),
      ...under(["", MONITORING], "NetworkConfig.VpcConfig.SecurityGroupIds"),
      ...under(SETTINGS, "SecurityGroups"),
    ],
  },
  "sagemaker:VpcSubnets": {
    isList: true,
    members: [
      "SubnetId",
      "SubnetIds",
      ...under([...TRAINING, AUTOML, LABELING], "VpcConfig.Subnets"),
      ...under(["", MONITORING], "NetworkConfig.VpcConfig.Subnets"),
    ],
  },
  "sagemaker:WorkteamArn": { members: ["HumanLoopConfig.WorkteamArn", "HumanTaskConfig.WorkteamArn"] },
  "sagemaker:WorkteamType": {
    members: ["HumanLoopConfig.WorkteamArn", "HumanTaskConfig.WorkteamArn"],
    read: (arn) => workteamTypeOf(String(arn)),
  },
};

let facts: IamService["actions"] | undefined;

/** What the requests of an operation give to policies. */
export interface RequestReader {
  /** Whether the operation is about resources of its own; else it is allowed or not on `*`. */
  readonly hasResources: boolean;
  /** Every key that the operation has and the request fills; tags as aws:RequestTag and aws:TagKeys. */
  conditions(input: object, call: Call): Conditions;
  /** For each file system that the request reads from its keys: a policy has to allow every one by itself. */
  fileSystems(input: object): readonly Conditions[];
}

/** Reads the facts of all operations when it is called first. */
export function readerOf(operation: string): RequestReader {
  facts ??= loadIam("sagemaker").actions;
  const { conditionKeys = [], resources } = facts[operation] ?? {};
  const known = conditionKeys.flatMap((name) => {
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    return key ? [{ ...key, name, paths: pathsOf(key.members) }] : [];
  });
  const hasTags = conditionKeys.includes("aws:TagKeys");
  const hasFileSystems = conditionKeys.includes("sagemaker:FileSystemId");
  return {
    hasResources: resources === undefined || resources.length > 0,
    conditions(input, call) {
      const found: Record<string, string | readonly string[]> = {};
      for (const { name, isList, paths, read = String } of known) {
        const given = valuesAt(input, paths);
        if (given.length === 0) continue;
        const values = given.flatMap((value) => read(value, call) ?? []);
        const [only] = values;
        if (only !== undefined) found[name] = isList ? [...new Set(values)] : only;
      }
      return hasTags ? Object.assign(found, tagConditions(input)) : found;
    },
    fileSystems: (input) => (hasFileSystems ? fileSystemConditions(input) : []),
  };
}

type Path = readonly string[];

const pathsOf = (members: readonly string[]): readonly Path[] => members.map((member) => member.split("."));

function valuesAt(input: object, paths: readonly Path[]): readonly unknown[] {
  const found: unknown[] = [];
  for (const path of paths) collect(input, path, 0, found);
  return found;
}

/** What a request does not have, which is most of what is looked for, ends at its first name. */
function collect(value: unknown, path: Path, depth: number, found: unknown[]): void {
  if (value === undefined || value === null) return;
  const name = path[depth];
  if (Array.isArray(value)) for (const each of value) collect(each, path, depth, found);
  else if (name === undefined) found.push(value);
  else if (typeof value === "object") collect((value as Record<string, unknown>)[name], path, depth + 1, found);
}

function tagConditions(input: { readonly Tags?: readonly Tag[]; readonly TagKeys?: readonly string[] }): Conditions {
  const { Tags = [], TagKeys = Tags.map(({ Key }) => Key) } = input;
  if (TagKeys.length === 0) return {};
  return {
    ...Object.fromEntries(Tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
    "aws:TagKeys": TagKeys,
  };
}

const FILE_SYSTEM = {
  "sagemaker:FileSystemId": "FileSystemId",
  "sagemaker:FileSystemType": "FileSystemType",
  "sagemaker:FileSystemDirectoryPath": "DirectoryPath",
  "sagemaker:FileSystemAccessMode": "FileSystemAccessMode",
} as const;

const fileSystemPaths = pathsOf(under(TRAINING, "InputDataConfig.DataSource.FileSystemDataSource"));

const fileSystemConditions = (input: object): readonly Conditions[] =>
  valuesAt(input, fileSystemPaths).map((source) =>
    Object.fromEntries(
      Object.entries(FILE_SYSTEM).map(([key, member]) => [key, String((source as Record<string, unknown>)[member])]),
    ),
  );

const rolePaths = pathsOf([
  "RoleArn",
  "ExecutionRoleArn",
  "ValidationSpecification.ValidationRole",
  `${MONITORING}RoleArn`,
  ...under(TRAINING.slice(1), "RoleArn"),
  ...under(SETTINGS, "ExecutionRole"),
]);

/** ARNs of the execution roles that the request hands to SageMaker: members of the contract's shape RoleArn. */
export const rolesIn = (input: object): readonly string[] => [...new Set(valuesAt(input, rolePaths).map(String))];
