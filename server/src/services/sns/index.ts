// SNS: the list of nouns, one line each.
import type { Service } from "../../core/service.ts";
import { errorCodes } from "./errors.ts";
import { message } from "./message/operations.ts";
import type { Parts } from "./shared/parts.ts";
import { subscription } from "./subscription/operations.ts";
import { tag } from "./tag/operations.ts";
import { topic } from "./topic/operations.ts";
import { topicPolicy } from "./topic-policy/operations.ts";

const nouns = { message, subscription, tag, topic, topicPolicy };

export const createSns = (parts: Parts): Service => ({
  name: "sns",
  iamPrefix: "sns",
  operations: Object.assign({}, ...Object.values(nouns).map((noun) => noun(parts))),
  errorCodes,
});
