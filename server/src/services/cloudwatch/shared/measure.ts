// Values of the queries of one request: statistics of metrics first, then expressions after what they name.
import { setImmediate } from "node:timers/promises";
import type { MessageData, MetricDataQuery } from "../../../../../contract/cloudwatch/types.ts";
import { errors } from "../../../core/errors.ts";
import type { MetricKey } from "../../../store/series/series.ts";
import { evaluate, Work } from "./math/evaluate.ts";
import type { Surroundings } from "./math/function.ts";
import { isSelection } from "./math/insights.ts";
import { type Expression, parse } from "./math/parse.ts";
import { InvalidExpression, isArray, isSeries, kindOf, type TimeSeries, type Value } from "./math/values.ts";
import type { Period } from "./periods.ts";
import { dimensionsOf, metricKey, type Parts, type Place } from "./place.ts";
import { rangeStart } from "./range.ts";
import { searched, selected } from "./search.ts";
import { chosen, periodsByUnit, type Span, seriesOf } from "./series-of.ts";

type MetricStat = NonNullable<MetricDataQuery["MetricStat"]>;

export interface Measured {
  /** One, or of an expression as many as it gives. */
  readonly series: readonly TimeSeries[];
  readonly messages: readonly MessageData[];
  /** Of an expression that gives an array, which may hold one. */
  readonly isMany: boolean;
}

/** By id of the query. @throws ApiError Validation naming the expression that is wrong */
export async function measure(
  parts: Parts,
  place: Place,
  queries: readonly MetricDataQuery[],
  span: Span,
): Promise<ReadonlyMap<string, Measured>> {
  const measured = new Map<string, Measured>();
  const asked = queries.flatMap(({ Id, MetricStat }) =>
    MetricStat ? [{ id: Id, stat: MetricStat, key: keyOf(place, Id, MetricStat) }] : [],
  );
  // Several statistics of one metric are worked out of points that are read once.
  for (const [first, ...more] of Map.groupBy(asked, ({ key }) => JSON.stringify(key)).values()) {
    if (!first) continue;
    const all = [first, ...more];
    const lengths = all.map(({ stat }) => stat.Period);
    const periods = await periodsByUnit(parts.series, first.key, span, lengths);
    for (const { id, stat, key } of all) measured.set(id, statisticSeries(periods.get(stat.Period), key, stat));
  }
  await new Expressions(parts, place, queries, span).evaluateAll(measured);
  return measured;
}

function keyOf(place: Place, id: string, { Metric }: MetricStat): MetricKey {
  return metricKey(place, {
    namespace: Metric.Namespace ?? "",
    name: Metric.MetricName ?? "",
    dimensions: dimensionsOf(Metric.Dimensions, `${id}.Dimensions`),
  });
}

function statisticSeries(
  byUnit: ReadonlyMap<string, readonly Period[]> | undefined,
  key: MetricKey,
  stat: MetricStat,
): Measured {
  const { periods, units } = chosen(byUnit ?? new Map(), stat.Unit);
  const isMixed = stat.Unit === undefined && units.length > 1;
  return {
    series: [seriesOf(key, stat.Stat, stat.Period * 1000, periods)],
    messages: isMixed ? [{ Code: "MultipleUnits", Value: `Multiple units returned: '[${units.join(", ")}]'` }] : [],
    isMany: false,
  };
}

/** Period of expressions of requests that name no metric. */
const DEFAULT_PERIOD_MS = 300_000;

class Expressions {
  readonly #parts: Parts;
  readonly #place: Place;
  readonly #queries: readonly MetricDataQuery[];
  readonly #span: Span;
  readonly #work = new Work();

  constructor(parts: Parts, place: Place, queries: readonly MetricDataQuery[], span: Span) {
    this.#parts = parts;
    this.#place = place;
    this.#queries = queries;
    this.#span = span;
  }

