// CloudTrail: the list of nouns, one line each. A door onto store/calls, where the wire writes.
import type { Service } from "../../core/service.ts";
import { event } from "./event/operations.ts";
import { eventSelector } from "./event-selector/operations.ts";
import type { Parts } from "./shared/trails.ts";
import { tag } from "./tag/operations.ts";
import { trail } from "./trail/operations.ts";

const nouns = { event, eventSelector, tag, trail };

export const createCloudTrail = (parts: Parts): Service => ({
  name: "cloudtrail",
  iamPrefix: "cloudtrail",
  operations: Object.assign({}, ...Object.values(nouns).map((noun) => noun(parts))),
});
