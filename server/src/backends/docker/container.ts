// What the engine is asked for: the container of a unit, as a plain value. Docker Engine API 1.41, ContainerCreate.
import { existsSync } from "node:fs";
import type Dockerode from "dockerode";
import type { UnitSpec } from "../backend.ts";
import { commandLine } from "../shared/command-line.ts";
import type { EngineFacts } from "./engine.ts";
import { type Identity, userNamespaceOptions } from "./identity.ts";
import { systemMounts } from "./system-folder.ts";

/** As the sandbox: Docker's default less what a unit without devices, audit and raw sockets has no use for. */
const capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETUID", "SETGID", "KILL", "NET_BIND_SERVICE"];
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export const labels = {
  /** Random id of the folder of units. */
  server: "sagebrush.server",
  unit: "sagebrush.unit",
  group: "sagebrush.group",
} as const;

export interface Container {
  readonly spec: UnitSpec;
  readonly name: string;
  readonly server: string;
  /** Name of the image in the engine. */
  readonly image: string;
  /** Folder of the unit. */
  readonly folder: string;
  /** Folder of all units. */
  readonly unitsFolder: string;
  readonly facts: EngineFacts;
  readonly network: UnitNetwork;
  /** File with the filter of system calls, for engines whose own allows too much. */
  readonly seccomp: string;
  /** Most bytes that the engine keeps of the log. */
  readonly logBytes: number;
}

/** A place in the network of the group, or the network of a container that holds it. */
export type UnitNetwork = HostNetwork | { readonly holder: string };

export interface HostNetwork {
  readonly network: string;
  readonly address: string;
}

export function containerOptions(container: Container): Dockerode.ContainerCreateOptions {
  const { spec, name, image } = container;
  const { layered } = spec.image;
  return {
    name,
    Image: image,
    Entrypoint: [...(ownInit(container) ? [initPlace, "--"] : []), ...commandLine(spec)],
    Cmd: [],
    Env: Object.entries({
      PATH: defaultPath,
      ...(layered ? {} : { HOME: "/root" }),
      HOSTNAME: spec.host,
      ...spec.image.environment,
      ...spec.environment,
    }).map(([key, value]) => `${key}=${value}`),
    WorkingDir: spec.image.workingDirectory,
    User: layered?.user || "0",
    AttachStdin: false,
    Labels: { [labels.server]: container.server, [labels.unit]: spec.id, [labels.group]: spec.group },
    ...networkOptions(container),
    HostConfig: {
      ...networkOptions(container).HostConfig,
      ...userNamespaceOptions(container.facts, "holder" in container.network ? container.network.holder : undefined),
      ...limits(container),
      Mounts: mounts(container),
      ReadonlyRootfs: layered === undefined,
      CapDrop: ["ALL"],
      CapAdd: layered === undefined || isRoot(layered.user) ? capabilities : [],
      SecurityOpt: [
        "no-new-privileges",
        ...(container.facts.kind === "podman" ? [`seccomp=${container.seccomp}`] : []),
      ],
      Init: !ownInit(container), // an init reaps, and a program without a handler ends on SIGTERM as it would outside a container
      Tmpfs: { ...(layered === undefined ? { "/run": "", "/root": "" } : {}), ...sharedMemory(container).tmpfs },
      ...sharedMemory(container).options,
      LogConfig: logConfig(container),
      RestartPolicy: { Name: "no" },
    },
  };
}

/**
 * Memory to share. Podman mounts it at a folder of its own first, and cannot always remove this with a container that has a user
 * namespace; so such a container mounts it itself.
 */
function sharedMemory({ facts, spec }: Container): { readonly options: Dockerode.HostConfig; readonly tmpfs: object } {
  const bytes = Math.ceil(spec.resources.memoryBytes / 2); // as tmpfs has it; it counts as memory
  if (facts.userNamespace === undefined) return { options: { ShmSize: bytes }, tmpfs: {} };
  return { options: noSharedMemory(facts), tmpfs: { "/dev/shm": `rw,nosuid,nodev,noexec,mode=1777,size=${bytes}` } };
}

const noSharedMemory = ({ userNamespace }: Identity): Dockerode.HostConfig =>
  userNamespace === undefined ? {} : { IpcMode: "none" };

