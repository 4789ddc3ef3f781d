// What runs for an endpoint: a container for each instance, its model fetched first, its requests ended last.
// Container contract of hosting: `serve`, port 8080, GET /ping, SIGTERM and 30 s.
import type { WantedActivity, WantedUnit, Wants } from "../../../engine/job-kind.ts";
import { type EndpointRow, type Instance, logOf, type Variant } from "./document.ts";

export const SERVING_PORT = 8080;

/** Grace between SIGTERM and SIGKILL (container contract, hosting). */
const GRACE_SECONDS = 30;
/** Longest a single question may take (container contract, hosting). */
const PING_TIMEOUT_MS = 2_000;
const PING_INTERVAL_MS = 5_000;

export function wants(row: EndpointRow): Wants {
  const units: WantedUnit[] = [];
  const activities: WantedActivity[] = [];
  for (const { variants } of row.document.fleets)
    for (const variant of variants)
      for (const instance of variant.instances) {
        if (instance.phase !== "failed") units.push(wantedUnit(row, variant, instance));
        const name = activityOf[instance.phase];
        if (name !== undefined) activities.push({ name, of: instance.id });
      }
  return { units, activities };
}

const activityOf: Readonly<Record<Instance["phase"], "fetch" | "drain" | "lastWords" | undefined>> = {
  preparing: "fetch",
  starting: undefined,
  serving: undefined,
  failing: "lastWords",
  failed: undefined,
  draining: "drain",
};

function wantedUnit(row: EndpointRow, { container, name }: Variant, { id, phase }: Instance): WantedUnit {
  return {
    id,
    want: phase === "preparing" ? "reserved" : "running",
    holds: "service",
    group: id,
    // As a training job's: a spare has this name already.
    host: "algo-1",
    image: container.image,
    instanceType: container.instanceType,
    volumeSizeGb: container.volumeSizeGb,
    arguments: ["serve"],
    environment: { SAGEMAKER_REGION: row.scope.split("/")[1] ?? "", ...container.environment },
    ...(container.roleArn === undefined ? {} : { roleArn: container.roleArn }),
    network: container.network,
    log: logOf(row.name, name, id),
    ports: [SERVING_PORT],
    health: { port: SERVING_PORT, path: "/ping", timeoutMs: PING_TIMEOUT_MS, intervalMs: PING_INTERVAL_MS },
    graceSeconds: GRACE_SECONDS,
  };
}
