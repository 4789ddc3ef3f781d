// What metric filters make of log lines: points of CloudWatch. Points of one filter that have the same minute, value and
// dimensions become one, as CloudWatch tells metrics by the minute.
import type { LogEvent, MetricPoint } from "../../../../store/series/series.ts";
import type { Place } from "../groups.ts";
import type { FilterPattern, Match } from "../pattern/pattern.ts";
import { Slice } from "../slice.ts";

const MINUTE_MS = 60_000;

export interface Transformation {
  readonly metricName: string;
  readonly metricNamespace: string;
  /** A number, or a selector of the filter's pattern. */
  readonly metricValue: string;
  readonly defaultValue?: number | undefined;
  /** Selectors by name. */
  readonly dimensions?: Readonly<Record<string, string>> | undefined;
  readonly unit?: string | undefined;
}

export interface CompiledFilter {
  readonly pattern: FilterPattern;
  readonly transformation: Transformation;
}

/** The points of one filter. */
export async function pointsOf(
  { pattern, transformation }: CompiledFilter,
  place: Place,
  events: readonly LogEvent[],
): Promise<MetricPoint[]> {
  const found = new Map<string, Counted>();
  const slice = new Slice();
  for (const { timestamp, message } of events) {
    if (slice.isOver) await slice.end();
    const match = pattern.read(message);
    const reading = match && readingOf(match, transformation);
    if (!reading) continue;
    const minute = Math.floor(timestamp / MINUTE_MS) * MINUTE_MS;
    const key = JSON.stringify([minute, reading.value, reading.dimensions]);
    const counted = found.get(key);
    if (counted) counted.count++;
    else found.set(key, { ...reading, timestamp, count: 1 });
  }
  return [...found.values()].map((counted) => pointOf(place, transformation, counted));
}

/** What a filter tells for a minute in which lines came and none was found. */
export const defaultPoint = (place: Place, transformation: Transformation, minute: number): MetricPoint =>
  pointOf(place, transformation, {
    value: transformation.defaultValue ?? 0,
    dimensions: {},
    timestamp: minute,
    count: 1,
  });

interface Reading {
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

interface Counted extends Reading {
  readonly timestamp: number;
  count: number;
}

/** Undefined where the line has no number for the metric, or lacks a dimension. */
function readingOf(match: Match, { metricValue, dimensions = {} }: Transformation): Reading | undefined {
  const text = metricValue.startsWith("$") ? match.value(metricValue) : metricValue;
  const value = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) return undefined;
  const found: Record<string, string> = {};
  for (const [name, selector] of Object.entries(dimensions)) {
    const dimension = match.value(selector);
    if (dimension === undefined || dimension === "") return undefined;
    found[name] = dimension;
  }
  return { value, dimensions: found };
}

function pointOf(
  { account, region }: Place,
  { metricName, metricNamespace, unit }: Transformation,
  { value, dimensions, timestamp, count }: Counted,
): MetricPoint {
  return {
    account,
    region,
    namespace: metricNamespace,
    name: metricName,
    dimensions,
    timestamp,
    value: count === 1 ? value : { count, sum: count * value, minimum: value, maximum: value },
    ...(unit === undefined ? {} : { unit }),
  };
}
