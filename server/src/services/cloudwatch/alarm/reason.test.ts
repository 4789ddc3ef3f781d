// Reasons as the guide's samples and recorded answers have them.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MetricSettings } from "../shared/alarms.ts";
import { type Evaluated, evaluate, type Rule } from "./evaluate.ts";
import { reasonText } from "./reason.ts";

const AT = Date.UTC(2019, 9, 2, 16, 59);
const settings = (more: MetricSettings = {}): MetricSettings => ({
  ComparisonOperator: "GreaterThanThreshold",
  Threshold: 50,
  ...more,
});
const points = (...values: readonly (number | null)[]): Evaluated[] =>
  values.map((value, index) => {
    const at = AT + index * 60_000;
    return value === null ? { at } : { at, value, isBreaching: value > 50 };
  });
const rule = (evaluationPeriods: number, datapointsToAlarm: number, treatMissingData = "missing"): Rule => ({
  evaluationPeriods,
  datapointsToAlarm,
  treatMissingData,
});

type Case = readonly [Evaluated[], Rule, MetricSettings, from: "OK" | "ALARM" | "INSUFFICIENT_DATA"];
const cases: Readonly<Record<string, Case>> = {
  "Threshold Crossed: 1 out of the last 1 datapoints [99.5 (02/10/19 16:59:00)] was greater than the threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition).":
    [points(99.5), rule(1, 1), settings({ DatapointsToAlarm: 1 }), "OK"],
  "Threshold Crossed: 1 out of the last 1 datapoints [0.5 (02/10/19 16:59:00)] was not greater than the threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition).":
    [points(0.5), rule(1, 1), settings({ DatapointsToAlarm: 1 }), "ALARM"],
  "Threshold Crossed: 1 datapoint [51.0 (02/10/19 16:59:00)] was greater than the threshold (50.0).": [
    points(51),
    rule(1, 1),
    settings(),
    "INSUFFICIENT_DATA",
  ],
  "Threshold Crossed: 2 datapoints [52.0 (02/10/19 17:00:00), 51.0 (02/10/19 16:59:00)] were greater than the threshold (50.0).":
    [points(51, 52), rule(2, 2), settings(), "OK"],
  "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].":
    [points(null, null), rule(2, 2, "breaching"), settings(), "OK"],
  "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].":
    [points(null), rule(1, 1, "notBreaching"), settings(), "ALARM"],
  "Threshold Crossed: 1 datapoint [51.0 (02/10/19 16:59:00)] was greater than the threshold (50.0) and 1 missing datapoint was treated as [Breaching].":
    [points(51, null), rule(2, 2, "breaching"), settings(), "OK"],
  "Threshold Crossed: 1 datapoint [51.0 (02/10/19 16:59:00)] was greater than the threshold (50.0) and 1 missing datapoint was treated as [NonBreaching].":
    [points(51, null), rule(2, 2, "notBreaching"), settings(), "ALARM"],
  "Insufficient Data: 3 datapoints were unknown.": [points(null, null, null), rule(3, 3), settings(), "ALARM"],
};
for (const [text, [found, of, given, from]] of Object.entries(cases))
  test(text, () => {
    const verdict = evaluate(found, of);
    assert.ok(verdict.state);
    assert.equal(reasonText({ settings: given, rule: of, verdict, from, to: verdict.state }), text);
  });
