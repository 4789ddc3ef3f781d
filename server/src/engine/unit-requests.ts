// What is asked of images and the backend for a wanted unit: the image, the plan, the program. Values only.
import type { PreparedImage, UnitPlan, UnitSpec } from "../backends/backend.ts";
import type { Principal } from "../core/call.ts";
import type { ImageRequest } from "./engine.ts";
import { fitToMachine } from "./instance-types.ts";
import type { WantedUnit } from "./job-kind.ts";
import { backendMounts } from "./unit-mounts.ts";
import type { UnitOwner, UnitParts } from "./unit-parts.ts";

/** Processes in one container at most; a fork bomb ends here. */
const PIDS = 4096;
const GIB = 2 ** 30;

/** Stands in plans of units whose image nobody asks about any more. */
export const noImage: PreparedImage = {
  id: "",
  mounts: [],
  entrypoint: [],
  command: [],
  environment: {},
  workingDirectory: "/",
  canWait: false,
};

/** An image is pulled in the name of the unit's role. */
export function imageRequest(
  { roleArn, environment, runsScript = Boolean(environment["SAGEMAKER_PROGRAM"]) }: WantedUnit,
  { account, region }: UnitOwner,
  sessions: UnitParts["sessions"],
): Pick<ImageRequest, "account" | "region" | "runsScript" | "principal"> {
  return {
    account,
    region,
    runsScript,
    principal: async () => (roleArn === undefined ? ownerOf(account) : (await sessions.session(roleArn)).principal),
  };
}

/** Models may be made without a role: what belongs to the account is then its to run. */
const ownerOf = (account: string): Principal => ({
  kind: "root",
  arn: `arn:aws:iam::${account}:root`,
  account,
  userId: account,
});

/** `hosts`: those of the unit's group. */
export function planOf(
  { id, group, host, instanceType, volumeSizeGb, network, ports }: WantedUnit,
  hosts: readonly string[],
  image: PreparedImage,
  { machine, platform }: Pick<UnitParts, "machine" | "platform">,
): UnitPlan {
  const { size } = fitToMachine(instanceType, machine, false);
  return {
    ...{ id, group, host, hosts, image, network, ports },
    resources: { ...size, pids: PIDS, diskBytes: volumeSizeGb * GIB },
    ...(network === "isolated" ? {} : { platformSocket: platform.socket }),
  };
}

/** `folder`: what the unit sees as /opt/ml. */
export function specOf(
  plan: UnitPlan,
  { entrypoint, arguments: given, environment, image, network, roleArn, mounts = [] }: WantedUnit,
  { region, folder, platform }: { readonly region: string; readonly folder: string } & Pick<UnitParts, "platform">,
): UnitSpec {
  return {
    ...plan,
    ...(entrypoint === undefined ? {} : { entrypoint }),
    arguments: given ?? (entrypoint === undefined ? plan.image.command : []),
    environment: {
      // An image that stands for several versions tells which one was asked for.
      SAGEBRUSH_IMAGE: image,
      // Limits cannot be read from inside; Java has to be told what there is.
      SAGEBRUSH_INSTANCE_CPUS: String(plan.resources.cpus),
      SAGEBRUSH_INSTANCE_MEMORY_BYTES: String(plan.resources.memoryBytes),
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      ...(plan.hosts.length === 1 ? {} : { SAGEBRUSH_HOSTS_SECRET: platform.hostsSecret(plan.group) }),
      ...(network === "isolated" ? {} : platform.environment(plan.id, roleArn !== undefined)),
      ...environment,
    },
    mounts: backendMounts(folder, mounts),
  };
}
