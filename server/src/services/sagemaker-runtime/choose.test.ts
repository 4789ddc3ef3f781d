import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EndpointRoute, InstanceRoute, VariantRoute } from "../../core/ports.ts";
import { chooseInstance, chooseVariant } from "./choose.ts";

const anInstance = (id: string): InstanceRoute => ({
  id,
  dial: () => Promise.reject(new Error("Nobody calls it.")),
  logStream: id,
  begin: () => () => {},
});

const aVariant = (name: string, weight: number, instances = 1): VariantRoute => ({
  name,
  weight,
  instances: Array.from({ length: instances }, (_, index) => anInstance(`${name}${index}`)),
});

const aRoute = (...variants: readonly VariantRoute[]): EndpointRoute => ({
  endpointName: "digits",
  arn: "arn",
  status: "InService",
  variants,
});

const chosen = (route: EndpointRoute, point: number, target?: string): string =>
  chooseVariant(route, target, () => point).name;

describe("the variant that answers", () => {
  const route = aRoute(aVariant("A", 1), aVariant("B", 3), aVariant("off", 0));
  it("has the share of its weight", () => {
    assert.deepEqual(
      [0, 0.2499, 0.25, 0.9999].map((point) => chosen(route, point)),
      ["A", "A", "B", "B"],
    );
  });
  it("is the one that the caller names, whatever its weight", () => assert.equal(chosen(route, 0, "off"), "off"));
  it("is never one without instances while another has some", () => {
    const half = aRoute(aVariant("A", 9, 0), aVariant("B", 1));
    assert.deepEqual([chosen(half, 0), chosen(half, 0.999)], ["B", "B"]);
  });
  it("must exist", () =>
    assert.throws(() => chosen(route, 0, "C"), {
      code: "ValidationException",
      message: "Could not find variant C of endpoint digits; it has A, B, off.",
    }));
  it("cannot be had of an endpoint that is not in service", () =>
    assert.throws(() => chosen({ ...aRoute(), status: "Creating" }, 0), {
      message: "Endpoint digits cannot be invoked in status Creating, expected InService.",
    }));
});

describe("the instance that answers", () => {
  it("is any of them", () => {
    const variant = aVariant("A", 1, 3);
    assert.deepEqual(
      [0, 0.34, 0.99].map((point) => chooseInstance(variant, () => point).id),
      ["A0", "A1", "A2"],
    );
  });
  it("may be missing for a moment, which is worth another try", () =>
    assert.throws(() => chooseInstance(aVariant("A", 1, 0), () => 0), { code: "ServiceUnavailable", status: 503 }));
});
