// Metric math on small series with known answers; those of the guide's tables among them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate, MAX_STEPS, Work } from "./evaluate.ts";
import type { Surroundings } from "./function.ts";
import { parse } from "./parse.ts";
import { InvalidExpression, isArray, isSeries, type TimeSeries, type Value } from "./values.ts";

const MINUTE = 60_000;
/** Thursday, 26 November 2026, 12:00 UTC. */
const NOON = Date.UTC(2026, 10, 26, 12);

/** A value for each minute from noon on, `null` where there is none. */
function series(label: string, ...values: readonly (number | null)[]): TimeSeries {
  const known = values.flatMap((value, index) => (value === null ? [] : [[NOON + index * MINUTE, value] as const]));
  return {
    times: known.map(([at]) => at),
    values: known.map(([, value]) => value),
    label,
    periodMs: MINUTE,
    metric: { namespace: "n", name: label, dimensions: {}, stat: "Sum" },
  };
}

const metrics: Readonly<Record<string, TimeSeries>> = {
  a: series("a", 10, 20),
  b: series("b", null, 4, 5),
  zero: series("zero", null, 0),
  metric1: series("metric1", 30, 20, 0, 0),
  metric2: series("metric2", 20, null, 20, null),
  yes: series("yes", 1, 1, 0, 0, null),
  truth: series("truth", 30, null, 0, 0, 30),
  other: series("other", 0, 0, 20, null, 20),
  gaps: series("gaps", null, 1, null, null, 4, null),
  none: series("none"),
  errors4xx: series("errors4xx", 1, 2),
  errors5xx: series("errors5xx", 3, 5),
};

function around(of: Readonly<Record<string, TimeSeries>>, work: Work, minutes = 6): Surroundings {
  return {
    startTime: NOON,
    endTime: NOON + minutes * MINUTE,
    periodMs: MINUTE,
    originOf: () => NOON,
    metrics: Object.entries(of).map(([id, one]) => ({ id, series: one })),
    search: async (source, stat, periodMs) => [series(`${source} ${stat} ${periodMs / 1000}`, 7)],
    claim: (points) => work.claim(points),
  };
}

async function work(source: string, among = metrics): Promise<Value> {
  const claims = new Work();
  return evaluate(
    parse(source, (id) => Object.hasOwn(among, id)),
    (id) => among[id] ?? [],
    around(among, claims),
    claims,
  );
}

/** By minute, as `series` takes them. */
function shown(value: Value): unknown {
  if (isArray(value)) return value.map(shown);
  if (!isSeries(value)) return value;
  return Object.fromEntries(value.times.map((at, index) => [(at - NOON) / MINUTE, value.values[index]]));
}

const points = (...values: readonly (number | null)[]): Record<number, number> =>
  Object.fromEntries(values.flatMap((value, index) => (value === null ? [] : [[index, value]])));

const cases: Readonly<Record<string, unknown>> = {
  a: points(10, 20),
  "a + b": points(10, 24, 5),
  "100 * b / a": points(0, 20),
  "a - 2 * (a - 1)": points(-8, -18),
  "-a": points(-10, -20),
  "b ^ 2 / 2": points(null, 8, 12.5),
  "10 - 2 - a": points(-2, -12),
  "a / zero": points(),
  "1 + 2 * 3 + TIME_SERIES(0)": points(7, 7, 7, 7, 7, 7),
  "5e-1 * a": points(5, 10),
  ".5 * a": points(5, 10),
  "metric1 < metric2": points(0, 0, 1, 0),
  "metric1 >= 30": points(1, 0, 0, 0),
  "metric1 > 15 AND metric2 > 15": points(1, 0, 0, 0),
  "metric1 > 15 && metric2 > 15": points(1, 0, 0, 0),
  "metric1 == 30 OR metric1 == 20 || metric1 != metric1": points(1, 1, 0, 0),
  "IF(yes, truth, other)": points(30, 0, 20),
  "IF(yes, 5, other)": points(5, 5, 20),
  "IF(yes, truth, 5)": points(30, 0, 5, 5),
  "IF(yes, truth)": points(30, 0),
  "IF(1, truth, other)": points(30, null, 0, 0, 30),
  "IF(0, truth)": points(),
  "IF(metric1 < 30, metric1)": points(null, 20, 0, 0),
  "IF(metric1 > 15, 1, 0)": points(1, 1, 0, 0),
  "ABS(a - 15)": points(5, 5),
  "CEIL(a / 8)": points(2, 3),
  "FLOOR([a, b] / 8)": [points(1, 2), points(null, 0, 0)],
  "LOG(a / 10)": points(0, Math.log(2)),
  "LOG10(a * 10)": points(2, Math.log10(200)),
  "LOG(zero)": points(),
  "a - AVG(a)": points(-5, 5),
  "AVG([a, b])": points(5, 12, 2.5),
  "SUM([a, b])": points(10, 24, 5),
  "MIN([a, b])": points(10, 4, 5),
  "MAX([a, b])": points(10, 20, 5),
  "STDDEV([a, b])": points(0, 8, 0),
  "a * 0 + STDDEV(a)": points(5, 5),
  "a / DATAPOINT_COUNT(a)": points(5, 10),
  "DATAPOINT_COUNT([a, b])": points(1, 2, 1),
  "a / METRIC_COUNT([a, b])": points(5, 10),
  'SUM(METRICS("errors"))': points(4, 7),
  "SUM([METRICS('4xx'), METRICS(\"5xx\")])": points(4, 7),
  'METRICS("errors") * 2': [points(2, 4), points(6, 10)],
  "a / PERIOD(a) * 60": points(10, 20),
  "RATE(a) * 60": points(null, 10),
  "DIFF(a)": points(null, 10),
  "DIFF_TIME(b)": points(null, null, 60),
  "RUNNING_SUM([a, b])": [points(10, 30), points(null, 4, 9)],
  "FILL(gaps, 0)": points(0, 1, 0, 0, 4, 0),
  "FILL(gaps, REPEAT)": points(null, 1, 1, 1, 4, 4),
  "FILL(gaps, LINEAR)": points(null, 1, 2, 3, 4),
  "FILL(gaps, a)": points(10, 1, null, null, 4),
  "FILL([gaps], MIN(a))": [points(10, 1, 10, 10, 4, 10)],
  "REMOVE_EMPTY([none, a])": [points(10, 20)],
  "SORT([b, a], AVG, DESC)": [points(10, 20), points(null, 4, 5)],
  "SORT([a, none, b], SUM, ASC)": [points(null, 4, 5), points(10, 20), points()],
  "SORT([b, a], MAX, DESC, 1)": [points(10, 20)],
  "FIRST(SORT([b, a], MIN, DESC)) > 10": points(0, 1),
  "LAST([a, b])": points(null, 4, 5),
  "SLICE([a, b, zero], 1)": [points(null, 4, 5), points(null, 0)],
  "SLICE([a, b, zero], 0, 1)": [points(10, 20)],
  "MINUTE(a)": points(0, 1, 2, 3, 4, 5),
  "HOUR(a) + DAY(a) * 100 + DATE(a) * 1000": points(26412, 26412, 26412, 26412, 26412, 26412),
  "MONTH(a) + YEAR(a) * 100": points(202611, 202611, 202611, 202611, 202611, 202611),
  "EPOCH(a) - TIME_SERIES(1795694400)": points(0, 60, 120, 180, 240, 300),
  "SUM(SEARCH('{n} \"x\"', 'Sum', 300))": points(7),
};
for (const [source, expected] of Object.entries(cases)) {
  test(source, async () => {
    assert.deepEqual(shown(await work(source)), expected);
  });
}

