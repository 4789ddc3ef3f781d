import assert from "node:assert/strict";
import { test } from "node:test";
import { createExpression } from "./expression.ts";
import { compare, First, type Place, placeOf } from "./order.ts";
import { searchView, timeOf, valuesOf } from "./properties.ts";

const grammar = { properties: ["Parameters", "Tags", "Metrics", "CreationTime", "List"], manyContains: [] };
const record = searchView({
  Parameters: { depth: { NumberValue: 5 }, kind: { StringValue: "tree" }, "a.b": { StringValue: "dotted" } },
  Tags: [{ Key: "my.team", Value: "red" }],
  Metrics: [{ MetricName: "validation:auc", Last: 0.5, Max: 0.9 }],
  CreationTime: 1600077600.25,
  List: [
    { Name: "a", Value: "1" },
    { Name: "b", Value: "2" },
  ],
});

for (const [what, name, expected] of [
  ["a parameter's number", "Parameters.depth", [5]],
  ["the member itself", "Parameters.depth.NumberValue", [5]],
  ["a key with a point in it", "parameters.A.B", ["dotted"]],
  ["a tag with a point in its key", "Tags.my.team", ["red"]],
  ["a metric's last value", "Metrics.validation:auc", [0.5]],
  ["a metric's statistic", "Metrics.validation:auc.Max", [0.9]],
  ["every element of a list", "List.Name", ["a", "b"]],
  ["nothing", "Parameters.width", []],
] as const)
  test(`a name means ${what}`, () => assert.deepEqual(valuesOf(record, name), expected));

for (const [text, seconds] of [
  ["2020-09-14T10:00:00", 1600077600],
  ["2020-09-14T10:00:00Z", 1600077600],
  ["2020-09-14T12:00:00+02:00", 1600077600],
  ["2020-09-14", 1600041600],
  ["1600077600", 1600077600],
  ["yesterday", undefined],
] as const)
  test(`${text} is the moment ${seconds}`, () => assert.equal(timeOf(text), seconds));

const nested = (first: string, second: string) => ({
  NestedFilters: [
    {
      NestedPropertyName: "List",
      Filters: [
        { Name: "List.Name", Value: first },
        { Name: "List.Value", Value: second },
      ],
    },
  ],
});

for (const [what, expression, expected] of [
  ["nested filters hold for one element", nested("a", "1"), true],
  ["nested filters do not hold across elements", nested("a", "2"), false],
  [
    "a moment in whole seconds is meant as such",
    { Filters: [{ Name: "CreationTime", Value: "2020-09-14T10:00:00" }] },
    true,
  ],
  [
    "what lacks a property is not equal to anything",
    { Filters: [{ Name: "Parameters.x", Operator: "NotEquals", Value: "1" }] },
    true,
  ],
] as const)
  test(what, () => assert.equal(createExpression(expression, grammar)(record), expected));

test("levels of sub-expressions are as limited as conditions", () => {
  let expression: object = { Filters: [{ Name: "Parameters.x" }] };
  for (let level = 0; level < 60; level++) expression = { SubExpressions: [expression] };
  assert.throws(() => createExpression(expression, grammar), /at most 50 conditions and levels/);
});

test("the first of many are the first of all sorted, numbers before texts, what has neither last", () => {
  const views = ["x", 10, undefined, 9, "10", "a", 2.5].map((value, index) => ({ value, name: `row-${index}` }));
  for (const isDescending of [false, true]) {
    const places = views.map(({ value, name }): Place => placeOf({ value }, "value", name));
    const first = new First<string>(4, isDescending);
    for (const place of places) first.add(place, place[1]);
    const sorted = places.toSorted((one, other) => compare(one, other, isDescending)).map(([, name]) => name);
    assert.deepEqual(
      first.all.map(({ item }) => item),
      sorted.slice(0, 4),
    );
    assert.equal(sorted.at(-1), "row-2");
  }
});
