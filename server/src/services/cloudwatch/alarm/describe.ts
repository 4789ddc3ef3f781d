// Alarms as they are told.
import type {
  CompositeAlarm,
  DescribeAlarmsForMetricInput,
  DescribeAlarmsInput,
  MetricAlarm,
} from "../../../../../contract/cloudwatch/types.ts";
import { errors } from "../../../core/errors.ts";
import {
  type AlarmRow,
  actionsOf,
  alarmArn,
  alarmNameOf,
  type CompositeAlarmDocument,
  type MetricAlarmDocument,
  placeOf,
} from "../shared/alarms.ts";
import type { Place } from "../shared/place.ts";
import type { Composites } from "./composites.ts";
import { suppressionOf } from "./notice.ts";

const DEFAULT_PAGE = 50;

function common({ scope, name, document }: AlarmRow) {
  const { settings, state, actionsEnabled, configuredAt } = document;
  return {
    AlarmName: name,
    AlarmArn: alarmArn(placeOf(scope), name),
    ...(settings.AlarmDescription === undefined ? {} : { AlarmDescription: settings.AlarmDescription }),
    AlarmConfigurationUpdatedTimestamp: configuredAt / 1000,
    ActionsEnabled: actionsEnabled,
    OKActions: settings.OKActions ?? [],
    AlarmActions: settings.AlarmActions ?? [],
    InsufficientDataActions: settings.InsufficientDataActions ?? [],
    StateValue: state.value,
    StateReason: state.reason,
    ...(state.reasonData === undefined ? {} : { StateReasonData: state.reasonData }),
    StateUpdatedTimestamp: state.updatedAt / 1000,
    StateTransitionedTimestamp: state.transitionedAt / 1000,
  };
}

export function metricAlarm(row: AlarmRow): MetricAlarm {
  const { Dimensions, AlarmDescription: _, ...settings } = (row.document as MetricAlarmDocument).settings;
  const metrics = settings.Metrics?.map((query) => ({ ...query, ReturnData: query.ReturnData ?? true }));
  return {
    ...settings,
    ...(metrics ? { Metrics: metrics } : { Dimensions: Dimensions ?? [] }),
    ...common(row),
  };
}

export function compositeAlarm(row: AlarmRow): CompositeAlarm {
  const { AlarmDescription: _, ...settings } = (row.document as CompositeAlarmDocument).settings;
  const suppression = suppressionOf(row.document);
  return {
    ...settings,
    ...common(row),
    ...(suppression ? { ActionsSuppressedBy: suppression.by, ActionsSuppressedReason: suppression.reason } : {}),
  };
}

export const isMetric = ({ document }: AlarmRow): boolean => document.type === "MetricAlarm";

/** `ChildrenOfAlarmName` and `ParentsOfAlarmName` go with paging only. @throws ApiError Validation */
export function checkFilters(input: DescribeAlarmsInput): void {
  const { ChildrenOfAlarmName, ParentsOfAlarmName, MaxRecords: _, NextToken: __, ...filters } = input;
  if (ChildrenOfAlarmName === undefined && ParentsOfAlarmName === undefined) {
    if (input.AlarmNames !== undefined && input.AlarmNamePrefix !== undefined)
      throw errors.validation("AlarmNamePrefix and AlarmNames cannot both be specified");
    return;
  }
  const isAlone = ChildrenOfAlarmName === undefined || ParentsOfAlarmName === undefined;
  if (!isAlone || Object.values(filters).some((value) => value !== undefined))
    throw errors.validation(
      "ChildrenOfAlarmName and ParentsOfAlarmName can be specified with MaxRecords and NextToken only, and not together.",
    );
}

/** Which alarms an input asks for. */
export function wanted(input: DescribeAlarmsInput, place: Place, composites: Composites): (row: AlarmRow) => boolean {
  const { ChildrenOfAlarmName, ParentsOfAlarmName } = input;
  if (ChildrenOfAlarmName !== undefined) {
    const children = composites.find(place, alarmNameOf(place, ChildrenOfAlarmName))?.children;
    return ({ name }) => children?.has(name) ?? false;
  }
  if (ParentsOfAlarmName !== undefined) {
    const parents = composites.parentsOf(place, alarmNameOf(place, ParentsOfAlarmName)).map(({ name }) => name);
    return ({ name }) => parents.includes(name);
  }
  const types: readonly string[] = input.AlarmTypes ?? ["MetricAlarm"];
  return ({ name, document }) =>
    types.includes(document.type) &&
    (input.AlarmNames === undefined || input.AlarmNames.includes(name)) &&
    (input.StateValue === undefined || document.state.value === input.StateValue) &&
    (input.ActionPrefix === undefined ||
      actionsOf(document.settings).some((arn) => arn.startsWith(input.ActionPrefix ?? "")));
}

/** Of a family only so much is told (CloudWatch API reference, DescribeAlarms). */
export function told(input: DescribeAlarmsInput, row: AlarmRow): MetricAlarm & CompositeAlarm {
  const whole = isMetric(row) ? metricAlarm(row) : compositeAlarm(row);
  const { AlarmName, AlarmArn, StateValue, StateUpdatedTimestamp } = whole;
  if (input.ParentsOfAlarmName !== undefined) return { AlarmName, AlarmArn };
  if (input.ChildrenOfAlarmName !== undefined) return { AlarmName, AlarmArn, StateValue, StateUpdatedTimestamp };
  return whole as MetricAlarm & CompositeAlarm;
}

export const pageSize = ({ MaxRecords }: { readonly MaxRecords?: number | undefined }): number =>
  MaxRecords ?? DEFAULT_PAGE;

/** The alarms of exactly this metric; those of expressions are none of one metric. */
export function isOfMetric(input: DescribeAlarmsForMetricInput): (row: AlarmRow) => boolean {
  const asked = new Map((input.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]));
  return ({ document }) => {
    if (document.type !== "MetricAlarm") return false;
    const { settings } = document;
    const dimensions = settings.Dimensions ?? [];
    return (
      settings.MetricName === input.MetricName &&
      settings.Namespace === input.Namespace &&
      dimensions.length === asked.size &&
      dimensions.every(({ Name, Value }) => asked.get(Name) === Value) &&
      (["Statistic", "ExtendedStatistic", "Period", "Unit"] as const).every(
        (name) => input[name] === undefined || input[name] === settings[name],
      )
    );
  };
}
