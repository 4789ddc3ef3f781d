// What the inference router needs to know of an endpoint: who answers right now, and with which share.
import type { Published } from "../../../engine/job-kind.ts";
import type { PublishedRoute } from "../port.ts";
import { type EndpointDocument, isServing, logOf, type Variant } from "./document.ts";
import { SERVING_PORT } from "./units.ts";

export function routeOf({ row, observed }: Published<EndpointDocument>): PublishedRoute {
  const { document, name, status } = row;
  const serving = document.fleets.find(({ role }) => role === "serving");
  return {
    endpointName: name,
    arn: document.arn,
    status,
    variants: (serving?.variants ?? []).map((variant) => ({
      name: variant.name,
      weight: variant.weight,
      instances: answering(variant, name, observed),
    })),
  };
}

/** A slow answer to a health check takes no instance out: only one that has been failing for long is replaced. */
function answering(variant: Variant, endpointName: string, observed: Published<EndpointDocument>["observed"]) {
  return variant.instances.filter(isServing).flatMap(({ id }) => {
    const unit = observed.unit(id);
    const dial = unit.phase === "running" ? unit.dials.get(SERVING_PORT) : undefined;
    return dial === undefined ? [] : [{ id, dial, logStream: logOf(endpointName, variant.name, id).stream }];
  });
}
