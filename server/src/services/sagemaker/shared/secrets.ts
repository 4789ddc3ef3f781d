// Secrets that requests bring and no answer shows: sealed for the row they belong to.
import { deriveKey, seal } from "../../../core/sealing.ts";
import { keptKey } from "../../../store/durable.ts";

/** The key for SageMaker's secrets, 32 bytes; `keyFile` is made at first start and must be kept. */
export const openSealingKey = async (keyFile: string): Promise<Uint8Array> =>
  deriveKey(await keptKey(keyFile), "sagemaker secrets");

/** Base 64; opens only with the same key for the same ARN. */
export const sealSecret = (key: Uint8Array, secret: string, arn: string): string =>
  seal(key, Buffer.from(secret), arn).toString("base64");
