// Secrets Manager: the list of nouns, one line each.
import type { Service } from "../../core/service.ts";
import { password } from "./password/operations.ts";
import { resourcePolicy } from "./resource-policy/operations.ts";
import { secret } from "./secret/operations.ts";
import { secretValue } from "./secret-value/operations.ts";
import type { Parts } from "./shared/secrets.ts";
import { tag } from "./tag/operations.ts";

const nouns = { password, resourcePolicy, secret, secretValue, tag };

export const createSecretsManager = (parts: Parts): Service => ({
  name: "secretsmanager",
  iamPrefix: "secretsmanager",
  operations: Object.assign({}, ...Object.values(nouns).map((noun) => noun(parts))),
});
