// What is told when an alarm changes its state: the message to SNS, and the events of EventBridge.
// Source: CloudWatch user guide, "Alarm events and EventBridge" (samples); messages recorded by LocalStack.
import type { MetricDataQuery } from "../../../../../contract/cloudwatch/types.ts";
import type { ServiceEvent } from "../../../core/ports.ts";
import {
  type AlarmDocument,
  type AlarmState,
  alarmArn,
  type MetricSettings,
  type Suppression,
} from "../shared/alarms.ts";
import { dimensionsOf, type Place } from "../shared/place.ts";
import { periodOf, timeText } from "./reason.ts";

export interface Named {
  readonly place: Place;
  readonly name: string;
}

export interface Transition extends Named {
  readonly document: AlarmDocument;
  readonly from: AlarmState;
  readonly to: AlarmState;
}

/** As messages call regions (AWS regions and endpoints). */
const regionNames: Readonly<Record<string, string>> = {
  "us-east-1": "US East (N. Virginia)",
  "us-east-2": "US East (Ohio)",
  "us-west-1": "US West (N. California)",
  "us-west-2": "US West (Oregon)",
  "eu-central-1": "EU (Frankfurt)",
  "eu-west-1": "EU (Ireland)",
  "eu-west-2": "EU (London)",
  "eu-west-3": "EU (Paris)",
  "eu-north-1": "EU (Stockholm)",
  "ap-northeast-1": "Asia Pacific (Tokyo)",
  "ap-northeast-2": "Asia Pacific (Seoul)",
  "ap-south-1": "Asia Pacific (Mumbai)",
  "ap-southeast-1": "Asia Pacific (Singapore)",
  "ap-southeast-2": "Asia Pacific (Sydney)",
  "ca-central-1": "Canada (Central)",
  "sa-east-1": "South America (Sao Paulo)",
};
const regionName = (region: string): string => regionNames[region] ?? region;

export const actionsFor = ({ settings }: AlarmDocument, state: AlarmState["value"]): readonly string[] =>
  (state === "ALARM"
    ? settings.AlarmActions
    : state === "OK"
      ? settings.OKActions
      : settings.InsufficientDataActions) ?? [];

/** SNS cuts subjects at so many characters. */
const LONGEST_SUBJECT = 100;

export const subjectOf = ({ place, name, to }: Transition): string =>
  `${to.value}: "${name}" in ${regionName(place.region)}`.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, LONGEST_SUBJECT);

/** JSON. */
export function messageOf({ place, name, document, from, to }: Transition): string {
  const { settings, configuredAt } = document;
  return JSON.stringify({
    AlarmName: name,
    AlarmDescription: settings.AlarmDescription ?? null,
    AWSAccountId: place.account,
    AlarmConfigurationUpdatedTimestamp: timeText(configuredAt),
    NewStateValue: to.value,
    NewStateReason: to.reason,
    StateChangeTime: timeText(to.updatedAt),
    Region: regionName(place.region),
    AlarmArn: alarmArn(place, name),
    OldStateValue: from.value,
    OKActions: settings.OKActions ?? [],
    AlarmActions: settings.AlarmActions ?? [],
    InsufficientDataActions: settings.InsufficientDataActions ?? [],
    ...(document.type === "MetricAlarm"
      ? { Trigger: triggerOf(document.settings) }
      : { AlarmRule: document.settings.AlarmRule, TriggeringChildren: childrenIn(to) }),
  });
}

function triggerOf(settings: MetricSettings) {
  const { Statistic, ExtendedStatistic, Metrics } = settings;
  const common = {
    Period: periodOf(settings),
    EvaluationPeriods: settings.EvaluationPeriods,
    ...(settings.DatapointsToAlarm === undefined ? {} : { DatapointsToAlarm: settings.DatapointsToAlarm }),
    ComparisonOperator: settings.ComparisonOperator,
    Threshold: settings.Threshold,
    TreatMissingData: settings.TreatMissingData ?? "missing",
    EvaluateLowSampleCountPercentile: settings.EvaluateLowSampleCountPercentile ?? "",
  };
  if (Metrics) return { ...common, Metrics: Metrics.map(inMessage) };
  const stat =
    Statistic === undefined
      ? { StatisticType: "ExtendedStatistic", ExtendedStatistic }
      : { StatisticType: "Statistic", Statistic: Statistic.toUpperCase() };
  return {
    MetricName: settings.MetricName,
    Namespace: settings.Namespace,
    ...stat,
    Unit: settings.Unit ?? null,
    Dimensions: (settings.Dimensions ?? []).map(({ Name, Value }) => ({ value: Value, name: Name })),
    ...common,
  };
}

function inMessage({ MetricStat, ...query }: MetricDataQuery) {
  if (!MetricStat) return { ...query, ReturnData: query.ReturnData ?? true };
  const { Dimensions = [], ...metric } = MetricStat.Metric;
  const told = { ...metric, Dimensions: Dimensions.map(({ Name, Value }) => ({ value: Value, name: Name })) };
  return { ...query, MetricStat: { ...MetricStat, Metric: told }, ReturnData: query.ReturnData ?? true };
}

interface TriggeringAlarm {
  readonly arn: string;
  readonly state: { readonly value: string; readonly timestamp: string };
}

