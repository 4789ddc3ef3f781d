// Tags of log groups, by the group's ARN; old clients name the group.
import type { Operations as Contract } from "../../../../../contract/logs/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidParameter, noGroup, tooManyTags } from "../errors.ts";
import { changeSettings, groupArn, groupRow, hasGroup, type Parts } from "../shared/groups.ts";

/** Logs API reference, TagResource. */
const MAX_TAGS = 50;

/** @throws ApiError InvalidParameter */
function groupOf(arn: string, call: Call): string {
  const parts = arn.split(":");
  const name = parts.slice(6).join(":").replace(/:\*$/, "");
  if (parts[2] !== "logs" || parts[5] !== "log-group" || name === "") {
    throw invalidParameter(`Invalid resource ARN: expected the ARN of a log group, got ${arn}.`);
  }
  if (parts[3] !== call.region || parts[4] !== call.account) throw noGroup();
  return name;
}

type Conditions = Readonly<Record<string, string | readonly string[]>>;

const onTagged = (name: string, call: Call, conditions: Conditions = {}) => [
  { action: `logs:${call.operation}`, resource: groupArn(call, name), conditions },
];

/** Policies are asked about the ARN as it is given out: a Deny holds for every way to write it. */
const onArn = (arn: string, call: Call, conditions: Conditions = {}) => onTagged(groupOf(arn, call), call, conditions);

type Tags = Readonly<Record<string, string>>;

async function tagsOf(parts: Parts, call: Call, name: string): Promise<Tags> {
  const row = await groupRow(parts, call, name);
  if (!row && !(await hasGroup(parts, call, name))) throw noGroup();
  return row?.document.tags ?? {};
}

/** @throws ApiError TooManyTags, ResourceNotFound */
const addTags = (parts: Parts, call: Call, name: string, added: Tags): Promise<void> =>
  changeSettings(parts, call, name, (old) => {
    const tags = { ...old.tags, ...added };
    const count = Object.keys(tags).length;
    if (count > MAX_TAGS) throw tooManyTags(`A log group has at most ${MAX_TAGS} tags, got ${count}.`);
    return { ...old, tags };
  });

/** @throws ApiError ResourceNotFound */
const removeTags = (parts: Parts, call: Call, name: string, removed: readonly string[]): Promise<void> =>
  changeSettings(parts, call, name, (old) => ({
    ...old,
    tags: Object.fromEntries(Object.entries(old.tags).filter(([key]) => !removed.includes(key))),
  }));

const added = (tags: Tags) => ({
  ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  "aws:TagKeys": Object.keys(tags),
});

export const tag = (parts: Parts): Operations<Contract> => ({
  ListTagsForResource: {
    permissions: (input, call) => onArn(input.resourceArn, call),
    run: async (input, call) => ({ tags: await tagsOf(parts, call, groupOf(input.resourceArn, call)) }),
  },
  ListTagsLogGroup: {
    permissions: (input, call) => onTagged(input.logGroupName, call),
    run: async (input, call) => ({ tags: await tagsOf(parts, call, input.logGroupName) }),
  },
  TagResource: {
    permissions: (input, call) => onArn(input.resourceArn, call, added(input.tags)),
    async run(input, call) {
      await addTags(parts, call, groupOf(input.resourceArn, call), input.tags);
      return {};
    },
  },
  TagLogGroup: {
    permissions: (input, call) => onTagged(input.logGroupName, call, added(input.tags)),
    async run(input, call) {
      await addTags(parts, call, input.logGroupName, input.tags);
      return {};
    },
  },
  UntagResource: {
    permissions: (input, call) => onArn(input.resourceArn, call, { "aws:TagKeys": input.tagKeys }),
    async run(input, call) {
      await removeTags(parts, call, groupOf(input.resourceArn, call), input.tagKeys);
      return {};
    },
  },
  UntagLogGroup: {
    permissions: (input, call) => onTagged(input.logGroupName, call, { "aws:TagKeys": input.tags }),
    async run(input, call) {
      await removeTags(parts, call, input.logGroupName, input.tags);
      return {};
    },
  },
});
