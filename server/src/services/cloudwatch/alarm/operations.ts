// Alarms: of a metric or an expression, and composite ones over others.
// Gap: actions are messages to SNS topics; those of EC2, Auto Scaling, Lambda and Systems Manager are refused by name.
// Gap: alarms of anomaly detection, logs and PromQL, evaluation windows and warm-up are refused by name.
// Gap: the evaluation range is two periods longer than EvaluationPeriods, as in the guide's examples, and at least a
// minute; AWS tells no rule.
// Gap: where neither the guide's tables nor its text tell a state (breaching points only, too young to alarm) it stays.
import type {
  AlarmHistoryItem,
  Operations as Contract,
  PutCompositeAlarmInput,
  PutMetricAlarmInput,
} from "../../../../../contract/cloudwatch/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { cutPage } from "../../../core/pages.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { again } from "../../../store/rows/again.ts";
import { BadCursor, type RowPage } from "../../../store/rows/rows.ts";
import { invalidFormat, invalidToken, noResource } from "../errors.ts";
import {
  type AlarmDocument,
  type AlarmRow,
  actionsOf,
  alarmKey,
  alarmNameOf,
  alarmsOf,
  changeAlarm,
  findAlarm,
  onAlarms,
  scopeOf,
} from "../shared/alarms.ts";
import { tagsOf } from "../shared/tags.ts";
import { readToken } from "../shared/tokens.ts";
import { checkFilters, isMetric, isOfMetric, metricAlarm, pageSize, told, wanted } from "./describe.ts";
import { configurationEntry, HISTORY, HISTORY_MS, type HistoryDocument, itemOf } from "./history.ts";
import { checkActions, checkMetricAlarm } from "./input.ts";
import { configurationEvent } from "./notice.ts";
import { eventRow } from "./outbox.ts";
import { parseRule } from "./rule.ts";
import type { Watch, WatchParts } from "./watch.ts";

export interface AlarmParts extends WatchParts {
  readonly watch: Watch;
}

/** CloudWatch API reference, DescribeAlarmHistory. */
const MOST_RECORDS = 100;
const INITIAL = "Unchecked: Initial alarm creation";

export const alarm = (parts: AlarmParts): Operations<Contract> => ({
  PutMetricAlarm: {
    permissions: (input, call) => putting(input, call),
    async run({ AlarmName, Tags, ActionsEnabled, ...settings }, call) {
      checkMetricAlarm({ AlarmName, ...settings });
      await put(parts, call, AlarmName, {
        type: "MetricAlarm",
        settings,
        actionsEnabled: ActionsEnabled ?? true,
        tags: tagsOf(Tags),
      });
      return {};
    },
  },
  PutCompositeAlarm: {
    permissions: (input, call) => putting(input, call),
    async run({ AlarmName, Tags, ActionsEnabled, ...settings }, call) {
      await checkComposite(parts, call, { AlarmName, ...settings });
      await put(parts, call, AlarmName, {
        type: "CompositeAlarm",
        settings,
        actionsEnabled: ActionsEnabled ?? true,
        tags: tagsOf(Tags),
      });
      return {};
    },
  },
  DescribeAlarms: {
    permissions: (input, call) => onAlarms(call, input.AlarmNames ?? ["*"]),
    async run(input, call) {
      checkFilters(input);
      const after = readToken(input.NextToken);
      const all = await alarmsOf(parts.rows, call, input.AlarmNamePrefix);
      const rest = all
        .filter(wanted(input, call, parts.watch.composites))
        .filter(({ name }) => after === undefined || Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0);
      const { items, next } = cutPage(rest, ({ name }) => name, pageSize(input));
      const toldOf = (rows: readonly AlarmRow[]) => rows.map((row) => told(input, row));
      return {
        MetricAlarms: toldOf(items.filter(isMetric)),
        CompositeAlarms: toldOf(items.filter((row) => !isMetric(row))),
        ...(next === undefined ? {} : { NextToken: next }),
      };
    },
  },
  DescribeAlarmsForMetric: {
    async run(input, call) {
      const all = await alarmsOf(parts.rows, call);
      return { MetricAlarms: all.filter(isOfMetric(input)).map(metricAlarm) };
    },
  },
  DescribeAlarmHistory: {
    permissions: (input, call) => onAlarms(call, [input.AlarmName ?? "*"]),
    run: (input, call) => history(parts, call, input),
  },
  SetAlarmState: {
    permissions: (input, call) => onAlarms(call, [input.AlarmName]),
    async run({ AlarmName, StateValue, StateReason, StateReasonData }, call) {
      if (StateReasonData !== undefined) checkJson(StateReasonData);
      const state = {
        value: StateValue,
        reason: StateReason,
        ...(StateReasonData === undefined ? {} : { reasonData: StateReasonData }),
      };
      if (!(await parts.watch.setState(call, AlarmName, state))) throw noResource();
      return {};
    },
  },
  EnableAlarmActions: {
    permissions: (input, call) => onAlarms(call, input.AlarmNames),
    run: (input, call) => setActions(parts, call, input.AlarmNames, true),
  },
  DisableAlarmActions: {
    permissions: (input, call) => onAlarms(call, input.AlarmNames),
    run: (input, call) => setActions(parts, call, input.AlarmNames, false),
  },
  DeleteAlarms: {
    permissions: (input, call) => onAlarms(call, input.AlarmNames),
    async run({ AlarmNames }, call) {
      await deleteAlarms(parts, call, [...new Set(AlarmNames)]);
      return {};
    },
  },
});

