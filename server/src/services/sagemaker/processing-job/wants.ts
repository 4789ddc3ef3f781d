// What runs for a processing job: a container for each instance, what fills it before, what looks after it meanwhile.
import type { WantedActivity, WantedUnit, Wants } from "../../../engine/job-kind.ts";
import type { Host } from "../shared/hosts.ts";
import { networkOf } from "../shared/network.ts";
import { groupOf, hostsOf, logOf, maxRuntimeSeconds, type ProcessingRow } from "./document.ts";
import { hasPipes } from "./inputs.ts";
import { hasContinuous } from "./outputs.ts";

/** Between SIGTERM and SIGKILL; the guide names the signals of processing only, training's time is taken. */
const GRACE_SECONDS = 120;

export function wants(row: ProcessingRow): Wants {
  const { document } = row;
  const hosts = hostsOf(document);
  const units = (want: WantedUnit["want"]) => hosts.map((host) => wantedUnit(row, host, want));
  const each = (name: string): readonly WantedActivity[] => hosts.map(({ unitId }) => ({ name, of: unitId }));
  const once = (name: string): WantedActivity => ({ name, of: groupOf(document) });
  const sync = hasContinuous(document) ? each("sync") : [];
  // A program that was told to end may go on reading while it does.
  const feeds = hasPipes(document) ? each("feed") : [];
  switch (document.phase) {
    case "Preparing":
      return { units: units("reserved"), activities: [...each("prepare"), once("explain")] };
    case "Running":
      if (document.failing) return { units: units("stopped"), activities: sync };
      return {
        units: units("running"),
        activities: [...sync, ...feeds, ...(document.notes?.length ? [once("announce")] : [])],
      };
    case "Ending":
      return { units: units("stopped"), activities: [...sync, ...feeds] };
    case "Collecting":
      return { units: units("stopped"), activities: [once("collect")] };
    case "Over":
      return { units: [], activities: [] };
  }
}

function wantedUnit(row: ProcessingRow, { name: host, unitId: id }: Host, want: WantedUnit["want"]): WantedUnit {
  const { document } = row;
  const { AppSpecification: app, ProcessingResources, Environment, RoleArn, NetworkConfig } = document.request;
  const { ClusterConfig: cluster } = ProcessingResources;
  return {
    id,
    want,
    holds: "job",
    group: groupOf(document),
    host,
    image: app.ImageUri,
    instanceType: cluster.InstanceType ?? "",
    volumeSizeGb: cluster.VolumeSizeInGB,
    ...(app.ContainerEntrypoint ? { entrypoint: app.ContainerEntrypoint } : {}),
    ...(app.ContainerArguments ? { arguments: app.ContainerArguments } : {}),
    environment: Environment ?? {},
    roleArn: RoleArn,
    network: networkOf(NetworkConfig ?? {}),
    log: logOf(row, host),
    ports: [],
    graceSeconds: GRACE_SECONDS,
    longestSeconds: maxRuntimeSeconds(document.request),
  };
}
