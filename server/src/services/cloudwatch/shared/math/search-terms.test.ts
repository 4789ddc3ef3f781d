// Search expressions against the examples of the guide.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Searched, searchTest } from "./search-terms.ts";
import { InvalidExpression } from "./values.ts";

const named = (name: string, dimensions: Record<string, string> = {}, namespace = "Mine"): Searched => ({
  namespace,
  name,
  dimensions,
});
const count = named("CustomCount1");
const micro = named("CPUUtilization", { InstanceType: "t2.micro" }, "AWS/EC2");
const read = named("DiskReadOps", { InstanceId: "i-1234567890123456" }, "AWS/EC2");
const errors = named("Network-Errors_2");
const odd = named("Europe\\France Traffic(Network)");

const cases: readonly (readonly [source: string, metric: Searched, found: boolean])[] = [
  ["count", count, true],
  ["COUNT", count, true],
  ["couNT", count, false],
  ["CustomCount", count, true],
  ["Count1", count, true],
  ["customcount", count, false],
  ["count1", count, false],
  ["sdb", named("SDBFailure"), true],
  ["failure", named("SDBFailure"), true],
  ["trial", named("Project2-trial333"), true],
  ['"CustomCount1"', count, true],
  ['"customcount1"', count, false],
  ['"Custom"', count, false],
  ["network/errors", errors, true],
  ["network+errors", errors, true],
  ["network-errors", named("NetworkErrors2"), true],
  ["Network_Errors", errors, true],
  ['"Network_Errors_2"', errors, false],
  ['"Europe\\\\France Traffic\\(Network\\)"', odd, true],
  ["{AWS/EC2,InstanceType} micro", micro, true],
  ["{AWS/EC2,InstanceId} micro", micro, false],
  ["{AWS/EC2}", micro, true],
  ['{"My Space", "Dim@Name"}, "x"', named("x", { "Dim@Name": "y" }, "My Space"), true],
  ["{AWS/EC2} , micro", micro, true],
  ["InstanceType=micro", micro, true],
  ['InstanceType="t2.micro" Namespace="AWS/EC2"', micro, true],
  ['MetricName = "CPUUtilization"', micro, true],
  ["MetricName=micro", micro, false],
  ["NOT Namespace=AWS", micro, false],
  ["NOT Namespace=AWS", count, true],
  ["disk AND read", read, true],
  ["disk write", read, false],
  ["(EC2 OR EBS) AND MetricName=ReadOps", read, true],
  ["(EC2 OR EBS) ReadOps NOT i-1234567890123456", read, false],
  ['MetricName="Errors" OR (MetricName="DiskReadOps" AND (a OR Mine OR EC2))', read, true],
];
for (const [source, metric, found] of cases) {
  test(`${source} ${found ? "finds" : "does not find"} ${metric.name}`, () => {
    assert.equal(searchTest(source)(metric), found);
  });
}

for (const source of [
  "",
  "{",
  "{A",
  "{A,}",
  "(a",
  "a)",
  "a OR",
  'x="',
  "=a",
  ":aws.AccountId = LOCAL",
  "x".repeat(1025),
  "(".repeat(500),
]) {
  test(`${source.slice(0, 20)} is refused`, () => {
    assert.throws(() => searchTest(source), InvalidExpression);
  });
}
