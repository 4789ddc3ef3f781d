// What a noun gives to the engine when something has to run for it: what should be running for the row as stored, and
// the next single step from (stored, observed, now). Both are pure; the engine performs, observes and repeats.
// After Kueue's job framework (a small required interface, a folder per kind) and Tekton (one place computes status).
import type { NetworkLevel, UnitEnd } from "../backends/backend.ts";
import type { Dial, RoleSession } from "../core/ports.ts";
import type { ChangeEvent, Row } from "../store/rows/rows.ts";
import type { UnitPlace, WantedMount } from "./unit-mounts.ts";

export type { UnitEnd } from "../backends/backend.ts";
export type { UnitPlace, WantedMount } from "./unit-mounts.ts";

export interface JobKind<Document> {
  /** Row kind, `sagemaker:training-job`. Rows of it have the scope `<account>/<region>`. */
  readonly kind: string;
  /** Statuses in which nothing runs and nothing is due: such rows are not loaded. */
  readonly settled: readonly string[];
  /** What should be running for the row as stored. The engine starts what is missing and ends what is no longer here. */
  wants(row: Row<Document>): Wants;
  /**
   * The next step. Called after every change of anything observed; any step may be repeated. `now`: for times that people
   * see, milliseconds since 1970; somebody may set it forward or back. `steady`: the same moment on the scale of steady.ts,
   * for limits and durations.
   */
  next(row: Row<Document>, observed: Observed, now: number, steady: number): Step<Document>;
  /** What is said of a row within its status, as text; the engine logs an event `phase` where it changes and the status stays. */
  phase?(document: Document): string;
  /** Long work by name, see `Wants.activities`. */
  readonly activities: Readonly<Record<string, Activity<Document>>>;
  /** Told after each pass what is stored and seen (undefined: the row is gone), to answer from memory (routes). */
  published?(key: { readonly scope: string; readonly name: string }, seen: Published<Document> | undefined): void;
}

export interface Published<Document> {
  readonly row: Row<Document>;
  readonly observed: Observed;
}

export interface Wants {
  readonly units: readonly WantedUnit[];
  /** One that is no longer wanted is aborted. Its outcome is kept for as long as it is wanted. */
  readonly activities: readonly WantedActivity[];
}

export interface WantedActivity {
  /** Name in `JobKind.activities`. */
  readonly name: string;
  /** What it is about when there are several: a unit's id, an attempt. */
  readonly of?: string;
}

/** One container. The engine makes the backend's UnitSpec of it: image, resources, credentials, sockets. */
export interface WantedUnit {
  /** Names one attempt on one host, is never used again, and stands in the row before the unit is started. */
  readonly id: string;
  /**
   * `reserved`: capacity is held, nothing runs yet (activities fill its /opt/ml). `running`. `stopped`: SIGTERM, grace,
   * SIGKILL; its end and its /opt/ml stay there. A unit that is no longer wanted is stopped alike, then forgotten.
   */
  readonly want: "reserved" | "running" | "stopped";
  /** A `job` holds CPU slots and may have to queue; a `service` reserves memory only and never queues for CPUs. */
  readonly holds: "job" | "service";
  /** Units of one group get capacity together, share a network, and see each other by `host`. */
  readonly group: string;
  readonly host: string;
  /** Image URI as the user gave it. */
  readonly image: string;
  /**
   * Hyperparameters name a script of the user's to run in place of the algorithm built in. A script that SAGEMAKER_PROGRAM
   * names in the environment is seen there.
   */
  readonly runsScript?: boolean;
  readonly instanceType: string;
  readonly volumeSizeGb: number;
  readonly entrypoint?: readonly string[];
  /** Absent: the image's own, if it is the image's entry point that runs. */
  readonly arguments?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Role whose temporary credentials the container gets. Ignored with `isolated`. */
  readonly roleArn?: string;
  readonly network: NetworkLevel;
  readonly log: UnitLog;
  readonly ports: readonly number[];
  /** Besides /opt/ml and /tmp. Those of the unit's own are there from `reserved` on. */
  readonly mounts?: readonly WantedMount[];
  readonly health?: HealthCheck;
  readonly graceSeconds: number;
  /** Longest it may run, if there is a limit: what makes room for others is known from it. */
  readonly longestSeconds?: number;
}

export interface UnitLog {
  /** `/aws/sagemaker/TrainingJobs`. */
  readonly group: string;
  readonly stream: string;
  /** Numbers scraped from the lines: first capture group of each expression. */
  readonly metrics?: {
    readonly namespace: string;
    readonly dimensions: Readonly<Record<string, string>>;
    readonly definitions: readonly { readonly name: string; readonly pattern: string }[];
  };
}

