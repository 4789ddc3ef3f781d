// The row of an endpoint: fleets of containers, one for each configuration that serves, is coming up or is leaving.
// What a container needs is kept here, so that deleting the model or the configuration takes nothing from an endpoint.
import type { DeploymentConfig } from "../../../../../contract/sagemaker/types.ts";
import type { UnitLog, WantedUnit } from "../../../engine/job-kind.ts";
import type { Row } from "../../../store/rows/rows.ts";

export const endpointKind = "sagemaker:endpoint";

/** Statuses in which nothing runs and nothing is due. */
export const settled = ["Failed"] as const;

export interface EndpointDocument {
  readonly arn: string;
  /** Random; names the units of all fleets. */
  readonly id: string;
  /** Instances made so far; the next one's number. */
  readonly made: number;
  readonly fleets: readonly Fleet[];
  /** While capacities change: what to go back to. */
  readonly before?: readonly Capacity[];
  readonly failureReason?: string;
  readonly deployment?: DeploymentConfig;
}

export type EndpointRow = Row<EndpointDocument>;

/** `coming`: not ready yet. `serving`: at most one. `leaving`: its instances end when idle. */
export interface Fleet {
  readonly role: "coming" | "serving" | "leaving";
  readonly configName: string;
  readonly variants: readonly Variant[];
  /** A leaving fleet stays at hand until then; on the steady scale. */
  readonly leaveAt?: number;
}

export interface Variant {
  readonly name: string;
  readonly container: ContainerPlan;
  readonly weight: number;
  /** Instances that there should be. */
  readonly count: number;
  readonly instances: readonly Instance[];
  /** Instances that died one soon after the other. */
  readonly deaths: number;
  /** Earliest time of a replacement, on the steady scale. */
  readonly retryAt?: number;
}

/** The model and the machine of a variant as they were when the configuration was put to use. */
export interface ContainerPlan {
  readonly modelName: string;
  /** With its digest in place of the tag where it has one. */
  readonly image: string;
  /** As the model has it, when that is not the same. */
  readonly specifiedImage?: string;
  readonly modelDataUrl?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly roleArn?: string;
  readonly network: WantedUnit["network"];
  readonly instanceType: string;
  readonly volumeSizeGb: number;
  /** From the program's start to the first healthy answer. */
  readonly startLimitSeconds: number;
}

/**
 * `preparing`: capacity and model. `starting`: runs, not healthy yet. `serving`. `failing`: its last words are looked
 * up. `failed`: see `reason`. `draining`: gets nothing new and ends when idle.
 */
export interface Instance {
  /** Also the unit's id and the last part of its log stream. */
  readonly id: string;
  readonly phase: "preparing" | "starting" | "serving" | "failing" | "failed" | "draining";
  readonly reason?: string;
  /** When it became healthy, on the steady scale. */
  readonly servingSince?: number;
}

export interface Capacity {
  readonly name: string;
  readonly weight: number;
  readonly count: number;
}

export const isLive = ({ phase }: Instance): boolean => phase !== "draining";

export const isServing = ({ phase }: Instance): boolean => phase === "serving";

/** The fleet that answers; while an endpoint is made, the one that will. */
export const shownFleet = ({ fleets }: EndpointDocument): Fleet | undefined =>
  fleets.find(({ role }) => role === "serving") ?? fleets[0];

/** Variant and instance of a unit. */
export function findInstance(
  { fleets }: EndpointDocument,
  id: string,
): { readonly variant: Variant; readonly instance: Instance } | undefined {
  for (const { variants } of fleets)
    for (const variant of variants) {
      const instance = variant.instances.find((one) => one.id === id);
      if (instance) return { variant, instance };
    }
  return undefined;
}

/** Where an instance's output goes, as on AWS. */
export const logOf = (endpointName: string, variantName: string, instanceId: string): UnitLog => ({
  group: `/aws/sagemaker/Endpoints/${endpointName}`,
  stream: `${variantName}/${instanceId}`,
});
