// CloudWatch: the list of nouns, one line each. A door onto store/series, where the platform's metrics are written.
import type { Service } from "../../core/service.ts";
import { type AlarmParts, alarm } from "./alarm/operations.ts";
import { Watch, type WatchParts } from "./alarm/watch.ts";
import { dashboard } from "./dashboard/operations.ts";
import { metric } from "./metric/operations.ts";
import { statistic } from "./statistic/operations.ts";
import { tag } from "./tag/operations.ts";

const nouns = { alarm, dashboard, metric, statistic, tag };

export interface CloudWatch {
  readonly service: Service;
  /** Evaluates alarms from now on; the result stops it. */
  readonly start: () => Promise<() => Promise<void>>;
}

export function createCloudWatch(parts: Omit<WatchParts, "now">): CloudWatch {
  const watching: WatchParts = { ...parts, now: () => parts.clock.now() };
  const watch = new Watch(watching);
  const all: AlarmParts = { ...watching, watch };
  return {
    service: {
      name: "cloudwatch",
      iamPrefix: "cloudwatch",
      operations: Object.assign({}, ...Object.values(nouns).map((noun) => noun(all))),
    },
    async start() {
      await watch.start();
      return () => watch.close();
    },
  };
}
