// KMS: the list of nouns, one line each.
import type { Service } from "../../core/service.ts";
import { alias } from "./alias/operations.ts";
import { cipher } from "./cipher/operations.ts";
import { grant } from "./grant/operations.ts";
import { key } from "./key/operations.ts";
import { keyPair } from "./key-pair/operations.ts";
import { keyPolicy } from "./key-policy/operations.ts";
import { mac } from "./mac/operations.ts";
import { rotation } from "./rotation/operations.ts";
import type { Parts } from "./shared/keyring.ts";
import { signature } from "./signature/operations.ts";
import { tag } from "./tag/operations.ts";

const nouns = { alias, cipher, grant, key, keyPair, keyPolicy, mac, rotation, signature, tag };

export const createKms = (parts: Parts): Service => ({
  name: "kms",
  iamPrefix: "kms",
  operations: Object.assign({}, ...Object.values(nouns).map((noun) => noun(parts))),
});
