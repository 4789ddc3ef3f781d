// Rules: which events go to their targets, or at what times.
// Gap: rules of the service itself (ManagedBy) do not exist; EventPatterns of archives and replays neither.
import type { Operations as Contract, PutRuleRequest } from "../../../../../contract/events/types.ts";
import type { Call } from "../../../core/call.ts";
import { cutPage } from "../../../core/pages.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { again } from "../../../store/rows/again.ts";
import type { Change } from "../../../store/rows/rows.ts";
import { noBus, validation } from "../errors.ts";
import { passRole } from "../shared/access.ts";
import { readBus, readOwnBus, ruleArn } from "../shared/arns.ts";
import { findBus, requireBus } from "../shared/buses.ts";
import { afterOf } from "../shared/paging.ts";
import type { Parts } from "../shared/parts.ts";
import { readPattern } from "../shared/patterns.ts";
import { type Bus, busScope, DEFAULT_BUS } from "../shared/place.ts";
import { RULE, type RuleDocument, type RuleRow, ruleKey } from "../shared/rule-rows.ts";
import { changeRule, commitRule, findRule, oneRuleMore, onRule, requireRule } from "../shared/rules.ts";
import { InvalidSchedule, readSchedule } from "../shared/schedule.ts";
import { withTags } from "../shared/tags.ts";

const PAGE = 100;
const MANY = 1000;

export const rule = (parts: Parts): Operations<Contract> => ({
  PutRule: {
    permissions: (input, call) => [
      ...onRule(call, readBus(call, input.EventBusName), input.Name, tagConditions(input.Tags ?? [])),
      ...(input.RoleArn === undefined ? [] : [passRole(input.RoleArn)]),
    ],
    async run(input, call) {
      const bus = readOwnBus(call, input.EventBusName);
      await requireBus(parts, bus);
      checkRule(input, bus);
      await again(() => putRule(parts, call, bus, input));
      await parts.rescheduled(bus, input.Name);
      return { RuleArn: ruleArn(bus, input.Name) };
    },
  },
  DescribeRule: {
    permissions: (input, call) => onRule(call, readBus(call, input.EventBusName), input.Name),
    async run({ Name, EventBusName }, call) {
      const bus = readOwnBus(call, EventBusName);
      const row = await requireRule(parts, bus, Name);
      return { ...shown(bus, row), CreatedBy: row.document.createdBy };
    },
  },
  ListRules: {
    async run({ NamePrefix: prefix, EventBusName, NextToken, Limit: limit = PAGE }, call) {
      const bus = readOwnBus(call, EventBusName);
      await requireBus(parts, bus);
      const range = { kind: RULE, scope: busScope(bus), prefix, after: afterOf(NextToken), limit: limit + 1 };
      const { items, next } = cutPage(await parts.rows.scan<RuleDocument>(range), ({ name }) => name, limit);
      return { Rules: items.map((row) => shown(bus, row)), ...(next && { NextToken: next }) };
    },
  },
  ListRuleNamesByTarget: {
    async run({ TargetArn, EventBusName, NextToken, Limit: limit = PAGE }, call) {
      const bus = readOwnBus(call, EventBusName);
      await requireBus(parts, bus);
      const found = await rulesWith(parts, bus, TargetArn, { after: afterOf(NextToken), limit: limit + 1 });
      const { items, next } = cutPage(found, (name) => name, limit);
      return { RuleNames: items, ...(next && { NextToken: next }) };
    },
  },
  EnableRule: {
    permissions: (input, call) => onRule(call, readBus(call, input.EventBusName), input.Name),
    async run({ Name, EventBusName }, call) {
      await setState(parts, call, { bus: readOwnBus(call, EventBusName), rule: Name }, "ENABLED");
      return {};
    },
  },
  DisableRule: {
    permissions: (input, call) => onRule(call, readBus(call, input.EventBusName), input.Name),
    async run({ Name, EventBusName }, call) {
      await setState(parts, call, { bus: readOwnBus(call, EventBusName), rule: Name }, "DISABLED");
      return {};
    },
  },
  DeleteRule: {
    permissions: (input, call) => onRule(call, readBus(call, input.EventBusName), input.Name),
    async run({ Name, EventBusName }, call) {
      const bus = readOwnBus(call, EventBusName);
      if ((await findBus(parts, bus)) === undefined) throw noBus(bus.bus);
      await again(async () => {
        const row = await findRule(parts, bus, Name);
        // One that is not there is deleted already.
        if (row === undefined) return;
        if (row.document.targets.length > 0) throw validation("Rule can't be deleted since it has targets.");
        const expect = [{ key: row, version: row.version }];
        await commitRule(parts, bus, { expect, remove: [row], events: [{ ...ruleKey(bus, Name), type: "deleted" }] });
      });
      await parts.rescheduled(bus, Name);
      return {};
    },
  },
});

