import assert from "node:assert/strict";
import { test } from "node:test";
import { filtered, wants } from "./filter-policy.ts";

test("a long message is taken apart once for all subscriptions", () => {
  const text = JSON.stringify({ kind: "x", items: Array.from({ length: 20_000 }, (_, index) => ({ index })) });
  const message = filtered({ text, attributes: {} });
  const before = performance.now();
  for (let times = 0; times < 2000; times++) assert.ok(wants('{"kind":["x"]}', "MessageBody", message));
  assert.ok(performance.now() - before < 2000, `${performance.now() - before} ms`);
});
