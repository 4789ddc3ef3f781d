// The arguments of bwrap for one unit. bwrap(1); which capabilities remain follows Docker's default.
import { existsSync, globSync } from "node:fs";
import type { UnitSpec } from "../backend.ts";
import type { Layered } from "./layered.ts";
import { imageArguments, imageHas } from "./root.ts";
import type { Stage } from "./stage.ts";

/** Docker's default less what a sandbox without devices, audit and raw sockets has no use for. */
const capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETUID", "SETGID", "KILL", "NET_BIND_SERVICE"];
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const ML = "/opt/ml";

/** Libraries read here how many processors there are; the rest of /sys tells of this machine's networks and disks. */
const topology = "/sys/devices/system";

/** Files of `etc` in the unit's folder; passwd and group only for images that bring none. */
export const etcFiles = ["hosts", "hostname", "resolv.conf", "passwd", "group"] as const;

export type Program = Pick<UnitSpec, "host" | "image" | "arguments" | "environment" | "mounts" | "resources"> &
  Pick<UnitSpec, "entrypoint">;

/** Arguments for `bwrap --args`, where `folder` is the unit's and every source goes through the stage. */
export function bwrapArguments(program: Program, folder: string, stage: Stage, layered?: Layered): string[] {
  const { image, host } = program;
  const environment = {
    PATH: defaultPath,
    HOME: layered?.user.home ?? "/root",
    HOSTNAME: host,
    ...image.environment,
    ...program.environment,
  };
  const kept = layered === undefined || layered.user.uid === 0 ? capabilities : [];
  return [
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", host, "--die-with-parent", "--new-session"],
    ...(layered?.userArguments ?? []),
    ...["--cap-drop", "ALL", ...kept.flatMap((name) => ["--cap-add", `CAP_${name}`])],
    ...(layered ? layeredRoot(program, folder, stage, layered) : mountedRoot(program, folder, stage)),
    ...["--chdir", image.workingDirectory, "--clearenv"],
    ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]),
  ];
}

/** An image of mounts: read-only, but for what the platform puts over it. */
function mountedRoot(program: Program, folder: string, stage: Stage): string[] {
  const { image } = program;
  const etc = etcFiles.filter(
    (name) => !(name === "passwd" || name === "group") || !imageHas(image.mounts, `/etc/${name}`),
  );
  const own = (name: string) => stage.at(`${folder}/${name}`);
  return [
    ...throughStage(
      imageArguments(
        image.mounts,
        program.mounts.map((mount) => mount.target),
      ),
      stage,
    ),
    ...etc.flatMap((name) => ["--ro-bind", own(`etc/${name}`), `/etc/${name}`]),
    ...["--proc", "/proc", "--dev", "/dev", ...(program.resources.gpus > 0 ? gpuDevices() : [])],
    ...["cpu", "node"].flatMap((name) => ["--ro-bind-try", `${topology}/${name}`, `${topology}/${name}`]),
    ...["--tmpfs", "/run", "--tmpfs", "/root", "--bind", own("tmp"), "/tmp", "--bind", own("tmp"), "/var/tmp"],
    ...["--bind", own("ml"), "/opt/ml"],
    ...mountArguments(program, stage, (target) => target),
    ...["--remount-ro", "/"],
  ];
}

/**
 * An image of layers: writable, all of it its own but what the platform has to bring. Places are named as they are in
 * the image without links, which could lead out of it while bwrap makes the root.
 */
function layeredRoot(program: Program, folder: string, stage: Stage, { inside }: Layered): string[] {
  const own = (name: string) => stage.at(`${folder}/${name}`);
  const devices = inside("/dev");
  return [
    ...["--bind", own("root"), "/"],
    // Folders on the way to what is mounted below, where the image lacks them, are everybody's to read.
    ...["/etc", "/opt", "/sys", "/sys/devices", topology].flatMap((path) => ["--perms", "0755", "--dir", inside(path)]),
    ...["hosts", "hostname", "resolv.conf"].flatMap((name) => [
      "--ro-bind",
      own(`etc/${name}`),
      inside(`/etc/${name}`),
    ]),
    ...["--proc", inside("/proc"), "--dev", devices],
    ...(program.resources.gpus > 0 ? gpuDevices(devices) : []),
    ...["cpu", "node"].flatMap((name) => ["--ro-bind-try", `${topology}/${name}`, inside(`${topology}/${name}`)]),
    ...["--bind", own("tmp"), inside("/tmp"), "--bind", own("ml"), inside(ML)],
    // Below /opt/ml is what the platform put there, whatever the image has.
    ...mountArguments(program, stage, (target) =>
      target.startsWith(`${ML}/`) ? inside(ML) + target.slice(ML.length) : inside(target),
    ),
    ...["--perms", "0755", "--dir", inside(program.image.workingDirectory)],
  ];
}

const mountArguments = (program: Program, stage: Stage, place: (target: string) => string): string[] =>
  program.mounts.flatMap((mount) => [
    mount.readOnly ? "--ro-bind" : "--bind",
    stage.at(mount.source),
    place(mount.target),
  ]);

function throughStage(args: readonly string[], stage: Stage): string[] {
  return args.map((value, index) => (args[index - 1] === "--ro-bind" ? stage.at(value) : value));
}

function gpuDevices(folder = "/dev"): string[] {
  return globSync("/dev/nvidia*")
    .filter((device) => existsSync(device))
    .flatMap((device) => ["--dev-bind", device, device.replace("/dev", folder)]);
}