/** @throws ApiError InvalidEventPattern, ValidationException */
function checkRule({ EventPattern, ScheduleExpression, State }: PutRuleRequest, bus: Bus): void {
  if (!EventPattern && !ScheduleExpression) {
    throw validation("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  }
  if (State === "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS") {
    throw validation(`State ${State} is not yet available in Sagebrush; use ENABLED.`);
  }
  if (EventPattern) readPattern(EventPattern);
  if (!ScheduleExpression) return;
  if (bus.bus !== DEFAULT_BUS) throw validation("ScheduleExpression is supported only on the default event bus.");
  try {
    readSchedule(ScheduleExpression);
  } catch (cause) {
    if (!(cause instanceof InvalidSchedule)) throw cause;
    throw validation("Parameter ScheduleExpression is not valid.");
  }
}

/** Makes the rule, or puts what is given in the place of what it was; tags and targets stay. */
async function putRule(parts: Parts, call: Call, bus: Bus, input: PutRuleRequest): Promise<void> {
  const { Name, EventPattern, ScheduleExpression, State = "ENABLED", Description, RoleArn, Tags } = input;
  const found = await findRule(parts, bus, Name);
  const key = ruleKey(bus, Name);
  const document: RuleDocument = {
    pattern: EventPattern || undefined,
    schedule: ScheduleExpression || undefined,
    description: Description,
    roleArn: RoleArn,
    tags: found?.document.tags ?? withTags({}, Tags ?? []),
    targets: found?.document.targets ?? [],
    createdBy: found?.document.createdBy ?? call.account,
  };
  const change: Change = {
    expect: [{ key, version: found?.version ?? "absent" }],
    put: [{ ...key, status: State, createdAt: found?.createdAt ?? call.at, modifiedAt: call.at, document }],
    events: [{ ...key, type: found ? "changed" : "created" }],
  };
  await commitRule(parts, bus, change, found ? parts.rows : oneRuleMore(parts, bus));
}

async function setState(
  parts: Parts,
  call: Call,
  where: { readonly bus: Bus; readonly rule: string },
  status: "ENABLED" | "DISABLED",
): Promise<void> {
  await requireBus(parts, where.bus);
  await changeRule(parts, call, where, () => ({ status }));
  await parts.rescheduled(where.bus, where.rule);
}

/** Names of rules with a target, by name. */
async function rulesWith(
  parts: Parts,
  bus: Bus,
  arn: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly string[]> {
  const found: string[] = [];
  let last = after;
  for (;;) {
    const page = await parts.rows.scan<RuleDocument>({ kind: RULE, scope: busScope(bus), after: last, limit: MANY });
    found.push(
      ...page.filter(({ document }) => document.targets.some(({ Arn }) => Arn === arn)).map(({ name }) => name),
    );
    if (found.length >= limit || page.length < MANY) return found.slice(0, limit);
    last = page.at(-1)?.name;
  }
}

const shown = (bus: Bus, { name, status, document }: RuleRow) => ({
  Name: name,
  Arn: ruleArn(bus, name),
  ...(document.pattern === undefined ? {} : { EventPattern: document.pattern }),
  ...(document.schedule === undefined ? {} : { ScheduleExpression: document.schedule }),
  State: status as "ENABLED" | "DISABLED",
  ...(document.description === undefined ? {} : { Description: document.description }),
  ...(document.roleArn === undefined ? {} : { RoleArn: document.roleArn }),
  EventBusName: bus.bus,
});
