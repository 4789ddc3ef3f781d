// Tags of log groups, by the group's ARN.
import type { Operations as Contract } from "../../../../../contract/logs/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidParameter, noGroup, tooManyTags } from "../errors.ts";
import { changeSettings, groupRow, hasGroup, type Parts } from "../shared/groups.ts";

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

const onTagged = (arn: string, call: Call, conditions: Readonly<Record<string, string | readonly string[]>> = {}) => [
  { action: `logs:${call.operation}`, resource: arn.replace(/:\*$/, ""), conditions },
];

export const tag = (parts: Parts): Operations<Contract> => ({
  ListTagsForResource: {
    permissions: (input, call) => onTagged(input.resourceArn, call),
    async run(input, call) {
      const name = groupOf(input.resourceArn, call);
      const row = await groupRow(parts, call, name);
      if (!row && !(await hasGroup(parts, call, name))) throw noGroup();
      return { tags: row?.document.tags ?? {} };
    },
  },
  TagResource: {
    permissions: (input, call) =>
      onTagged(input.resourceArn, call, {
        ...Object.fromEntries(Object.entries(input.tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
        "aws:TagKeys": Object.keys(input.tags),
      }),
    async run(input, call) {
      await changeSettings(parts, call, groupOf(input.resourceArn, call), (old) => {
        const tags = { ...old.tags, ...input.tags };
        const count = Object.keys(tags).length;
        if (count > MAX_TAGS) throw tooManyTags(`A log group has at most ${MAX_TAGS} tags, got ${count}.`);
        return { ...old, tags };
      });
      return {};
    },
  },
  UntagResource: {
    permissions: (input, call) => onTagged(input.resourceArn, call, { "aws:TagKeys": input.tagKeys }),
    async run(input, call) {
      await changeSettings(parts, call, groupOf(input.resourceArn, call), (old) => ({
        ...old,
        tags: Object.fromEntries(Object.entries(old.tags).filter(([key]) => !input.tagKeys.includes(key))),
      }));
      return {};
    },
  },
});