const isRoot = (user: string): boolean => /^(|0|root)(:.*)?$/.test(user);

function limits({ spec: { resources } }: Container): Dockerode.HostConfig {
  return {
    Memory: resources.memoryBytes,
    MemorySwap: resources.memoryBytes, // with memory: no swap beside it
    NanoCpus: Math.round(resources.cpus * 1e9),
    PidsLimit: resources.pids,
  };
}

const initPlace = "/.init";

/** The init that takes the place of the engine's, which a folder of this machine would hide. */
function ownInit({ spec, facts }: Container): string | undefined {
  return spec.image.mounts.some(({ target }) => target === "/sbin") ? facts.init : undefined;
}

function mounts(container: Container): Dockerode.MountConfig {
  const { spec, folder } = container;
  const init = ownInit(container);
  const bind = (Source: string, Target: string, ReadOnly = false) =>
    ({ Type: "bind", Source, Target, ReadOnly, BindOptions: { Propagation: "rprivate" } }) as const;
  return [
    ...(init === undefined ? [] : [bind(init, initPlace, true)]),
    ...spec.image.mounts.map(({ source, target }) => bind(source, target, true)),
    bind(`${folder}/tmp`, "/tmp"),
    ...(spec.image.layered === undefined ? [bind(`${folder}/tmp`, "/var/tmp")] : []),
    bind(`${folder}/ml`, "/opt/ml"),
    // The engine's own would have this machine's names, and name servers that ask outside for a unit that may not.
    bind(`${folder}/etc/hosts`, "/etc/hosts", true),
    bind(`${folder}/etc/resolv.conf`, "/etc/resolv.conf", true),
    ...systemMounts(container.unitsFolder),
    ...spec.mounts.map(({ source, target, readOnly }) => bind(source, target, readOnly ?? false)),
  ];
}

/** Logs of Docker's default kind change bytes that are no UTF-8; these keep them. */
function logConfig({ facts, logBytes }: Container): NonNullable<Dockerode.HostConfig["LogConfig"]> {
  return facts.kind === "podman"
    ? { Type: "k8s-file", Config: { "max-size": String(logBytes) } }
    : { Type: "local", Config: { "max-size": String(logBytes), "max-file": "2", compress: "false" } };
}

function networkOptions({ spec, facts, network }: Container): Dockerode.ContainerCreateOptions {
  if ("holder" in network)
    return {
      ...(facts.kind === "podman" ? { Hostname: spec.host } : {}), // Docker gives it the holder's, and refuses another
      HostConfig: { NetworkMode: `container:${network.holder}` },
    };
  return hostOptions(spec.host, network);
}

/** Contents of /etc/hosts. `addressOf`: of each host of the group. hosts(5) */
export function hostsFile(hosts: readonly string[], addressOf: (host: string) => string): string {
  const lines = hosts.map((host) => `${addressOf(host)} ${host}\n`);
  return `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${lines.join("")}`;
}

/** A host of a group's network. */
export function hostOptions(host: string, network: HostNetwork): Dockerode.ContainerCreateOptions {
  return {
    Hostname: host,
    HostConfig: {
      NetworkMode: network.network,
    },
    NetworkingConfig: {
      EndpointsConfig: { [network.network]: { IPAMConfig: { IPv4Address: network.address } } },
    },
  };
}

/** The least that engines take, and more than a program needs that only sleeps. */
const holderBytes = 32 * 2 ** 20;

/** A container of ours: a program of this machine, which sees this machine's programs and may do nothing. */
export function holderOptions(options: {
  readonly image: string;
  readonly entrypoint: readonly string[];
  readonly identity: Identity;
}) {
  const folders = ["/usr", "/bin", "/lib", "/lib64"].filter((path) => existsSync(path));
  return {
    Image: options.image,
    Entrypoint: [...options.entrypoint],
    Cmd: [],
    HostConfig: {
      ...userNamespaceOptions(options.identity),
      ...noSharedMemory(options.identity),
      Mounts: folders.map((path) => ({ Type: "bind" as const, Source: path, Target: path, ReadOnly: true })),
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Init: true,
      Memory: holderBytes,
      PidsLimit: 8,
    },
  } satisfies Dockerode.ContainerCreateOptions;
}
