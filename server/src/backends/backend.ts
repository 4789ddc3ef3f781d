// Where work runs. One interface, a folder for each implementation, one suite (backends/suite) for all of them.
// Ideas from the Kubernetes CRI (a pod is a set of containers sharing a network) and Kueue's small job interface.
import type { Socket } from "node:net";
import type { Readable } from "node:stream";

/**
 * What a unit of work may reach over the network.
 * `isolated`: only the other hosts of its own job. `platform`: also 169.254.170.2, where credentials and this server
 * answer. `open`: also the internet.
 */
export type NetworkLevel = "isolated" | "platform" | "open";

/** A root file system to run in, ready on this machine. */
export interface PreparedImage {
  /** Stable across restarts, for logs and for finding spares: `xgboost@<hash of its lock file>`. */
  readonly id: string;
  /** Folders the image is made of, as read-only mounts: host path to path inside. */
  readonly mounts: readonly ReadOnlyMount[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Whether the entry point can wait as a spare, its imports done (see `Backend.warm`). */
  readonly canWait: boolean;
  /** An image of layers, made ready by `Backend.install`, which then has no mounts. */
  readonly layered?: LayeredImage;
}

/** What a unit is whose whole root is an image's: it writes into a layer of its own, which goes with it. */
export interface LayeredImage {
  /** As given to `install`. */
  readonly digest: string;
  /** `USER` of the image: names or numbers of its own /etc/passwd and /etc/group; empty for user 0. */
  readonly user: string;
}

/** An image as registries have it, for `Backend.install`. */
export interface ImageLayers {
  /** `sha256:…` of its manifest. */
  readonly digest: string;
  /** In the order they are applied. */
  readonly layers: readonly ImageLayer[];
}

export interface ImageLayer {
  /** `sha256:…` of the bytes as they come, which are held to it. */
  readonly digest: string;
  /** `sha256:…` of the tar inside, which is held to it. */
  readonly diffId: string;
  readonly sizeBytes: number;
  /** A tar, as it is or compressed by gzip or zstd. */
  open(): Promise<Readable>;
}

export interface Installing {
  /** Bytes of layers that have been read, of how many. */
  readonly progress: (doneBytes: number, totalBytes: number) => void;
}

export interface ReadOnlyMount {
  readonly source: string;
  readonly target: string;
}

/** A folder of the host that the unit reads and, unless `readOnly`, writes. A unit that has one takes no spare. */
export interface UnitMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly?: boolean;
  /** Others use it too: it keeps its owner and does not count against the unit's disk. */
  readonly shared?: boolean;
}

export interface Resources {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly pids: number;
  /** Room for everything below /opt/ml (inputs too), the other writable mounts, /tmp, and what it writes into its image. */
  readonly diskBytes: number;
  readonly gpus: number;
}

/**
 * What is known of a container before its data is: enough to choose where it will run. `id` names one attempt on one
 * host and is never used again.
 */
export interface UnitPlan {
  readonly id: string;
  /** Units with the same group share a private network in which they see each other by `host`. */
  readonly group: string;
  /** Name of this unit in its group, `algo-1`. Its interface is called `eth0`. */
  readonly host: string;
  /** All host names of the group, this one too. Every unit of the group lists the same names in the same order. */
  readonly hosts: readonly string[];
  readonly image: PreparedImage;
  readonly resources: Resources;
  readonly network: NetworkLevel;
  /**
   * Path of a Unix socket of this server, answering at http://169.254.170.2 inside; absent with `isolated`. A restarted
   * server listens on the same path, or units that went on running lose it.
   */
  readonly platformSocket?: string;
  /** TCP ports the server wants to reach; see `Backend.connect`. */
  readonly ports: readonly number[];
}

/** One container to run. */
export interface UnitSpec extends UnitPlan {
  /** Replaces the image's entry point when given; such a unit takes no spare. */
  readonly entrypoint?: readonly string[];
  /** Replaces the image's command (Docker's CMD), `["train"]`. */
  readonly arguments: readonly string[];
  /** Added to the image's own environment, and stronger than it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Besides /opt/ml (see `Backend.reserve`), /tmp and what the image brings. */
  readonly mounts: readonly UnitMount[];
}

