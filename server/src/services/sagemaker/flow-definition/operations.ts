// Flow definitions: which results people review, who they are and what they are shown
// (guide, "Create a Human Review Workflow"). Made in one step, so always Active.
// Gap: human loops cannot be started yet; conditions are checked against their schema and kept.
// Gap: only teams of the private workforce: there are no workers of the public here, and no vendors.
// Gap: S3OutputPath and KmsKeyId are kept and given back; nobody looks whether the bucket is there.
import type { CreateFlowDefinitionRequest, HumanLoopConfig } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { humanTaskUiRecords } from "../shared/human-task-ui.ts";
import { notBuilt } from "../shared/not-built.ts";
import { type Noun, type Parts, toSeconds } from "../shared/noun.ts";
import { nameInUse, notFound, Records } from "../shared/records.ts";
import { checkRole } from "../shared/roles.ts";
import { workteamRecords, workteamTypeOf } from "../shared/workteam.ts";
import { checkConditions } from "./conditions.ts";

type FlowDefinitionDocument = Omit<CreateFlowDefinitionRequest, "Tags" | "FlowDefinitionName">;

/** Limits of a task in seconds (guide of September 2020, "Create a Human Review Workflow"). */
const MAX_TASK_SECONDS = 8 * 60 * 60;
const DEFAULT_TASK_SECONDS = 60 * 60;
const MAX_AVAILABLE_SECONDS = 10 * 24 * 60 * 60;

export function flowDefinition(parts: Parts): Noun {
  const records = new Records<FlowDefinitionDocument>(parts, {
    kind: "sagemaker:flow-definition",
    type: "flow-definition",
    sort: { sortBy: "CreationTime", sortOrder: "Ascending" },
    missing: notFound("flow definition"),
    duplicate: nameInUse("flow definition"),
    quota: "Maximum number of A2I flow definitions",
  });
  const teams = workteamRecords(parts);
  const templates = humanTaskUiRecords(parts);

  /** @throws ApiError Validation unless team and template are there */
  const checkReferences = async (call: Call, config: HumanLoopConfig): Promise<void> => {
    if (workteamTypeOf(config.WorkteamArn) === "public-crowd") throw notBuilt("WorkteamArn: the public workforce");
    await teams.need(call, config.WorkteamArn);
    if (!(await templates.find(call, config.HumanTaskUiArn)))
      throw errors.validation(`HumanTaskUiArn: could not find human task UI "${config.HumanTaskUiArn}".`);
  };

  return {
    isRecord: true,
    operations: {
      CreateFlowDefinition: {
        permissions: ({ FlowDefinitionName }, call) => [records.on(call, FlowDefinitionName)],
        run: async ({ FlowDefinitionName, Tags, ...request }, call) => {
          const config = checkLoop(request.HumanLoopConfig);
          checkActivation(request);
          await checkReferences(call, config);
          await checkRole(parts.roles, request.RoleArn);
          const HumanLoopConfig = { TaskTimeLimitInSeconds: DEFAULT_TASK_SECONDS, ...config };
          const document = { ...request, HumanLoopConfig };
          const record = { name: FlowDefinitionName, status: "Active", document, tags: Tags };
          return { FlowDefinitionArn: await records.create(call, record) };
        },
      },
      DescribeFlowDefinition: {
        permissions: ({ FlowDefinitionName }, call) => [records.on(call, FlowDefinitionName)],
        run: async ({ FlowDefinitionName }, call) => {
          const { name, createdAt, document } = await records.need(call, FlowDefinitionName);
          return {
            FlowDefinitionArn: records.arn(call, name),
            FlowDefinitionName: name,
            FlowDefinitionStatus: "Active",
            CreationTime: toSeconds(createdAt),
            ...document,
          };
        },
      },
      DeleteFlowDefinition: {
        permissions: ({ FlowDefinitionName }, call) => [records.on(call, FlowDefinitionName)],
        run: async ({ FlowDefinitionName }, call) => {
          await records.remove(call, FlowDefinitionName);
          return {};
        },
      },
      ListFlowDefinitions: {
        run: async (input, call) => {
          const { rows, ...more } = await records.list(call, input);
          return {
            FlowDefinitionSummaries: rows.map(({ name, createdAt }) => ({
              FlowDefinitionName: name,
              FlowDefinitionArn: records.arn(call, name),
              FlowDefinitionStatus: "Active",
              CreationTime: toSeconds(createdAt),
            })),
            ...more,
          };
        },
      },
    },
  };
}

/** @throws ApiError Validation for what the contract leaves open */
function checkLoop(config: HumanLoopConfig | undefined): HumanLoopConfig {
  if (!config) throw errors.validation("HumanLoopConfig must be given.");
  checkAtMost("TaskTimeLimitInSeconds", config.TaskTimeLimitInSeconds, MAX_TASK_SECONDS);
  checkAtMost("TaskAvailabilityLifetimeInSeconds", config.TaskAvailabilityLifetimeInSeconds, MAX_AVAILABLE_SECONDS);
  if (config.PublicWorkforceTaskPrice && workteamTypeOf(config.WorkteamArn) === "private-crowd")
    throw errors.validation("PublicWorkforceTaskPrice is for work teams of the public workforce, got a private one.");
  return config;
}

function checkAtMost(member: string, seconds: number | undefined, most: number): void {
  if (seconds !== undefined && seconds > most)
    throw errors.validation(`HumanLoopConfig.${member}: expected at most ${most}, got ${seconds}.`);
}

/** @throws ApiError Validation: only built-in task types have conditions */
function checkActivation({ HumanLoopRequestSource, HumanLoopActivationConfig }: FlowDefinitionDocument): void {
  if (!HumanLoopActivationConfig) return;
  if (!HumanLoopRequestSource)
    throw errors.validation(
      "HumanLoopActivationConfig: a custom task type has no conditions; give HumanLoopRequestSource or leave it out.",
    );
  checkConditions(
    HumanLoopActivationConfig.HumanLoopActivationConditionsConfig.HumanLoopActivationConditions,
    HumanLoopRequestSource.AwsManagedHumanLoopRequestSource,
  );
}