const refused: Readonly<Record<string, string>> = {
  "": "expected a number or an id, got the end",
  "a +": "expected a number or an id, got the end",
  "(a": "expected )",
  "[a": "expected ]",
  "a b": "expected an operator, got b",
  "c * 2": "expected a number or the id of a query, got c",
  "a # 2": "expected a number, an id or an operator, got #",
  "1.2.3 * a": "expected a number, got 1.2.3",
  "ANOMALY_DETECTION_BAND(a)": "the function ANOMALY_DETECTION_BAND is not yet available in Sagebrush",
  "SERVICE_QUOTA(a)": "the function SERVICE_QUOTA is not yet available in Sagebrush",
  "NONE(a)": "there is no function NONE",
  "sum(a)": "there is no function sum",
  "SUM(a, b)": "the function SUM takes 1 arguments, got 2",
  "IF(a)": "the function IF takes 2 to 3 arguments, got 1",
  "SUM(1)": "the function SUM takes time series, got a number",
  "METRIC_COUNT(a)": "the function METRIC_COUNT takes an array of time series, got a time series",
  "PERIOD(a + b)": "the function PERIOD takes a metric, got a time series",
  "SORT([a, b], STDDEV, ASC)": "expected a number or the id of a query, got STDDEV",
  "SORT([a, b], SUM, a)": "the function SORT takes ASC or DESC, got a time series",
  "[a] + [b]": "the operator + takes numbers and time series, got an array of time series and an array of time series",
  "FILL(a, DESC)":
    "the function FILL takes a number, a time series, REPEAT or LINEAR as its second argument, got the word DESC",
};
for (const [source, message] of Object.entries(refused)) {
  test(`${source} is refused`, async () => {
    await assert.rejects(
      () => work(source),
      (cause) => cause instanceof InvalidExpression && cause.message === message,
    );
  });
}

/** As long as an expression may be (CloudWatch API reference, MetricDataQuery). */
const LONGEST = 2048;

const deep: Readonly<Record<string, string>> = {
  parentheses: `${"(".repeat(LONGEST / 2 - 1)}a${")".repeat(LONGEST / 2 - 1)}`,
  "open parentheses": "(".repeat(LONGEST),
  arrays: "[".repeat(LONGEST),
  functions: "ABS(".repeat(LONGEST / 4),
  signs: `${"-".repeat(LONGEST - 1)}a`,
};
for (const [what, source] of Object.entries(deep)) {
  test(`nested ${what} are refused`, async () => {
    await assert.rejects(() => work(source), /expected at most 100 levels of parentheses and signs/);
  });
}

const many = (size: number): TimeSeries => series("a", ...Array.from({ length: size }, () => 1));

test("a long expression of many points lets others have their turn", async () => {
  const source = `a${"+a".repeat((LONGEST - 1) / 2)}`;
  let turns = 0;
  const others = setInterval(() => turns++, 0);
  const found = await work(source, { a: many(2000) });
  clearInterval(others);
  assert.equal(isSeries(found) && found.values[0], LONGEST / 2);
  assert.ok(turns > 20, `${turns} turns`);
});

test("more steps than a request may cost are refused", async () => {
  await assert.rejects(() => work(`a${"+a".repeat(1000)}`, { a: many(MAX_STEPS / 1000) }), /may take 10000000 steps/);
});

test("a grid of more periods than a request may cost is refused", async () => {
  const claims = new Work();
  const years = around({}, claims, MAX_STEPS + 1);
  await assert.rejects(
    async () =>
      evaluate(
        parse("TIME_SERIES(1)", () => false),
        () => [],
        years,
        claims,
      ),
    /may take/,
  );
});
