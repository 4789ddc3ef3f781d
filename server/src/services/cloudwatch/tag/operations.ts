// Tags of alarms and dashboards. What is gone has no tags; tagging it is an error. Answers as recorded by LocalStack and moto.
// Gap: insight rules and metric streams cannot be tagged.
import type { Operations as Contract } from "../../../../../contract/cloudwatch/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { again } from "../../../store/rows/again.ts";
import type { RowKey, Rows } from "../../../store/rows/rows.ts";
import { invalidValue, noTaggedResource } from "../errors.ts";
import { alarmArn, alarmKey } from "../shared/alarms.ts";
import { dashboardArn, dashboardKey } from "../shared/dashboards.ts";
import { withTags } from "../shared/tags.ts";

export const tag = ({ rows }: { readonly rows: Rows }): Operations<Contract> => ({
  ListTagsForResource: {
    permissions: onResource,
    async run({ ResourceARN }, call) {
      const row = await rows.get<Tagged>(keyOf(call, ResourceARN));
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

interface Tagged {
  readonly tags: Tags;
}

async function change(rows: Rows, call: Call, arn: string, of: (tags: Tags) => Tags): Promise<Record<string, never>> {
  const key = keyOf(call, arn);
  await again(async () => {
    const row = await rows.get<Tagged>(key);
    if (!row) throw noTaggedResource(arn);
    const { version, ...kept } = row;
    const document = { ...row.document, tags: of(row.document.tags) };
    await rows.commit({ expect: [{ key, version }], put: [{ ...kept, document }] });
  });
  return {};
}

/** @throws ApiError InvalidParameterValue for what is no alarm and no dashboard of this account */
function keyOf(call: Call, arn: string): RowKey {
  const kinds = [
    [alarmArn(call, ""), alarmKey],
    [dashboardArn(call, ""), dashboardKey],
  ] as const;
  for (const [prefix, key] of kinds)
    if (arn.startsWith(prefix) && arn.length > prefix.length) return key(call, arn.slice(prefix.length));
  throw invalidValue(
    `The value ${arn} for parameter ResourceARN must be the ARN of an alarm or a dashboard, such as ${kinds[0][0]}NAME.`,
  );
}
