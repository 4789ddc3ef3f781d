// CloudWatch: the list of nouns, one line each. A door onto store/series, where the platform's metrics are written.
import type { Service } from "../../core/service.ts";
import { metric } from "./metric/operations.ts";
import type { Parts } from "./shared/place.ts";
import { statistic } from "./statistic/operations.ts";

const nouns = { metric, statistic };

export const createCloudWatch = (parts: Parts): Service => ({
  name: "cloudwatch",
  iamPrefix: "cloudwatch",
  operations: Object.assign({}, ...Object.values(nouns).map((noun) => noun(parts))),
});
