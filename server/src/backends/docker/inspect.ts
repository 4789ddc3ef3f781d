// What `sagebrush doctor` says of the docker backend: whether an engine answers, what it offers, and the exact command for what it lacks.
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Dockerode from "dockerode";
import type { BackendReport, Finding } from "../backend.ts";
import { holderOptions } from "./container.ts";
import { connectEngine, type EngineFacts, engineFacts, wordsOf } from "./engine.ts";
import { identityCheck, REMAP, WRONG_IDENTITY, whyUnsafe } from "./identity.ts";
import { Images } from "./images.ts";

/** Why no engine could be used here; undefined when that depends on the engine. */
export function whyUnusable(): { readonly message: string; readonly remedy: string } | undefined {
  if (process.platform !== "linux")
    return {
      message: "The docker backend enters networks of containers, which takes Linux and an engine on the same machine.",
      remedy: "run the server on Linux",
    };
  if (process.getuid?.() !== 0)
    return {
      message: "The docker backend needs root: it enters the networks of containers and hands them their files.",
      remedy: "sudo bin/sagebrush serve --backend docker",
    };
  return undefined;
}

export async function inspectEngine(socket: string, asRoot = false): Promise<BackendReport> {
  const why = whyUnusable();
  const findings: Finding[] = why ? [{ name: "docker backend", level: "missing", ...why }] : [];
  const found = await reachEngine(socket);
  if ("level" in found) findings.push(found);
  else
    findings.push(
      {
        name: "engine",
        level: "ok",
        message: `${found.kind === "podman" ? "Podman" : "Docker"} ${found.version} at ${socket}`,
      },
      ...inspectFacts(found, asRoot),
      ...inspectInit(found),
      await tryContainer(connectEngine(socket), found),
      inspectGateway(found),
      {
        name: "spares and GPUs",
        level: "limited",
        message: "With the docker backend units start cold, and GPUs are not yet available.",
        remedy: "bin/sagebrush serve --backend sandbox",
      },
    );
  return { usable: findings.every(({ level }) => level !== "missing"), findings };
}

async function reachEngine(socket: string): Promise<EngineFacts | Finding> {
  const name = "engine";
  try {
    accessSync(socket, constants.R_OK | constants.W_OK);
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    return {
      name,
      level: "missing",
      message: isMissing ? `No engine listens at ${socket}.` : `This user may not use ${socket}.`,
      remedy: isMissing
        ? "sudo apt-get install --yes podman catatonit && sudo systemctl enable --now podman.socket # or docker.io"
        : "sudo bin/sagebrush serve --backend docker",
    };
  }
  try {
    return await engineFacts(connectEngine(socket));
  } catch (cause) {
    return {
      name,
      level: "missing",
      message: `The engine at ${socket} does not answer: ${(cause as Error).message}`,
      remedy: "sudo systemctl restart podman.socket podman.service # or docker",
    };
  }
}

/** Runs a container with all that units take: an image loaded here, folders of this machine, an init, limits. */
async function tryContainer(engine: Dockerode, facts: EngineFacts): Promise<Finding> {
  const name = "a container";
  const folder = mkdtempSync(join(tmpdir(), "sagebrush-doctor-"));
  const images = new Images({ engine, server: `doctor-${process.pid}`, folder });
  let container: Dockerode.Container | undefined;
  try {
    const image = await images.base();
    container = await engine.createContainer({
      ...holderOptions({ image, entrypoint: ["/bin/sh", "-c", identityCheck(facts)], identity: facts }),
      NetworkDisabled: true,
    });
    await container.start();
    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    if (StatusCode === WRONG_IDENTITY)
      throw new Error(`its user 0 is not ${facts.firstId} of this machine, as it was asked for`);
    if (StatusCode !== 0) throw new Error(`it ended with ${StatusCode}`);
    return { name, level: "ok", message: "runs, with limits and folders of this machine" };
  } catch (cause) {
    const words = wordsOf(cause);
    const isInit = /catatonit|container-init|docker-init/.test(words);
    const remedy = isInit ? { remedy: "sudo apt-get install --yes catatonit # for Docker: tini" } : {};
    return { name, level: "missing", message: `The engine cannot run one: ${words}`, ...remedy };
  } finally {
    await container?.remove({ force: true }).catch(() => undefined); // it may never have been
    await images.sweep(new Set(), 0).catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  }
}

function inspectFacts(facts: EngineFacts, asRoot: boolean): Finding[] {
  if (facts.isRootless)
    return [
      {
        name: "user ids",
        level: "missing",
        message: "A rootless engine gives files of a unit to ids that the server does not know.",
        remedy: "name the system's engine: --engine unix:///run/podman/podman.sock, or unix:///var/run/docker.sock",
      },
    ];
  if (facts.firstId > 0)
    return [{ name: "user ids", level: "ok", message: `user 0 of a unit is ${facts.firstId} here` }];
  const unsafe = whyUnsafe(facts, asRoot);
  if (unsafe) return [unsafe];
  return [
    {
      name: "user ids",
      level: "limited",
      message:
        "User 0 of a unit is user 0 of this machine, kept in by the engine's other walls: few capabilities, seccomp, no new privileges.",
      remedy: REMAP,
    },
  ];
}

function inspectInit({ kind, init }: EngineFacts): Finding[] {
  if (kind === "podman" || init !== undefined) return [];
  return [
    {
      name: "init",
      level: "missing",
      message: "There is no docker-init on this machine, which units are started with.",
      remedy: "sudo apt-get install --yes tini",
    },
  ];
}

/** Since 27.1 Docker can leave its own address off an internal bridge; Podman never has one there. */
function inspectGateway({ kind, version }: EngineFacts): Finding {
  const name = "isolated networks";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (kind === "podman" || major > 27 || (major === 27 && minor >= 1))
    return { name, level: "ok", message: "this machine's own ports are out of their reach" };
  return {
    name,
    level: "missing",
    message: `Docker ${version} gives this machine an address in networks that should be apart.`,
    remedy: "install Docker 27.1 or later: https://docs.docker.com/engine/install/",
  };
}