  /** Adds the values of the expressions to those of the metrics. @throws ApiError Validation */
  async evaluateAll(measured: Map<string, Measured>): Promise<void> {
    // CloudWatch user guide, "Metrics Insights quotas".
    if (this.#queries.filter(({ Expression }) => Expression !== undefined && isSelection(Expression)).length > 1)
      throw errors.validation("A GetMetricData request can have at most one Metrics Insights query.");
    const values = new Map<string, Value>();
    for (const [id, { series }] of measured) values.set(id, series[0] as TimeSeries);
    const parsed = await this.#parseAll();
    const isUnderWay = new Set<string>();
    const evaluated = async (id: string): Promise<void> => {
      const expression = parsed.get(id);
      if (!expression || values.has(id)) return;
      isUnderWay.add(id);
      for (const other of expression.parsed.ids) {
        if (isUnderWay.has(other)) throw wrong(id, expression.source, new InvalidExpression("it depends on itself"));
        await evaluated(other);
      }
      isUnderWay.delete(id);
      const around = this.#around(measured, expression.query);
      const value = await evaluate(expression.parsed, (name) => values.get(name) ?? [], around, this.#work)
        .then(mustBeSeries)
        .catch((cause) => Promise.reject(wrong(id, expression.source, cause)));
      values.set(id, value);
    };
    for (const query of this.#queries) {
      const { Id, Expression } = query;
      if (Expression === undefined) continue;
      if (isSelection(Expression)) values.set(Id, await this.#selection(query, Expression));
      else await evaluated(Id);
      const value = values.get(Id) as Value;
      const isMany = isArray(value);
      measured.set(Id, { series: isMany ? value : [value as TimeSeries], messages: [], isMany });
    }
  }

  async #parseAll() {
    const known = new Set(this.#queries.map(({ Id }) => Id));
    const parsed = new Map<string, { readonly parsed: Expression; readonly source: string; query: MetricDataQuery }>();
    for (const query of this.#queries) {
      const { Id: id, Expression: source } = query;
      if (source === undefined || isSelection(source)) continue;
      if (this.#work.isTurnOver(source.length)) await setImmediate();
      parsed.set(id, { parsed: parseNamed(id, source, known), source, query });
    }
    return parsed;
  }

  #selection({ Id, Period }: MetricDataQuery, source: string): Promise<readonly TimeSeries[]> {
    const periodMs = (Period ?? DEFAULT_PERIOD_MS / 1000) * 1000;
    const claim = (points: number) => this.#work.claim(points);
    return selected(this.#parts, this.#place, source, { ...this.#span, periodMs, label: Id, claim }).catch((cause) =>
      Promise.reject(wrong(Id, source, cause)),
    );
  }

  #around(measured: ReadonlyMap<string, Measured>, { Period }: MetricDataQuery): Surroundings {
    const metrics = this.#queries.flatMap(({ Id, MetricStat }) => {
      const series = measured.get(Id)?.series[0];
      return MetricStat && series ? [{ id: Id, series }] : [];
    });
    const least = metrics.reduce((found, { series }) => Math.min(found, series.periodMs), Number.POSITIVE_INFINITY);
    const periodMs = Period === undefined ? (Number.isFinite(least) ? least : DEFAULT_PERIOD_MS) : Period * 1000;
    const { startTime, endTime } = this.#span;
    const claim = (points: number) => this.#work.claim(points);
    return {
      startTime,
      endTime,
      periodMs,
      metrics,
      originOf: (length) => rangeStart(startTime, length / 1000),
      claim,
      search: (source, stat, length) =>
        searched(this.#parts, this.#place, { source, stat }, { startTime, endTime, periodMs: length, claim }),
    };
  }
}

function mustBeSeries(value: Value): Value {
  if (isSeries(value) || isArray(value)) return value;
  throw new InvalidExpression(`an expression must result in time series, got ${kindOf(value)}`);
}

/** Throws what is wrong with the expressions of queries, without working them out. @throws ApiError Validation */
export function checkExpressions(queries: readonly MetricDataQuery[]): ReadonlyMap<string, Expression> {
  const known = new Set(queries.map(({ Id }) => Id));
  const found = new Map<string, Expression>();
  for (const { Id: id, Expression: source } of queries)
    if (source !== undefined && !isSelection(source)) found.set(id, parseNamed(id, source, known));
  return found;
}

/** The expression of a query; `known`: ids of all queries. @throws ApiError Validation */
function parseNamed(id: string, source: string, known: ReadonlySet<string>): Expression {
  try {
    return parse(source, (name) => known.has(name));
  } catch (cause) {
    throw wrong(id, source, cause);
  }
}

/** What is wrong with an expression, for its author; anything else is as it was. */
const wrong = (id: string, source: string, cause: unknown): unknown =>
  cause instanceof InvalidExpression
    ? errors.validation(`Error in expression '${id}': ${cause.message} [${source}]`)
    : cause;
