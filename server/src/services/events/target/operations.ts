// Targets of rules: where events go.
// Gap: targets are log groups, topics of SNS, API destinations and event buses; others (Lambda, SQS, Step Functions,
// Kinesis, ECS, SageMaker pipelines …) are refused in words.
// Gap: DeadLetterConfig names a queue of SQS and is refused; what cannot be delivered is kept in a log group.
// Gap: a target that is a bus of the same account needs no role.
// Gap: log groups that begin with /aws/events/ are open to rules of their account without a resource policy.
import type { Operations as Contract, Target } from "../../../../../contract/events/types.ts";
import { cutPage } from "../../../core/pages.ts";
import type { Operations } from "../../../core/service.ts";
import { limitExceeded, validation } from "../errors.ts";
import { passRole } from "../shared/access.ts";
import { readBus, readOwnBus } from "../shared/arns.ts";
import { requireBus } from "../shared/buses.ts";
import { checkInput } from "../shared/input.ts";
import { afterOf } from "../shared/paging.ts";
import type { Parts } from "../shared/parts.ts";
import { changeRule, onRule, requireRule } from "../shared/rules.ts";

/** EventBridge user guide, "Quotas". */
const MAX_TARGETS = 5;
const PAGE = 100;

export const target = (parts: Parts): Operations<Contract> => ({
  PutTargets: {
    permissions: (input, call) => [
      ...onRule(call, readBus(call, input.EventBusName), input.Rule, {
        "events:TargetArn": input.Targets.map(({ Arn }) => Arn),
      }),
      ...input.Targets.flatMap(({ RoleArn }) => (RoleArn === undefined ? [] : [passRole(RoleArn)])),
    ],
    async run({ Rule, EventBusName, Targets }, call) {
      const bus = readOwnBus(call, EventBusName);
      await requireBus(parts, bus);
      await requireRule(parts, bus, Rule);
      for (const one of Targets) checkTarget(one);
      const ids = new Set(Targets.map(({ Id }) => Id));
      if (ids.size !== Targets.length) throw validation("Each target must have an Id of its own.");
      await changeRule(parts, call, { bus, rule: Rule }, ({ document }) => {
        const targets = [...document.targets.filter(({ Id }) => !ids.has(Id)), ...Targets];
        if (targets.length > MAX_TARGETS) {
          throw limitExceeded("The requested resource exceeds the maximum number allowed.");
        }
        return { document: { ...document, targets } };
      });
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
  },
  RemoveTargets: {
    permissions: (input, call) => onRule(call, readBus(call, input.EventBusName), input.Rule),
    async run({ Rule, EventBusName, Ids }, call) {
      const bus = readOwnBus(call, EventBusName);
      await requireBus(parts, bus);
      const { document } = await requireRule(parts, bus, Rule);
      const unknown = Ids.filter((id) => !document.targets.some(({ Id }) => Id === id));
      await changeRule(parts, call, { bus, rule: Rule }, (row) => ({
        document: { ...row.document, targets: row.document.targets.filter(({ Id }) => !Ids.includes(Id)) },
      }));
      return {
        FailedEntryCount: unknown.length,
        FailedEntries: unknown.map((TargetId) => ({
          TargetId,
          ErrorCode: "ResourceNotFoundException",
          ErrorMessage: `Rule ${Rule} does not have a target with the Id ${TargetId}.`,
        })),
      };
    },
  },
  ListTargetsByRule: {
    permissions: (input, call) => onRule(call, readBus(call, input.EventBusName), input.Rule),
    async run({ Rule, EventBusName, NextToken, Limit: limit = PAGE }, call) {
      const bus = readOwnBus(call, EventBusName);
      await requireBus(parts, bus);
      const { targets } = (await requireRule(parts, bus, Rule)).document;
      const after = afterOf(NextToken);
      const start = after === undefined ? 0 : targets.findIndex(({ Id }) => Id === after) + 1;
      const { items, next } = cutPage(targets.slice(start), ({ Id }) => Id, limit);
      return { Targets: items, ...(next && { NextToken: next }) };
    },
  },
});

/** Settings of targets that are not here. */
const elsewhere = [
  "AppSyncParameters",
  "BatchParameters",
  "EcsParameters",
  "KinesisParameters",
  "RedshiftDataParameters",
  "RunCommandParameters",
  "SageMakerPipelineParameters",
  "SqsParameters",
] as const;

const kinds: readonly RegExp[] = [
  /^arn:aws[\w-]*:logs:[\w-]+:\d{12}:log-group:[^:]+(:\*)?$/,
  /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]+$/,
  /^arn:aws[\w-]*:events:[\w-]+:\d{12}:event-bus\/.+$/,
  /^arn:aws[\w-]*:events:[\w-]+:\d{12}:api-destination\/[^/]+\/[\w-]+$/,
];

/** @throws ApiError ValidationException */
function checkTarget(one: Target): void {
  const { Arn, RoleArn, Id, DeadLetterConfig } = one;
  checkInput(one);
  if (!/^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$/.test(Arn)) throw validation("Provided Arn is not in correct format.");
  const service = Arn.split(":")[2];
  if (!kinds.some((kind) => kind.test(Arn))) {
    throw validation(
      `${Arn}: targets of ${service} are not yet available in Sagebrush; a log group, a topic, an API destination or an ` +
        "event bus can be one.",
    );
  }
  const other = elsewhere.find((name) => one[name] !== undefined);
  if (other !== undefined) throw validation(`Parameter ${other} is not valid for target ${Id}.`);
  if (Arn.includes(":api-destination/") && RoleArn === undefined) {
    throw validation(`RoleArn is required for target ${Arn}.`);
  }
  if (DeadLetterConfig?.Arn !== undefined) {
    throw validation(
      "DeadLetterConfig names a queue of SQS, which is not yet available in Sagebrush. What cannot be delivered is kept in " +
        "the log group of the setting eventDeadLetters.",
    );
  }
}
