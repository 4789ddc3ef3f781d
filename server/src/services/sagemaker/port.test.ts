import assert from "node:assert/strict";
import { it } from "node:test";
import { EndpointRoutes, type PublishedRoute } from "./port.ts";

const SCOPE = "123456789012/us-east-1";

const dial = () => Promise.reject(new Error("Nobody calls it."));

const aRoute = (...ids: readonly string[]): PublishedRoute => ({
  endpointName: "digits",
  arn: "arn",
  status: "InService",
  variants: [{ name: "A", weight: 1, instances: ids.map((id) => ({ id, dial, logStream: `A/${id}` })) }],
});

const instance = (routes: EndpointRoutes, index = 0) =>
  routes.find("123456789012", "us-east-1", "digits")?.variants[0]?.instances[index];

it("an instance is idle when the last request under way is over", async () => {
  const routes = new EndpointRoutes();
  routes.publish(SCOPE, "digits", aRoute("old"));
  const ends = [instance(routes)?.begin(), instance(routes)?.begin()];
  routes.publish(SCOPE, "digits", aRoute("new"));
  const order: string[] = [];
  const idle = routes.idle("old", new AbortController().signal).then(() => order.push("idle"));
  for (const end of ends) {
    await Promise.resolve();
    order.push("end");
    end?.();
    end?.();
  }
  await idle;
  assert.deepEqual(order, ["end", "end", "idle"]);
});

it("an instance without requests is idle at once, and so is one that nobody knows", async () => {
  const routes = new EndpointRoutes();
  routes.publish(SCOPE, "digits", aRoute("a"));
  await routes.idle("a", new AbortController().signal);
  await routes.idle("unknown", new AbortController().signal);
});

it("an instance stays the same over publications, so that its connections do", () => {
  const routes = new EndpointRoutes();
  routes.publish(SCOPE, "digits", aRoute("a"));
  const before = instance(routes);
  routes.publish(SCOPE, "digits", aRoute("b", "a"));
  assert.equal(instance(routes, 1), before);
});

it("an endpoint that is gone is not found", () => {
  const routes = new EndpointRoutes();
  routes.publish(SCOPE, "digits", aRoute("a"));
  routes.publish(SCOPE, "digits", undefined);
  assert.equal(routes.find("123456789012", "us-east-1", "digits"), undefined);
});
