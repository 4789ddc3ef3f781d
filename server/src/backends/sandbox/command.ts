// The arguments of bwrap for one unit. bwrap(1); which capabilities remain follows Docker's default.
import { existsSync, globSync } from "node:fs";
import { UnitRefused, type UnitSpec } from "../backend.ts";
import { imageArguments, imageHas } from "./root.ts";
import type { Stage } from "./stage.ts";

/** Docker's default less what a sandbox without devices, audit and raw sockets has no use for. */
const capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETUID", "SETGID", "KILL", "NET_BIND_SERVICE"];
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Libraries read here how many processors there are; the rest of /sys tells of this machine's networks and disks. */
const topology = "/sys/devices/system";

/** Files of `etc` in the unit's folder; passwd and group only for images that bring none. */
export const etcFiles = ["hosts", "hostname", "resolv.conf", "passwd", "group"] as const;

export type Program = Pick<UnitSpec, "host" | "image" | "arguments" | "environment" | "mounts" | "resources"> &
  Pick<UnitSpec, "entrypoint">;

/**
 * bwrap takes its arguments with a zero byte after each, so one inside a value would begin arguments of the caller's own.
 * @throws UnitRefused
 */
export function refuseZeroBytes({ environment, ...program }: UnitSpec): void {
  for (const [name, value] of Object.entries(environment))
    if (`${name}${value}`.includes("\0"))
      throw new UnitRefused(
        `The environment variable ${JSON.stringify(name)} holds a zero byte; no program can get it.`,
      );
  for (const word of commandLine(program))
    if (word.includes("\0"))
      throw new UnitRefused(`The argument ${JSON.stringify(word)} holds a zero byte; no program can get it.`);
}

/** Arguments for `bwrap --args`, where `folder` is the unit's and every source goes through the stage. */
export function bwrapArguments(program: Program, folder: string, stage: Stage): string[] {
  const { image, host } = program;
  const environment = {
    PATH: defaultPath,
    HOME: "/root",
    HOSTNAME: host,
    ...image.environment,
    ...program.environment,
  };
  const etc = etcFiles.filter(
    (name) => !(name === "passwd" || name === "group") || !imageHas(image.mounts, `/etc/${name}`),
  );
  const own = (name: string) => stage.at(`${folder}/${name}`);
  return [
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", host, "--die-with-parent", "--new-session"],
    ...["--cap-drop", "ALL", ...capabilities.flatMap((name) => ["--cap-add", `CAP_${name}`])],
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
    ...program.mounts.flatMap((mount) => [
      mount.readOnly ? "--ro-bind" : "--bind",
      stage.at(mount.source),
      mount.target,
    ]),
    ...["--remount-ro", "/", "--chdir", image.workingDirectory, "--clearenv"],
    ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]),
  ];
}

function throughStage(args: readonly string[], stage: Stage): string[] {
  return args.map((value, index) => (args[index - 1] === "--ro-bind" ? stage.at(value) : value));
}

function gpuDevices(): string[] {
  return globSync("/dev/nvidia*")
    .filter((device) => existsSync(device))
    .flatMap((device) => ["--dev-bind", device, device]);
}

/** The program and its arguments; bwrap takes them only from its command line. */
export function commandLine(program: Pick<Program, "entrypoint" | "image" | "arguments">): string[] {
  return [...(program.entrypoint ?? program.image.entrypoint), ...program.arguments];
}
