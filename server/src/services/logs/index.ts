// CloudWatch Logs: the list of nouns, one line each. A door onto store/series, where jobs write.
import type { Service } from "../../core/service.ts";
import { errorCodes } from "./errors.ts";
import { event } from "./event/operations.ts";
import { group } from "./group/operations.ts";
import type { Parts } from "./shared/groups.ts";
import { stream } from "./stream/operations.ts";
import { tag } from "./tag/operations.ts";

const nouns = { event, group, stream, tag };

export const createLogs = (parts: Parts): Service => ({
  name: "logs",
  iamPrefix: "logs",
  operations: Object.assign({}, ...Object.values(nouns).map((noun) => noun(parts))),
  errorCodes,
});
