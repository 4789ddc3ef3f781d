// Tags of buses and rules, by ARN.
import type { Operations as Contract } from "../../../../../contract/events/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { validation } from "../errors.ts";
import { busArn, ruleArn } from "../shared/arns.ts";
import { changeBus, requireBus } from "../shared/buses.ts";
import type { Parts } from "../shared/parts.ts";
import { type Bus, DEFAULT_BUS } from "../shared/place.ts";
import { changeRule, requireRule } from "../shared/rules.ts";
import { withTags } from "../shared/tags.ts";

type Tags = Readonly<Record<string, string>>;

export const tag = (parts: Parts): Operations<Contract> => ({
  ListTagsForResource: {
    permissions: (input, call) => onArn(call, input.ResourceARN),
    async run({ ResourceARN }, call) {
      const { bus, rule } = readArn(call, ResourceARN);
      const row = rule === undefined ? await requireBus(parts, bus) : await requireRule(parts, bus, rule);
      return { Tags: Object.entries(row.document.tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  },
  TagResource: {
    permissions: (input, call) => onArn(call, input.ResourceARN, tagConditions(input.Tags)),
    async run({ ResourceARN, Tags: given }, call) {
      await change(parts, call, ResourceARN, (tags) => withTags(tags, given));
      return {};
    },
  },
  UntagResource: {
    permissions: (input, call) => onArn(call, input.ResourceARN, { "aws:TagKeys": input.TagKeys }),
    async run({ ResourceARN, TagKeys }, call) {
      await change(parts, call, ResourceARN, (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([name]) => !TagKeys.includes(name))),
      );
      return {};
    },
  },
});

interface Named {
  readonly bus: Bus;
  readonly rule?: string;
}

/** @throws ApiError ValidationException */
function readArn(call: Call, arn: string): Named {
  const [, , service, region = "", account = "", ...rest] = arn.split(":");
  const resource = rest.join(":");
  const place = { account, region };
  if (service === "events" && region === call.region && account === call.account) {
    const bus = /^event-bus\/(.+)$/.exec(resource)?.[1];
    if (bus !== undefined) return { bus: { ...place, bus } };
    const [, ruleBus = DEFAULT_BUS, rule] = /^rule\/(?:(.+)\/)?([^/]+)$/.exec(resource) ?? [];
    if (rule !== undefined) return { bus: { ...place, bus: ruleBus }, rule };
  }
  throw validation(
    `Parameter ResourceARN is not valid. Reason: ${arn} is no bus and no rule of this account and region.`,
  );
}

/** Policies are asked about the ARN as it is given out: a Deny holds for every way to write it. */
function onArn(
  call: Call,
  arn: string,
  conditions: Readonly<Record<string, string | readonly string[]>> = {},
): readonly Permission[] {
  const { bus, rule } = readArn(call, arn);
  const resource = rule === undefined ? busArn(bus) : ruleArn(bus, rule);
  return [{ action: `events:${call.operation}`, resource, conditions }];
}

async function change(parts: Parts, call: Call, arn: string, to: (tags: Tags) => Tags): Promise<void> {
  const { bus, rule } = readArn(call, arn);
  if (rule === undefined) {
    await changeBus(parts, call, bus, (document) => ({ ...document, tags: to(document.tags) }));
  } else {
    await changeRule(parts, call, { bus, rule }, ({ document }) => ({
      document: { ...document, tags: to(document.tags) },
    }));
  }
}
