// Rules of composite alarms: what they hold for, and what is no rule.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../core/errors.ts";
import { parseRule } from "./rule.ts";

const states: Readonly<Record<string, "OK" | "ALARM" | "INSUFFICIENT_DATA">> = {
  hot: "ALARM",
  "cold (night)": "OK",
  "arn:aws:cloudwatch:us-east-1:1:alarm:new one": "INSUFFICIENT_DATA",
};

const rules: Readonly<Record<string, boolean>> = {
  TRUE: true,
  FALSE: false,
  "ALARM(hot)": true,
  'ALARM("hot")': true,
  "OK(hot)": false,
  'OK("cold (night)")': true,
  "INSUFFICIENT_DATA(arn:aws:cloudwatch:us-east-1:1:alarm:new one)": true,
  "ALARM(gone)": false,
  "NOT ALARM(gone)": true,
  'ALARM(hot) AND OK("cold (night)")': true,
  "ALARM(hot) AND NOT ALARM(hot)": false,
  "TRUE OR FALSE AND FALSE": true,
  "(TRUE OR FALSE) AND FALSE": false,
  "NOT (ALARM(hot) AND FALSE)": true,
  "NOT NOT TRUE": true,
  " ( ALARM ( hot ) \n OR FALSE ) ": true,
  "alarm(hot) and true": true,
};
for (const [rule, expected] of Object.entries(rules))
  test(`${rule} is ${expected}`, () => {
    assert.equal(
      parseRule(rule).holds((child) => states[child]),
      expected,
    );
  });

test("a rule names its children once each", () => {
  assert.deepEqual(parseRule("ALARM(a) OR OK(b) OR OK(a)").children, ["a", "b"]);
});

const many = (count: number) => Array.from({ length: count }, (_, at) => `OK(a${at})`).join(" OR ");
for (const rule of [
  "",
  "ALARM",
  "ALARM()",
  "ALARM(a",
  "ALARM(a) ALARM(b)",
  "(TRUE",
  "TRUE)",
  "XOR(a)",
  "a",
  "NOT",
  many(101),
  "NOT ".repeat(200),
])
  test(`${rule.slice(0, 20)} is no rule`, () => {
    assert.throws(() => parseRule(rule), ApiError);
  });
