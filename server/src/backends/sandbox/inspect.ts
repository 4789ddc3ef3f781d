// What `sagebrush doctor` says of the sandbox: what this machine offers, and the exact command for what it lacks.

import { closeSync, globSync, mkdirSync, mkdtempSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import type { BackendReport, Finding } from "../backend.ts";
import { readIfThere } from "../shared/read-if-there.ts";
import { resolverFile } from "../shared/resolver.ts";
import type { Limits } from "./cgroups.ts";
import { findIdentity, type Identity, makeUserNamespace } from "./identity.ts";
import { findLimits } from "./limits.ts";
import { closeHostNetwork, makeHostNetwork } from "./network.ts";
import { onPath, run } from "./processes.ts";
import { findUplink, isUplink } from "./uplinks.ts";

/** Program, package of Debian and Ubuntu that has it. */
const programs = [
  ["bwrap", "bubblewrap"],
  ["ip", "iproute2"],
  ["nsenter", "util-linux"],
  ["setpriv", "util-linux"],
  ["flock", "util-linux"],
] as const;

/** What units share; a server that is limited itself has no more for them. */
export function machineCapacity() {
  const memoryBytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return { cpus: availableParallelism(), memoryBytes, gpus: globSync("/dev/nvidia[0-9]*").length };
}

export async function inspectSandbox(): Promise<BackendReport> {
  if (process.platform !== "linux") {
    const message = "The sandbox needs Linux; on this system jobs run with the docker backend.";
    return { usable: false, findings: [{ name: "sandbox", level: "missing", message }] };
  }
  const identity = findIdentity();
  const findings = [
    ...(await Promise.all(programs.map(([program, from]) => inspectProgram(program, from)))),
    await inspectNamespaces(identity),
    inspectIdentity(identity),
    inspectLimits(await findLimits()),
    disk,
    await inspectOverlay(identity),
    await inspectInternet(identity),
  ];
  return { usable: findings.every((finding) => finding.level !== "missing"), findings };
}

async function inspectProgram(program: string, from: string): Promise<Finding> {
  const path = onPath(program);
  if (path) {
    const version = (await run(path, [program === "ip" ? "-V" : "--version"])).trim();
    return { name: program, level: "ok", message: `${version} (${path})` };
  }
  const remedy = `${process.getuid?.() === 0 ? "" : "sudo "}apt-get install --yes ${from}`;
  return { name: program, level: "missing", message: `${program} is not installed.`, remedy };
}

async function inspectNamespaces(identity: Identity): Promise<Finding> {
  const name = "user namespaces";
  try {
    closeSync(await makeUserNamespace(identity));
    if (!isTrue("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") || identity.kind === "root range") {
      return { name, level: "ok", message: "allowed" };
    }
    return {
      name,
      level: "missing",
      message: "AppArmor takes their powers away (Ubuntu 24.04).",
      remedy: allowByAppArmor,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (isTrue("/proc/sys/kernel/unprivileged_userns_clone", "0")) {
      return { name, level: "missing", message, remedy: "sudo sysctl -w kernel.unprivileged_userns_clone=1" };
    }
    if (readIfThere("/proc/sys/user/max_user_namespaces").trim() === "0") {
      return { name, level: "missing", message, remedy: "sudo sysctl -w user.max_user_namespaces=15000" };
    }
    const container =
      "Inside a container, start it with: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --cap-add SYS_ADMIN";
    return { name, level: "missing", message: `${message} ${container}` };
  }
}

/** A profile for the programs that make the namespaces, as Ubuntu ships them for other sandboxes. */
const allowByAppArmor = [
  "(printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\n';",
  "printf 'profile sagebrush-%s /usr/bin/%s flags=(unconfined) {\\n  userns,\\n}\\n'",
  "unshare unshare nsenter nsenter bwrap bwrap)",
  "| sudo tee /etc/apparmor.d/sagebrush && sudo apparmor_parser -r /etc/apparmor.d/sagebrush",
].join(" ");

function inspectIdentity(identity: Identity): Finding {
  const name = "user ids";
  if (identity.count > 1) {
    const last = identity.outside + identity.count - 1;
    const message =
      identity.kind === "root range"
        ? `a unit's users 0 to ${identity.count - 1} are ${identity.outside} to ${last} here`
        : `a unit's user 0 is ${identity.outside} here, its other users are your subordinate ids`;
    return { name, level: "ok", message };
  }
  return {
    name,
    level: "limited",
    message:
      "A unit has one user, which is you outside. An image's USER runs, but all files are its own; programs that change user or owner need a range of ids.",
    remedy:
      "sudo apt-get install --yes uidmap && sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER",
  };
}

function inspectLimits(limits: Limits): Finding {
  const name = "memory, CPUs and processes";
  if (limits.kind !== "watching") return { name, level: "ok", message: `limited by ${limits.kind}` };
  return {
    name,
    level: "limited",
    message: "No cgroup is ours: units are looked at four times a second, and killed when they exceed their share.",
    remedy: `sudo loginctl enable-linger $USER # then log in again, so that systemd-run --user answers`,
  };
}

const disk: Finding = {
  name: "disk",
  level: "ok",
  message: "what units write is counted up to four times a second; a unit that exceeds its volume is killed",
};

/** What overlayfs leaves in its folders is closed even to their owner, so it is removed in there. */
const tryOverlay = `cd "$1" || exit
unshare --mount mount -t overlay -o userxattr,lowerdir=root,upperdir=upper,workdir=work overlay root
code=$?
rm -rf work upper
exit $code`;

/** Mounts an overlay as units of own images get it: over a folder of the disk for temporary files. */
async function inspectOverlay(identity: Identity): Promise<Finding> {
  const name = "own images";
  const folder = mkdtempSync(join(tmpdir(), "sagebrush-overlay-"));
  try {
    for (const part of ["root", "upper", "work"]) mkdirSync(join(folder, part));
    // Whoever is user 0 of units has to come to it and write it.
    await run("chmod", ["-R", "0777", folder]);
    const user = await makeUserNamespace(identity);
    try {
      const enter = [`--user=/proc/${process.pid}/fd/${user}`, ...identity.enterOptions, "--"];
      await run("nsenter", [...enter, "sh", "-c", tryOverlay, "sh", folder]);
    } finally {
      closeSync(user);
    }
    return {
      name,
      level: "ok",
      message: "pushed and imported images run, each unit with a layer of its own over them",
    };
  } catch (error) {
    const message = `Units of pushed images cannot start: ${error instanceof Error ? error.message : String(error)}`;
    const remedy =
      "a kernel from 5.11 on, with the data folder on a disk that overlayfs can write to (ext4, xfs, btrfs)";
    return { name, level: "limited", message, remedy };
  } finally {
    await run("rm", ["-rf", "--", folder]).catch(() => undefined); // a folder for temporary files: the system empties it
  }
}

/** Makes a network with a link to the internet, as a unit would get it. */
async function inspectInternet(identity: Identity): Promise<Finding> {
  const name = "internet for units";
  const without = "Units reach this server and each other, not the internet.";
  const found = findUplink(identity);
  if (!isUplink(found)) return { name, level: "limited", ...found, message: `${without} ${found.message}` };
  try {
    const user = await makeUserNamespace(identity);
    try {
      closeHostNetwork(await makeHostNetwork(user, identity, 0, { uplink: found }));
    } finally {
      closeSync(user);
    }
  } catch (error) {
    return { name, level: "limited", message: `${without} ${error instanceof Error ? error.message : String(error)}` };
  }
  if (resolverFile() === "") {
    const message = "Units reach the internet, but no names: this machine's name server listens on a loopback address.";
    return { name, level: "limited", message, remedy: "add a name server that units reach to /etc/resolv.conf" };
  }
  const way = found.program === "veth" ? `masquerading by ${found.outside}` : found.program;
  return { name, level: "ok", message: `at level open, by ${way}` };
}

function isTrue(path: string, value = "1"): boolean {
  return readIfThere(path).trim() === value;
}
