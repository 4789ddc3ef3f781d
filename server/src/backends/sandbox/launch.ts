// Turns a reserved folder into a running sandbox: writes what the supervisor reads, and starts it.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, closeSync, lchownSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { commandLine } from "../shared/command-line.ts";
import { resolverFile } from "../shared/resolver.ts";
import type { Limits } from "./cgroups.ts";
import { bwrapArguments, etcFiles, type Program } from "./command.ts";
import type { Identity } from "./identity.ts";
import { imageRootScript, type Layered, makeLayer } from "./layered.ts";
import { type HostNetwork, hostsFile } from "./network.ts";
import { onPath, run } from "./processes.ts";
import { seccompProgram } from "./seccomp.ts";
import { stageFor } from "./stage.ts";
import type { UnitFolder } from "./unit-folder.ts";

/** A log stops growing here; the last line says so. */
export const logLimitBytes = 1024 ** 3;

export interface Launch {
  readonly folder: UnitFolder;
  readonly program: Program;
  readonly hosts: readonly string[];
  readonly limitsName: string;
  readonly user: number;
  readonly network: HostNetwork;
  /** Whether the program waits for a line on its standard input. */
  readonly waits: boolean;
  /** Of an image of layers, with the user namespace of its user. */
  readonly layered?: { readonly image: Layered; readonly namespace: number | undefined } | undefined;
}

export interface Machine {
  readonly identity: Identity;
  readonly limits: Limits;
  readonly logLimitBytes: number;
}

/** Makes the folders that a unit writes; they belong to its user 0. */
export function makeFolders(folder: UnitFolder, identity: Identity): void {
  // Others may pass, not look: the unit's id has to come to the folders below, and a mask of the process must not hinder it.
  mkdirSync(folder.path, { recursive: true });
  chmodSync(folder.path, 0o711);
  for (const [name, mode] of [
    ["ml", 0o755],
    ["tmp", 0o1777],
    ["etc", 0o755],
    ["mounts", 0o711],
    ["layer", 0o711],
  ] as const) {
    mkdirSync(folder.at(name), { recursive: true });
    chmodSync(folder.at(name), mode);
  }
  if (identity.kind === "root range") lchownSync(folder.at("ml"), identity.outside, identity.outside);
}

/** Hands what the server wrote to user 0 of the unit. */
export async function handOver(paths: readonly string[], identity: Identity): Promise<void> {
  if (identity.kind !== "root range") return; // the unit's user 0 is this process's own user
  const owner = `${identity.outside}:${identity.outside}`;
  await run("chown", ["--recursive", "--no-dereference", owner, "--", ...paths]);
}

export async function launch(machine: Machine, request: Launch): Promise<ChildProcess> {
  const { folder, program } = request;
  const { identity, limits } = machine;
  writeEtc(request);
  const layered = request.layered?.image;
  if (layered) makeLayer(folder, layered.root, identity);
  const sources = [
    folder.path,
    ...(layered ? [layered.root] : []),
    ...program.image.mounts.map((one) => one.source),
    ...program.mounts.map((one) => one.source),
  ];
  const stage = identity.kind === "root range" ? stageFor(sources) : stageFor([]);
  if (stage.fstab) folder.write("fstab", stage.fstab);
  folder.write("seccomp", seccompProgram());
  folder.write(
    "arguments",
    bwrapArguments(program, folder.path, stage, layered)
      .map((one) => `${one}\0`)
      .join(""),
  );
  const { procs, prefix } = limits.hold(request.limitsName, program.resources);
  await handOver([folder.at("ml"), folder.at("tmp"), ...writableSources(program)], identity);
  const shell = ["sh", `${import.meta.dirname}/supervise.sh`, ...commandLine(program)];
  const [command = "sh", ...args] = stage.fstab ? ["unshare", "--mount", "--propagation", "private", ...shell] : shell;
  const complaints = openSync(folder.at("supervisor.log"), "a", 0o600);
  try {
    const child = spawn(command, args, {
      cwd: folder.path,
      detached: true, // a session of its own: signals to the server's group do not reach it
      stdio: [
        request.waits ? "pipe" : "ignore",
        complaints,
        complaints,
        request.user,
        request.network.host,
        request.network.bridge,
        "ignore",
        request.network.keep ?? "ignore",
        ...(request.layered?.namespace === undefined ? [] : (["ignore", "ignore", request.layered.namespace] as const)),
      ],
      env: {
        PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`,
        ...sessionBus(),
        STAGE: stage.place,
        ...(layered
          ? {
              ...layered.variables,
              MAKE_ROOT: imageRootScript(),
              UNIT: stage.at(folder.path),
              IMAGE_ROOT: stage.at(layered.root),
            }
          : {}),
        CGROUPS: procs.join(" "),
        LIMITER: prefix.join(" "),
        ENTER_OPTIONS: identity.enterOptions.join(" "),
        USER_ZERO: identity.kind === "root range" ? `${identity.outside}:${identity.outside}` : "",
        TAKE_BACK: identity.takeBack,
        BWRAP: onPath("bwrap") ?? "bwrap",
        LOG_BLOCKS: String(Math.floor(machine.logLimitBytes / 512)),
      },
    });
    child.unref();
    child.on("error", (error) => writeFileSync(folder.at("supervisor.log"), `${error}\n`, { flag: "a" }));
    return child;
  } finally {
    closeSync(complaints);
  }
}

export function writableSources(program: Program): string[] {
  return program.mounts.filter((mount) => !mount.readOnly && !mount.shared).map((mount) => mount.source);
}

/** systemd-run finds the user's systemd by these. */
function sessionBus(): Record<string, string> {
  const names = ["XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

function writeEtc({ folder, program, hosts, network }: Launch): void {
  const contents: Record<(typeof etcFiles)[number], string> = {
    hosts: hostsFile(hosts),
    hostname: `${program.host}\n`,
    "resolv.conf": network.hasInternet ? resolverFile() : "", // without, names are only those in hosts
    passwd: "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    group: "root:x:0:\nnogroup:x:65534:\n",
  };
  for (const name of etcFiles) writeFileSync(folder.at("etc", name), contents[name], { mode: 0o644 });
}
