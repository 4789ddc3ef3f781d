// Values of the queries of one request: statistics of metrics first, then expressions after what they name.
import { setImmediate } from "node:timers/promises";
import type { MetricDataQuery } from "../../../../../contract/cloudwatch/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { MetricKey, MetricPoint } from "../../../store/series/series.ts";
import { intoPeriods } from "../shared/periods.ts";
import { dimensionsOf, metricKey, type Parts } from "../shared/place.ts";
import { rangeStart } from "../shared/range.ts";
import { statisticOf } from "../shared/statistics.ts";
import { evaluate, type Values, Work } from "./evaluate.ts";
import { type Expression, InvalidExpression, parse } from "./expression.ts";

/** Milliseconds since 1970; the end is not in it. */
interface Span {
  readonly startTime: number;
  readonly endTime: number;
}

type MetricStat = NonNullable<MetricDataQuery["MetricStat"]>;

/** By id of the query. @throws ApiError Validation naming the expression that is wrong */
export async function measure(
  { series }: Parts,
  call: Call,
  queries: readonly MetricDataQuery[],
  { startTime, endTime }: Span,
): Promise<ReadonlyMap<string, Values>> {
  const values = new Map<string, Values>();
  const asked = queries.flatMap(({ Id, MetricStat }) =>
    MetricStat ? [{ id: Id, stat: MetricStat, key: keyOf(call, Id, MetricStat) }] : [],
  );
  // Several statistics of one metric are worked out of points that are read once.
  for (const [first, ...more] of Map.groupBy(asked, ({ key }) => JSON.stringify(key)).values()) {
    if (!first) continue;
    const points = await series.readMetrics(first.key, rangeStart(startTime, LONGEST_STEP_SECONDS), endTime);
    for (const { id, stat } of [first, ...more]) values.set(id, await statisticValues(points, stat, startTime));
  }
  await evaluateAll(queries, values);
  return values;
}

/** No period begins earlier than this before the range. */
const LONGEST_STEP_SECONDS = 60;

function keyOf(call: Call, id: string, { Metric }: MetricStat): MetricKey {
  return metricKey(call, {
    namespace: Metric.Namespace ?? "",
    name: Metric.MetricName ?? "",
    dimensions: dimensionsOf(Metric.Dimensions, `${id}.Dimensions`),
  });
}

async function statisticValues(
  points: readonly MetricPoint[],
  { Period, Stat, Unit }: MetricStat,
  startTime: number,
): Promise<Values> {
  const of = statisticOf(Stat);
  const origin = rangeStart(startTime, Period);
  const wanted = points.filter(
    ({ timestamp, unit }) => timestamp >= origin && (Unit === undefined || (unit ?? "None") === Unit),
  );
  const found = new Map<number, number>();
  for (const period of await intoPeriods(wanted, origin, Period * 1000)) {
    const value = of?.(period);
    if (value !== undefined) found.set(period.at, value);
  }
  return found;
}

/** Adds the values of the expressions to those of the metrics. @throws ApiError Validation */
async function evaluateAll(queries: readonly MetricDataQuery[], values: Map<string, Values>): Promise<void> {
  const sources = new Map(
    queries.flatMap(({ Id, Expression }) => (Expression === undefined ? [] : [[Id, Expression]])),
  );
  const work = new Work();
  const expressions = new Map<string, Expression>();
  for (const [id, source] of sources) {
    if (work.isTurnOver(source.length)) await setImmediate();
    const parsed = naming(id, source, () => parse(source, (name) => sources.has(name) || values.has(name)));
    expressions.set(id, parsed);
  }
  const isUnderWay = new Set<string>();
  const evaluated = async (id: string): Promise<void> => {
    const [expression, source = ""] = [expressions.get(id), sources.get(id)];
    if (!expression || values.has(id)) return;
    isUnderWay.add(id);
    for (const other of expression.ids) {
      if (isUnderWay.has(other)) throw wrong(id, source, new InvalidExpression("it depends on itself"));
      await evaluated(other);
    }
    isUnderWay.delete(id);
    const known = (name: string) => values.get(name) ?? new Map();
    values.set(id, await evaluate(expression, known, work).catch((cause) => Promise.reject(wrong(id, source, cause))));
  };
  for (const id of expressions.keys()) await evaluated(id);
}

function naming<Result>(id: string, source: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw wrong(id, source, cause);
  }
}

/** What is wrong with an expression, for its author; anything else is as it was. */
const wrong = (id: string, source: string, cause: unknown): unknown =>
  cause instanceof InvalidExpression
    ? errors.validation(`Error in expression '${id}': ${cause.message} [${source}]`)
    : cause;
