// EventBridge: the list of nouns, one line each.
import type { Service } from "../../core/service.ts";
import { apiDestination } from "./api-destination/operations.ts";
import { bus } from "./bus/operations.ts";
import { busPolicy } from "./bus-policy/operations.ts";
import { connection } from "./connection/operations.ts";
import { event } from "./event/operations.ts";
import { rule } from "./rule/operations.ts";
import type { Parts } from "./shared/parts.ts";
import { tag } from "./tag/operations.ts";
import { target } from "./target/operations.ts";

const nouns = { apiDestination, bus, busPolicy, connection, event, rule, tag, target };

export const createEvents = (parts: Parts): Service => ({
  name: "events",
  iamPrefix: "events",
  operations: Object.assign({}, ...Object.values(nouns).map((noun) => noun(parts))),
});