/** `GET path` answering 200 is healthy. Asked from the start of the program on, until the unit ends. */
export interface HealthCheck {
  readonly port: number;
  readonly path: string;
  readonly timeoutMs: number;
  /** Between two questions once it has been healthy; before that the engine asks more often. */
  readonly intervalMs: number;
}

/** What is so right now, as far as the engine knows. */
export interface Observed {
  /** State of a planned unit by its id. */
  unit(id: string): ObservedUnit;
  /** State of a wanted activity. */
  activity(name: string, of?: string): ObservedActivity;
}

/**
 * `absent`: not looked at yet. `waiting`: for capacity. `reserved`: capacity held, not started. `starting`, `running`.
 * `ended`: see `end`; all its output is in the log store. `lost`: vanished without an exit code (machine restart).
 * `refused`: can never run here, see `reason`.
 */
export interface ObservedUnit {
  readonly phase: "absent" | "waiting" | "reserved" | "starting" | "running" | "ended" | "lost" | "refused";
  /** When its program was started, on the steady scale. */
  readonly startedAt?: number;
  readonly end?: UnitEnd;
  /** Why it waits or was refused, in words for people. */
  readonly reason?: string;
  /** It was refused though nothing is wrong with what was asked. */
  readonly isPlatformsFault?: boolean;
  /** What the user should know about the resources it got (clamped to the machine, no GPU). */
  readonly notes: readonly string[];
  /** Present for units with a health check. `since`: when it turned that way, on the steady scale. */
  readonly health?: {
    readonly state: "unknown" | "passing" | "failing";
    readonly since: number;
    readonly reason: string;
  };
  /** How its ports are reached, once it runs; each the same function as long as it runs. */
  readonly dials: ReadonlyMap<number, Dial>;
  /** Last number seen of each metric, complete when the unit has ended. */
  readonly metrics: ReadonlyMap<string, { readonly value: number; readonly at: number }>;
}

export type ObservedActivity =
  | { readonly state: "idle" }
  | { readonly state: "running"; readonly startedAt: number }
  | { readonly state: "done"; readonly result: unknown }
  | { readonly state: "failed"; readonly reason: string };

/**
 * `store`: commit this status and document (with events for the change log; one `status` event is added by the engine
 * when the status changes). `remove`: the row goes. `wait`: nothing to do until something changes or `until` comes, on the
 * steady scale.
 */
export type Step<Document> =
  | {
      readonly do: "store";
      readonly status: string;
      readonly document: Document;
      readonly events?: readonly Omit<ChangeEvent, "kind" | "scope" | "name">[];
    }
  | { readonly do: "remove" }
  | { readonly do: "wait"; readonly until?: number };

/**
 * Long work (downloads, uploads, calling a container). Resolves to a result for `next`; must be idempotent, since a
 * crash repeats it from the start. @throws JobFailure with the text that becomes the job's FailureReason; any other
 * error is the platform's fault: logged, and shown as InternalServerError.
 */
export type Activity<Document> = (work: ActivityContext<Document>) => Promise<unknown>;

export interface ActivityContext<Document> {
  readonly row: Row<Document>;
  readonly of?: string;
  /** Folder that the unit sees as /opt/ml, from `reserved` on until the unit is no longer wanted. */
  unitFolder(unitId: string): Promise<string>;
  /** Where the server finds what the unit sees at an absolute path, /opt/ml/… or a mount of its own; from `reserved` on. */
  unitPlace(unitId: string, path: string): Promise<UnitPlace>;
  /** Path of a file that only the server sees, kept as long as the unit: what the activity has to know when repeated. */
  keptFile(unitId: string, name: string): Promise<string>;
  /** Path of a folder alike. */
  keptFolder(unitId: string, name: string): Promise<string>;
  /** Resolves when the unit's program does not run any more, or never will. */
  unitOver(unitId: string): Promise<void>;
  /** Aborts when the activity is no longer wanted or the server stops. */
  readonly signal: AbortSignal;
  readonly account: string;
  readonly region: string;
  /** Temporary credentials of a role, renewed when they are about to end. @throws JobFailure ClientError */
  session(roleArn: string): Promise<RoleSession>;
  /** How the unit's port is reached, once it runs. @throws JobFailure when it will not run any more */
  dial(unitId: string, port: number): Promise<Dial>;
  /** Adds a line of the platform's own to a unit's log stream. */
  note(log: UnitLog, text: string): Promise<void>;
}

/** A failure that is told to the user word for word. Starts with `ClientError: ` or `AlgorithmError: `. */
export class JobFailure extends Error {
  override readonly name = "JobFailure";
}
