// IAM: the list of nouns, one line each.
import type { Service } from "../../core/service.ts";
import { accessKey } from "./access-key/operations.ts";
import { attachment } from "./attachment/operations.ts";
import { errorCodes } from "./errors.ts";
import { inlinePolicy } from "./inline-policy/operations.ts";
import { policy } from "./policy/operations.ts";
import { role } from "./role/operations.ts";
import type { Identities } from "./shared/identities.ts";
import { simulation } from "./simulation/operations.ts";
import { tag } from "./tag/operations.ts";
import { user } from "./user/operations.ts";

const nouns = { accessKey, attachment, inlinePolicy, policy, role, simulation, tag, user };

export const createIam = (identities: Identities): Service => ({
  name: "iam",
  iamPrefix: "iam",
  operations: Object.assign({}, ...Object.values(nouns).map((noun) => noun(identities))),
  errorCodes,
});