function putting(input: PutMetricAlarmInput | PutCompositeAlarmInput, call: Call): readonly Permission[] {
  const actions = actionsOf(input);
  const conditions = {
    ...tagConditions(input.Tags ?? []),
    ...(actions.length === 0 ? {} : { "cloudwatch:AlarmActions": actions }),
  };
  return onAlarms(call, [input.AlarmName]).map((permission) => ({ ...permission, conditions }));
}

type NewAlarm = Pick<AlarmDocument, "actionsEnabled" | "tags"> & Pick<AlarmDocument, "type" | "settings">;

/** Makes an alarm, or gives one other settings: its state stays, and its tags. */
async function put(parts: AlarmParts, call: Call, name: string, alarm: NewAlarm): Promise<void> {
  const key = alarmKey(call, name);
  const document = await again(async () => {
    const row = await findAlarm(parts.rows, call, name);
    if (row && row.document.type !== alarm.type)
      throw errors.validation(`The alarm ${name} is a ${row.document.type}: delete it, or choose another name.`);
    const at = call.at;
    const initial = { value: "INSUFFICIENT_DATA", reason: INITIAL, updatedAt: at, transitionedAt: at } as const;
    const previous = row?.document;
    const next = {
      ...alarm,
      configuredAt: at,
      tags: previous?.tags ?? alarm.tags,
      state: previous?.state ?? initial,
    } as AlarmDocument;
    const event = configurationEvent({ place: call, name }, previous ? "update" : "create", {
      document: next,
      previous,
      at,
    });
    await parts.rows.commit({
      expect: [{ key, version: row?.version ?? "absent" }],
      put: [
        {
          ...key,
          status: next.state.value,
          createdAt: row?.createdAt ?? at,
          modifiedAt: at,
          document: next,
        },
        configurationEntry(call, name, { verb: previous ? "updated" : "created", document: next, at }),
        eventRow(call, event),
      ],
    });
    return next;
  });
  parts.watch.changed({ account: call.account, region: call.region }, name, document);
}

async function checkComposite(parts: AlarmParts, call: Call, input: PutCompositeAlarmInput): Promise<void> {
  if (input.ActionConfiguration !== undefined)
    throw errors.validation("ActionConfiguration is not yet available in Sagebrush: leave it out.");
  checkActions(actionsOf(input));
  const { children } = parseRule(input.AlarmRule);
  const { ActionsSuppressor: suppressor } = input;
  const periods = [input.ActionsSuppressorWaitPeriod, input.ActionsSuppressorExtensionPeriod];
  if (
    (suppressor === undefined) !== periods.every((period) => period === undefined) ||
    (suppressor !== undefined && periods.includes(undefined))
  )
    throw errors.validation(
      "ActionsSuppressor, ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must be given together.",
    );
  const named = [...children, ...(suppressor === undefined ? [] : [suppressor])];
  const rows = await parts.rows.getMany(named.map((child) => alarmKey(call, alarmNameOf(call, child))));
  const missing = named.filter((child, at) => !rows[at] && alarmNameOf(call, child) !== input.AlarmName);
  if (missing.length > 0)
    throw errors.validation(
      `Could not save the composite alarm as alarms [${missing.join(", ")}] in the alarm rule do not exist`,
    );
}

function checkJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw invalidFormat("StateReasonData was not valid JSON");
  }
}

async function setActions(
  parts: AlarmParts,
  call: Call,
  names: readonly string[],
  actionsEnabled: boolean,
): Promise<Record<string, never>> {
  for (const name of names)
    await changeAlarm(parts.rows, alarmKey(call, name), call.at, (before) => {
      if (before.actionsEnabled === actionsEnabled) return undefined;
      const document = { ...before, actionsEnabled, configuredAt: call.at };
      return { document, put: [configurationEntry(call, name, { verb: "updated", document, at: call.at })] };
    });
  return {};
}

/** All or none. @throws ApiError Validation for one that a composite alarm depends on */
async function deleteAlarms(parts: AlarmParts, call: Call, names: readonly string[]): Promise<void> {
  const rows = await Promise.all(names.map((name) => findAlarm(parts.rows, call, name)));
  const found = rows.filter((row) => row !== undefined);
  if (found.filter((row) => !isMetric(row)).length > 1)
    throw errors.validation("At most one composite alarm can be deleted at a time.");
  for (const { name } of found)
    if (parts.watch.composites.parentsOf(call, name).some((parent) => !names.includes(parent.name)))
      throw errors.validation(`Cannot delete ${name} as there are composite alarm(s) depending on it.`);
  await again(async () => {
    const now = await Promise.all(found.map(({ name }) => findAlarm(parts.rows, call, name)));
    const there = now.filter((row) => row !== undefined);
    await parts.rows.commit({
      expect: there.map((row) => ({ key: alarmKey(call, row.name), version: row.version })),
      remove: there.map((row) => alarmKey(call, row.name)),
      put: there.flatMap(({ name, document }) => [
        configurationEntry(call, name, { verb: "deleted", document, at: call.at }),
        eventRow(call, configurationEvent({ place: call, name }, "delete", { document, at: call.at })),
      ]),
    });
  });
  for (const { name } of found) parts.watch.removed(call, name);
}

type HistoryInput = Contract["DescribeAlarmHistory"]["input"];

async function history(parts: AlarmParts, call: Call, input: HistoryInput) {
  const types: readonly string[] | undefined = input.AlarmTypes;
  const [from, to] = [input.StartDate, input.EndDate].map((time) => (time === undefined ? undefined : time * 1000));
  const isWanted = ({ alarmType }: HistoryDocument): boolean =>
    types === undefined ? alarmType === "MetricAlarm" || input.AlarmName !== undefined : types.includes(alarmType);
  const items: AlarmHistoryItem[] = [];
  const limit = input.MaxRecords ?? MOST_RECORDS;
  let after = input.NextToken;
  try {
    do {
      const page: RowPage<HistoryDocument> = await parts.rows.list<HistoryDocument>({
        kind: HISTORY,
        scope: scopeOf(call),
        parent: input.AlarmName,
        status: input.HistoryItemType,
        createdAfter: from === undefined ? undefined : from - 1,
        createdBefore: to === undefined ? undefined : to + 1,
        descending: input.ScanBy !== "TimestampAscending",
        after,
        limit: limit - items.length,
      });
      for (const { parent = "", createdAt, document } of page.rows)
        if (isWanted(document) && createdAt >= call.at - HISTORY_MS) items.push(itemOf(parent, createdAt, document));
      after = page.next;
    } while (after !== undefined && items.length < limit);
  } catch (cause) {
    throw cause instanceof BadCursor ? invalidToken() : cause;
  }
  return { AlarmHistoryItems: items, ...(after === undefined ? {} : { NextToken: after }) };
}
