// EventBridge: the list of nouns, one line each.
import type { Service } from "../../core/service.ts";
import { event } from "./event/operations.ts";
import type { Parts } from "./shared/parts.ts";

const nouns = { event };

export const createEvents = (parts: Parts): Service => ({
  name: "events",
  iamPrefix: "events",
  operations: Object.assign({}, ...Object.values(nouns).map((noun) => noun(parts))),
});
