// AWS's managed policies as they are evaluated: each document is whole and understood.
import assert from "node:assert/strict";
import { test } from "node:test";
import { awsPolicies } from "./aws-policies.ts";
import { compilePolicy } from "./document.ts";

const all = [...awsPolicies.values()];

test("every policy of AWS can be evaluated, and no action of it is left joined to another", () => {
  assert.ok(all.length > 100);
  for (const { arn, document, version } of all) {
    assert.match(version, /^v\d+$/, arn);
    compilePolicy(document);
    const statements = (JSON.parse(document) as { Statement: Record<string, unknown>[] }).Statement;
    for (const { Action, NotAction } of statements) {
      for (const action of [Action ?? [], NotAction ?? []].flat()) {
        assert.match(String(action), /^(\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$/, arn);
      }
    }
  }
});

test("runs of actions are spread in their order", () => {
  const pull = awsPolicies.get("arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly");
  const [{ Action: actions }] = JSON.parse(pull?.document ?? "").Statement;
  assert.deepEqual(actions.slice(0, 2), ["ecr:GetAuthorizationToken", "ecr:BatchGetImage"]);
});

test("a policy has the same id whenever it is read, and no two have one", () => {
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  for (const { id } of all) assert.match(id, /^ANPA[A-Z2-7]{16}$/);
});
