// Keys that log groups are associated with.
import type { Call } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import { invalidParameter } from "../errors.ts";
import type { LogsContext } from "./context.ts";
import { groupArn } from "./groups.ts";

/** ARN of the key, which has to be enabled and usable by the caller. @throws ApiError InvalidParameter */
export async function usableKey({ keys }: LogsContext, call: Call, group: string, kmsKeyId: string): Promise<string> {
  const use = {
    operations: ["GenerateDataKey"],
    encryptionContext: { "aws:logs:arn": groupArn(call, group) },
    viaService: `logs.${call.region}.amazonaws.com`,
  } as const;
  try {
    return await keys.usable(call, kmsKeyId, use);
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    throw invalidParameter(
      `The specified KMS key does not exist or is not allowed to be used with Arn '${groupArn(call, group)}': ${cause.message}`,
    );
  }
}
