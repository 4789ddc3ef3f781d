// Who answers an invocation: a variant by name or by its share of the weights, then one of its instances. Pure.
import { errors } from "../../core/errors.ts";
import type { EndpointRoute, InstanceRoute, VariantRoute } from "../../core/ports.ts";

/** @throws ApiError Validation when the endpoint does not serve, or has no such variant; ServiceUnavailable */
export function chooseVariant(route: EndpointRoute, target: string | undefined, random: () => number): VariantRoute {
  const { variants, endpointName, status } = route;
  if (variants.length === 0)
    throw errors.validation(`Endpoint ${endpointName} cannot be invoked in status ${status}, expected InService.`);
  if (target === undefined) return byWeight(variants, random());
  const named = variants.find(({ name }) => name === target);
  if (named) return named;
  throw errors.validation(
    `Could not find variant ${target} of endpoint ${endpointName}; it has ${variants.map(({ name }) => name).join(", ")}.`,
  );
}

/** The variant in whose share of the line from 0 to 1 the point lies. Variants without instances have no share. */
function byWeight(variants: readonly VariantRoute[], point: number): VariantRoute {
  const [first] = variants;
  if (variants.length === 1 && first) return first;
  const able = variants.filter(({ instances, weight }) => instances.length > 0 && weight > 0);
  let left = point * able.reduce((sum, { weight }) => sum + weight, 0);
  for (const variant of able) {
    left -= variant.weight;
    if (left < 0) return variant;
  }
  // Rounding may leave the last share a hair too short; without any share nobody can answer.
  const last = able.at(-1) ?? first;
  if (!last) throw new Error("An endpoint without variants was asked for one.");
  return last;
}

/** @throws ApiError ServiceUnavailable while no instance of the variant is healthy */
export function chooseInstance({ name, instances }: VariantRoute, random: () => number): InstanceRoute {
  const instance = instances[Math.floor(random() * instances.length)];
  if (instance) return instance;
  throw errors.serviceUnavailable(
    `Variant ${name} has no healthy instance at the moment; one is being started. Try again.`,
  );
}
