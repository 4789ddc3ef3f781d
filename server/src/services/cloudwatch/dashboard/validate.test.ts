// Bodies of dashboards: which are right, and what is said of those that are not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { validate } from "./validate.ts";

const metric = (properties: object) => ({ type: "metric", x: 0, y: 0, width: 6, height: 6, properties });
const body = (...widgets: readonly unknown[]) => JSON.stringify({ widgets });

const right: Readonly<Record<string, string>> = {
  "an empty one": "{}",
  "one with a text": body({ type: "text", properties: { markdown: "# hello" } }),
  "one with a metric": body(metric({ region: "r", metrics: [["AWS/EC2", "CPUUtilization", "InstanceId", "i"]] })),
  "one with an expression": body(metric({ region: "r", metrics: [[{ expression: "SUM(METRICS())" }]] })),
};
for (const [what, text] of Object.entries(right))
  test(`${what} is right`, () => {
    assert.deepEqual(validate(text), { errors: [], warnings: [] });
  });

const wrong: Readonly<Record<string, readonly [text: string, path: string | undefined, message: RegExp]>> = {
  "no JSON": ["{", undefined, /valid JSON object/],
  "an array": ["[]", undefined, /valid JSON object/],
  "widgets that are no array": ['{"widgets":1}', "/widgets", /array/],
  "a widget of no type": [body({ properties: {} }), "/widgets/0/type", /one of metric, text/],
  "a text without text": [body({ type: "text", properties: {} }), "/widgets/0/properties", /markdown/],
  "a widget that is too wide": [
    body({ type: "text", width: 25, properties: { markdown: "" } }),
    "/widgets/0/width",
    /1 to 24/,
  ],
  "half a place": [body({ type: "text", x: 1, properties: { markdown: "" } }), "/widgets/0", /x and y/],
  "a metric without region": [body(metric({ metrics: [] })), "/widgets/0/properties", /region/],
  "a metric that is no array": [
    body(metric({ region: "r", metrics: ["a"] })),
    "/widgets/0/properties/metrics/0",
    /array/,
  ],
};
for (const [what, [text, path, message]] of Object.entries(wrong))
  test(`${what} is said where it is`, () => {
    const [first] = validate(text).errors;
    assert.equal(first?.DataPath, path);
    assert.match(first?.Message ?? "", message);
  });