const childrenIn = ({ reasonData }: AlarmState) => {
  const { triggeringAlarms = [] } = JSON.parse(reasonData ?? "{}") as { triggeringAlarms?: readonly TriggeringAlarm[] };
  return triggeringAlarms.map(({ arn, state }) => ({
    Arn: arn,
    State: { Value: state.value, Timestamp: state.timestamp },
  }));
};

const suppressionReasons: Readonly<Record<Suppression["by"], string>> = {
  WaitPeriod: "Actions suppressed by WaitPeriod",
  ExtensionPeriod: "Actions suppressed by ExtensionPeriod",
  Alarm: "Actions suppressed by alarm",
};

export const suppressionOf = (document: AlarmDocument) =>
  document.type === "CompositeAlarm" && document.suppression
    ? { by: document.suppression.by, reason: suppressionReasons[document.suppression.by] }
    : undefined;

const stateIn = ({ value, reason, reasonData, updatedAt }: AlarmState) => ({
  value,
  reason,
  ...(reasonData === undefined ? {} : { reasonData }),
  timestamp: timeText(updatedAt),
});

export function stateEvent({ place, name, document, from, to }: Transition): ServiceEvent {
  const suppression = suppressionOf(document);
  return eventOf({ place, name }, "CloudWatch Alarm State Change", to.updatedAt, {
    alarmName: name,
    state: {
      ...(suppression ? { actionsSuppressedBy: suppression.by, actionsSuppressedReason: suppression.reason } : {}),
      ...stateIn(to),
    },
    previousState: stateIn(from),
    configuration: configurationOf(document),
  });
}

export function configurationEvent(
  { place, name }: Named,
  operation: "create" | "update" | "delete",
  { document, previous, at }: { document: AlarmDocument; previous?: AlarmDocument | undefined; at: number },
): ServiceEvent {
  const whole = ({ settings, actionsEnabled, configuredAt, ...rest }: AlarmDocument) => ({
    ...(rest.type === "MetricAlarm" ? ruleOf(settings as MetricSettings) : {}),
    ...configurationOf({ settings, actionsEnabled, configuredAt, ...rest } as AlarmDocument),
    alarmName: name,
    actionsEnabled,
    timestamp: timeText(configuredAt),
    okActions: settings.OKActions ?? [],
    alarmActions: settings.AlarmActions ?? [],
    insufficientDataActions: settings.InsufficientDataActions ?? [],
  });
  return eventOf({ place, name }, "CloudWatch Alarm Configuration Change", at, {
    alarmName: name,
    operation,
    state: { value: document.state.value, timestamp: timeText(document.state.updatedAt) },
    configuration: whole(document),
    ...(previous ? { previousConfiguration: whole(previous) } : {}),
  });
}

const ruleOf = (settings: MetricSettings) => ({
  evaluationPeriods: settings.EvaluationPeriods,
  ...(settings.DatapointsToAlarm === undefined ? {} : { datapointsToAlarm: settings.DatapointsToAlarm }),
  threshold: settings.Threshold,
  comparisonOperator: settings.ComparisonOperator,
  treatMissingData: settings.TreatMissingData ?? "missing",
});

function configurationOf(document: AlarmDocument) {
  const description =
    document.settings.AlarmDescription === undefined ? {} : { description: document.settings.AlarmDescription };
  if (document.type === "MetricAlarm") return { ...description, metrics: metricsIn(document.settings) };
  const { AlarmRule, ActionsSuppressor, ActionsSuppressorWaitPeriod, ActionsSuppressorExtensionPeriod } =
    document.settings;
  return {
    ...description,
    alarmRule: AlarmRule,
    ...(ActionsSuppressor === undefined
      ? {}
      : {
          actionsSuppressor: ActionsSuppressor,
          actionsSuppressorWaitPeriod: ActionsSuppressorWaitPeriod,
          actionsSuppressorExtensionPeriod: ActionsSuppressorExtensionPeriod,
        }),
  };
}

function metricsIn({ Metrics, ...settings }: MetricSettings) {
  if (!Metrics) {
    const { Namespace, MetricName, Dimensions, Statistic, ExtendedStatistic } = settings;
    const metric = { namespace: Namespace, name: MetricName, dimensions: dimensionsOf(Dimensions, "Dimensions") };
    const stat = Statistic ?? ExtendedStatistic;
    return [{ id: "m1", metricStat: { metric, period: periodOf(settings), stat }, returnData: true }];
  }
  return Metrics.map(({ Id, Expression, Label, MetricStat, ReturnData }) => ({
    id: Id,
    ...(Expression === undefined ? {} : { expression: Expression }),
    ...(Label === undefined ? {} : { label: Label }),
    ...(MetricStat
      ? {
          metricStat: {
            metric: {
              namespace: MetricStat.Metric.Namespace,
              name: MetricStat.Metric.MetricName,
              dimensions: dimensionsOf(MetricStat.Metric.Dimensions, "Dimensions"),
            },
            period: MetricStat.Period,
            stat: MetricStat.Stat,
          },
        }
      : {}),
    returnData: ReturnData ?? true,
  }));
}

const eventOf = ({ place, name }: Named, detailType: string, at: number, detail: object): ServiceEvent => ({
  account: place.account,
  region: place.region,
  source: "aws.cloudwatch",
  detailType,
  at,
  resources: [alarmArn(place, name)],
  detail,
});
