// The engine as the services see it.
import type { RowKey } from "../store/rows/rows.ts";
import type { UnitLog } from "./job-kind.ts";

export interface Engine {
  /** Why a job does not run yet, in words for its secondary status message; undefined when it does not wait. */
  waitingFor(key: RowKey): string | undefined;
  /** Clear text when no image of the catalogue or registry has this URI; undefined when there is one. */
  imageProblem(uri: string): string | undefined;
  /** Whether the image is a built-in algorithm, whose metrics are fixed. */
  builtInMetrics(uri: string): UnitMetricDefinitions | undefined;
}

export type UnitMetricDefinitions = NonNullable<UnitLog["metrics"]>["definitions"];
