// The engine as app/ builds it and as the services see it.
import type { RequestListener } from "node:http";
import type { Backend, PreparedImage } from "../backends/backend.ts";
import type { Principal } from "../core/call.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { RoleSessions } from "../core/ports.ts";
import type { Blobs } from "../store/blobs/blobs.ts";
import type { RowKey, Rows } from "../store/rows/rows.ts";
import type { Series } from "../store/series/series.ts";
import type { JobKind, UnitLog } from "./job-kind.ts";

export type MetricDefinitions = NonNullable<UnitLog["metrics"]>["definitions"];

/** Whose name of an image it is: own registries are per account and region. */
export interface ImagePlace {
  readonly account: string;
  readonly region: string;
}

export interface ImageRequest extends ImagePlace {
  /** In whose name an image that was pushed is pulled. @throws ApiError when the role cannot be assumed */
  readonly principal: () => Promise<Principal>;
  /** A script of the user's is to run in it, see WantedUnit. */
  readonly runsScript: boolean;
  /** Told what takes long, in words for people. */
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** What there is to a name of an image. */
export interface SeenImage {
  /** Clear text when nothing provides it; absent when it can be prepared. */
  readonly problem?: string;
  /** Of a built-in algorithm, whose metrics users cannot define themselves. */
  readonly builtInMetrics?: MetricDefinitions | undefined;
}

/** Which images there are, and how to make one ready: pushed ones, the catalogue, other registries. */
export interface UnitImages {
  look(uri: string, place: ImagePlace): Promise<SeenImage>;
  /** The name with the digest of what its tag means now, for an image that was pushed here; others stay as they are. */
  pin(uri: string, place: ImagePlace): Promise<string>;
  /** Installs or unpacks what is missing. @throws UnitRefused, Error with a text for people */
  prepare(uri: string, request: ImageRequest): Promise<PreparedImage>;
}

export interface EngineParts {
  readonly rows: Rows;
  readonly blobs: Pick<Blobs, "roomBytes">;
  readonly series: Series;
  readonly backend: Backend;
  readonly images: UnitImages;
  readonly roles: RoleSessions;
  readonly clock: Clock;
  readonly log: Log;
  /** The server's API, for containers that call it. */
  readonly api: RequestListener;
  /** Short folder for the engine's socket and its secret, kept over restarts. */
  readonly folder: string;
  /** CPU slots that jobs may hold together. */
  readonly cpus: number;
  readonly strictCapacity: boolean;
  /** Processes kept ready for each image used lately. */
  readonly spares: number;
  /** Cuts the grace that job kinds give their programs after SIGTERM. */
  readonly longestGraceSeconds: number;
}

export interface Engine {
  /** Why a job does not run yet, in words for its secondary status message; undefined when it does not wait. */
  waitingFor(key: RowKey): string | undefined;
  /** Milliseconds on the steady scale, for durations. */
  steady(): number;
  /** Call before new work is stored. @throws ApiError ResourceLimitExceeded when the disk is below its reserve */
  needDisk(): Promise<void>;
  /** Looks for an image of this name in the catalogue and the registries. */
  lookAtImage(uri: string, place: ImagePlace): Promise<SeenImage>;
  /** The name with the digest of what its tag means now, for an image that was pushed here; others stay as they are. */
  pinImage(uri: string, place: ImagePlace): Promise<string>;
  /** Loads what is not settled, finds running units again, ends orphans, and begins to reconcile. */
  // biome-ignore lint/suspicious/noExplicitAny: a list holds job kinds of every document type
  start(kinds: readonly JobKind<any>[]): Promise<void>;
  /** Ends reconciling. Units are stopped first unless `detach`; without being told, a job would count them as lost. */
  close(options: { readonly detach: boolean }): Promise<void>;
}
