// Tags of alarms. A resource that is gone has no tags; tagging one is an error. Answers as recorded by LocalStack and moto.
// Gap: alarms can be tagged; dashboards, insight rules and metric streams cannot.
import type { Operations as Contract } from "../../../../../contract/cloudwatch/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import type { Rows } from "../../../store/rows/rows.ts";
import { invalidValue, noTaggedResource } from "../errors.ts";
import { alarmArn, alarmKey, changeAlarm, findAlarm } from "../shared/alarms.ts";
import { tagConditions, withTags } from "../shared/tags.ts";

export const tag = ({ rows }: { readonly rows: Rows }): Operations<Contract> => ({
  ListTagsForResource: {
    permissions: onResource,
    async run({ ResourceARN }, call) {
      const row = await findAlarm(rows, call, alarmNamed(call, ResourceARN));
      return { Tags: Object.entries(row?.document.tags ?? {}).map(([Key, Value]) => ({ Key, Value })) };
    },
  },
  TagResource: {
    permissions: (input, call) =>
      onResource(input, call).map((permission) => ({ ...permission, conditions: tagConditions(input.Tags) })),
    run: ({ ResourceARN, Tags }, call) => change(rows, call, ResourceARN, (tags) => withTags(tags, Tags)),
  },
  UntagResource: {
    permissions: (input, call) =>
      onResource(input, call).map((permission) => ({ ...permission, conditions: { "aws:TagKeys": input.TagKeys } })),
    run: ({ ResourceARN, TagKeys }, call) =>
      change(rows, call, ResourceARN, (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([name]) => !TagKeys.includes(name))),
      ),
  },
});

const onResource = ({ ResourceARN }: { readonly ResourceARN: string }, call: Call): readonly Permission[] => [
  { action: `cloudwatch:${call.operation}`, resource: ResourceARN },
];

type Tags = Readonly<Record<string, string>>;

async function change(rows: Rows, call: Call, arn: string, of: (tags: Tags) => Tags): Promise<Record<string, never>> {
  const name = alarmNamed(call, arn);
  const changed = await changeAlarm(rows, alarmKey(call, name), call.at, (document) => ({
    document: { ...document, tags: of(document.tags) },
  }));
  if (!changed) throw noTaggedResource(arn);
  return {};
}

/** @throws ApiError InvalidParameterValue for what is no alarm of this account and region */
function alarmNamed(call: Call, arn: string): string {
  const prefix = alarmArn(call, "");
  if (!arn.startsWith(prefix) || arn.length === prefix.length)
    throw invalidValue(`The value ${arn} for parameter ResourceARN must be the ARN of an alarm, ${prefix}NAME.`);
  return arn.slice(prefix.length);
}
