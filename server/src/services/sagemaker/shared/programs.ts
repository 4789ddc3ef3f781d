// The programs of a job's hosts while they run and when they have ended. Pure: from what is stored and observed to what it
// means for the job.
import type { Observed, UnitEnd } from "../../../engine/job-kind.ts";
import type { Fed } from "./feeding/feed.ts";
import { decidingEnd, eachHost, type SeenHosts } from "./hosts.ts";

/** The job will fail, for this reason or by the end of a program: the other programs are being ended. */
export interface Failing {
  readonly reason?: string;
}

export interface Programs {
  readonly hosts: SeenHosts;
  readonly observed: Observed;
  readonly failing: Failing | undefined;
  /** Whether the activity `feed` is wanted for each. */
  readonly areFed: boolean;
  /** Name of the activity that brings what each writes to S3, and the last of it after its end; undefined without one. */
  readonly keeper: string | undefined;
}

/**
 * `running`: on they go. `cut`: what they read had an end where there was none. `failing`: they are to be ended. `ending`:
 * they are being ended. `over`: none runs any more.
 */
export type Turn =
  | { readonly is: "running" | "cut" | "ending" | "over" }
  | { readonly is: "failing"; readonly failing: Failing };

export function turnOf({ hosts, observed, failing, areFed, keeper }: Programs): Turn {
  const isOver = !hosts.isLive && (failing !== undefined || hosts.ended.length === hosts.all.length);
  if (failing) return { is: isOver ? "over" : "ending" };
  const feeds = areFed ? eachHost(hosts.all, "feed", observed) : undefined;
  if (feeds?.state === "failed") return { is: "failing", failing: { reason: feeds.reason } };
  if (feeds?.results.some(isCut)) return { is: "cut" };
  const kept = keeper === undefined ? undefined : eachHost(hosts.all, keeper, observed);
  if (kept?.state === "failed") return { is: "failing", failing: { reason: kept.reason } };
  if (isOver) return { is: "over" };
  return hosts.ended.some(({ end }) => end.exitCode !== 0) ? { is: "failing", failing: {} } : { is: "running" };
}

const isCut = (result: unknown): boolean => (result as Fed | undefined)?.cut === true;

/** What a job's row says of programs that have ended. */
export interface EndedPrograms {
  readonly failing?: Failing;
  /** How the program ended; of several hosts the one that decides. */
  readonly end?: UnitEnd;
  /** Name of that host. */
  readonly endHost?: string;
  /** Names of the hosts whose programs have ended. */
  readonly endedHosts: readonly string[];
}

/** Of programs none of which runs any more; undefined until the last of what they wrote is in S3. */
export function endOf({ hosts, observed, failing, keeper }: Programs, wereTold: boolean): EndedPrograms | undefined {
  const kept = keeper === undefined ? undefined : eachHost(hosts.ended, keeper, observed);
  if (kept?.state === "running") return undefined;
  const isUnkept = failing?.reason === undefined && kept?.state === "failed";
  const fails = isUnkept ? { reason: kept.reason } : failing;
  const deciding = decidingEnd(hosts.ended, wereTold && !fails);
  return {
    ...(fails ? { failing: fails } : {}),
    ...(deciding ? { end: deciding.end, endHost: deciding.name } : {}),
    endedHosts: hosts.ended.map(({ name }) => name),
  };
}
