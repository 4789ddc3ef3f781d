// The engine: any that answers the Docker Engine API (Docker, Podman), over a Unix socket of this machine, through dockerode.
import { existsSync } from "node:fs";
import Dockerode from "dockerode";
import { BackendUnusable } from "../backend.ts";
import { type Identity, identityOf } from "./identity.ts";

/** Sockets of engines that are looked for when none is named, in this order. */
const knownSockets = ["/var/run/docker.sock", "/run/podman/podman.sock"] as const;

/** What differs between engines. */
export interface EngineFacts extends Identity {
  readonly kind: "docker" | "podman";
  readonly version: string;
  readonly isRootless: boolean;
  /** Docker puts its init into /sbin, where images of ours see this machine's: the path here of one that they are given instead. */
  readonly init?: string;
  readonly securityOptions: readonly string[];
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** Path of the engine's socket. `address`: unix://…; empty for $DOCKER_HOST, else the first known socket that is there. @throws BackendUnusable for another machine's engine */
export function socketPath(address: string, dockerHost = process.env["DOCKER_HOST"] ?? ""): string {
  const named = address || dockerHost;
  if (named === "") return knownSockets.find((path) => existsSync(path)) ?? knownSockets[0];
  const path = /^unix:\/\/(\/.+)$/.exec(named)?.[1];
  if (path === undefined)
    throw new BackendUnusable(
      `The engine has to be on this machine, since containers see folders of it; expected unix:///path/of/its.sock, got ${JSON.stringify(named)}.`,
    );
  return path;
}

export function connectEngine(path: string): Dockerode {
  // Without `version` calls go to the engine's own, so that old and new engines are both understood.
  return new Dockerode({ socketPath: path });
}

export async function engineFacts(engine: Dockerode): Promise<EngineFacts> {
  const [version, info] = await Promise.all([engine.version(), engine.info()]);
  const securityOptions: string[] = info.SecurityOptions ?? [];
  const kind = version.Components?.some(({ Name }) => Name === "Podman Engine") ? "podman" : "docker";
  const init = kind === "docker" ? findInit() : undefined;
  return {
    kind,
    ...(init === undefined ? {} : { init }),
    version: version.Version,
    ...identityOf(kind, securityOptions, info.DockerRootDir),
    isRootless: securityOptions.some((one) => one.startsWith("name=rootless")),
    securityOptions,
    cpus: info.NCPU,
    memoryBytes: info.MemTotal,
  };
}

/** Docker's own comes with it; tini and catatonit are the same thing under other names. */
const inits = ["docker-init", "tini-static", "catatonit"];

function findInit(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/bin", "/usr/libexec/docker", "/usr/local/bin"];
  const paths = folders
    .filter((folder) => folder.startsWith("/"))
    .flatMap((folder) => inits.map((name) => `${folder}/${name}`));
  return paths.find((path) => existsSync(path));
}

/** HTTP status that the engine answered; undefined when it did not answer. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === "number" ? status : undefined;
}

export const isAbsent = (error: unknown): boolean => statusOf(error) === 404;

/** The answer, or undefined where the engine says that there is no such thing. */
export async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** What the engine said, without the client's own prefix. */
export function wordsOf(error: unknown): string {
  const said = (error as { json?: { message?: string } } | undefined)?.json?.message;
  const message = said ?? (error instanceof Error ? error.message : String(error));
  return message.replace(/^\(HTTP code \d+\) [^-]*- /, "").trim();
}

/** Whether what the engine said may be otherwise at another time. */
export const isPassing = (words: string): boolean =>
  /no space left|cannot allocate|temporarily|timed? ?out|database is locked/i.test(words);