/** How a unit ended. */
export interface UnitEnd {
  /** Exit code as a shell gives it: 128 + signal number when a signal ended it. */
  readonly exitCode: number;
  readonly signal?: string;
  readonly outOfMemory: boolean;
  readonly diskFull: boolean;
  /** As many processes and threads as it may have, told only of a unit that has failed; absent when there were fewer. */
  readonly tooManyProcesses?: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * `reserved`: has a folder; `start` was not called, or did not get far, and may be called again.
 * `starting`: accepted, its program does not run yet. `running`. `ended`: see `end`.
 * `lost`: neither runs nor left an exit code (machine restart, supervisor killed); nothing more will be known.
 */
export interface UnitState {
  readonly id: string;
  readonly phase: "reserved" | "starting" | "running" | "ended" | "lost";
  /** When the program itself was started, milliseconds since 1970. */
  readonly startedAt?: number;
  readonly end?: UnitEnd;
}

/** What is there of a backend on this machine; `sagebrush doctor` prints it. */
export interface BackendReport {
  readonly usable: boolean;
  readonly findings: readonly Finding[];
}

export interface Finding {
  readonly name: string;
  readonly level: "ok" | "limited" | "missing";
  readonly message: string;
  /** Exact command that mends it. */
  readonly remedy?: string;
}

export interface Backend {
  readonly name: "sandbox" | "docker" | "kubernetes";
  inspect(): Promise<BackendReport>;
  /**
   * Makes an image of layers ready on this machine; units name it by its digest. Repeated and simultaneous calls do it
   * once, and what a crash leaves half made is never used. @throws UnitRefused with a text for people for layers that are
   * not what they should be, or do not fit on the disk
   */
  install(image: ImageLayers, options: Installing): Promise<void>;
  /** What the machine or cluster has for units in all. */
  capacity(): Promise<{ readonly cpus: number; readonly memoryBytes: number; readonly gpus: number }>;
  /**
   * Folder of this machine that the unit sees as /opt/ml. The caller fills it before `start` and collects from it until
   * `remove`. It is asked for first because a spare brings its own. Repeating the call gives the same folder with what
   * it holds, whatever image the plan has then. Copy into it: a hard link to a file the server keeps would hand that file to the unit.
   * Beside it is a folder `mounts`, which the unit does not see: for sources of mounts that go with the unit.
   */
  reserve(plan: UnitPlan): Promise<string>;
  /**
   * Starts a unit, in the folder reserved for it (made empty if none was). Repeating the call with the same id is harmless: it returns once the unit is known to run or has
   * ended. @throws UnitRefused with a text for people when it can never run here.
   */
  start(spec: UnitSpec): Promise<void>;
  /** SIGTERM, after the grace time SIGKILL. Returns when both are arranged, not when the unit is gone. */
  stop(id: string, graceSeconds: number): Promise<void>;
  /** State as of now; undefined if the backend has never heard of the id or has removed it. */
  state(id: string): Promise<UnitState | undefined>;
  /** Every unit this backend knows, for finding lost and orphaned ones after a restart. */
  list(): Promise<readonly UnitState[]>;
  /** Calls back on each change of phase of any unit, until the signal aborts. Missed changes show up in `state`. */
  watch(changed: (state: UnitState) => void, signal: AbortSignal): void;
  /** Standard output and error in one stream of bytes from `offset`; ends at what has been written so far. */
  log(id: string, offset: number): Promise<Readable>;
  /**
   * A connection to a TCP port inside, one of the plan's. @throws Error when nothing listens there, or the unit does not
   * run
   */
  connect(id: string, port: number): Promise<Socket>;
  /** Forgets a unit that has ended or was lost, and frees what it held. Harmless when repeated. */
  remove(id: string): Promise<void>;
  /**
   * Keeps up to `count` spares of the image at a network level: processes already sandboxed with imports done, waiting
   * for a unit (docs/decisions/0006-spares.md). `reserve` takes one for a unit that is alone in its group, whose image
   * `canWait`. 0 gives them up.
   */
  warm(image: PreparedImage, network: NetworkLevel, count: number): Promise<void>;
  /** Releases watchers and timers; units go on running. */
  close(): Promise<void>;
}

/** A unit that can never run on this backend, in words for people. */
export class UnitRefused extends Error {
  override readonly name = "UnitRefused";
}

/** A backend that cannot be used on this machine as it is, in words for people. */
export class BackendUnusable extends Error {
  override readonly name = "BackendUnusable";
}
