// Key policies: the one that a key gets when none is given, and what is refused. Source: KMS developer guide, "Default
// key policy", and KMS API reference, PutKeyPolicy (the lockout safety check).
import type { Call } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import { malformedPolicy } from "../errors.ts";
import { keyArn, type Parts } from "./keyring.ts";

/** The only name that a key policy can have. */
export const POLICY_NAME = "default";

export const defaultPolicy = (account: string): string =>
  JSON.stringify(
    {
      Version: "2012-10-17",
      Id: "key-default-1",
      Statement: [
        {
          Sid: "Enable IAM User Permissions",
          Effect: "Allow",
          Principal: { AWS: `arn:aws:iam::${account}:root` },
          Action: "kms:*",
          Resource: "*",
        },
      ],
    },
    undefined,
    2,
  );

/** KMS developer guide, "Quotas": 32 KiB. */
const LARGEST_POLICY_BYTES = 32 * 1024;

/**
 * @throws ApiError MalformedPolicyDocument when the text is no policy, and when the caller could not change it any more
 * unless `bypass` is set; LimitExceeded
 */
export async function checkKeyPolicy(
  parts: Parts,
  call: Call,
  keyId: string,
  { policy, bypass }: { readonly policy: string; readonly bypass: boolean },
): Promise<void> {
  if (Buffer.byteLength(policy) > LARGEST_POLICY_BYTES) throw malformedPolicy("The policy is larger than 32 KiB.");
  await asMalformed(
    async () => parts.policies.resourcePolicy(policy),
    ({ message }) => message,
  );
  if (bypass) return;
  await asMalformed(
    () => call.authorize([{ action: "kms:PutKeyPolicy", resource: keyArn(call, keyId), resourcePolicy: policy }]),
    () => "The new key policy will not allow you to update the key policy in the future.",
  );
}

async function asMalformed(check: () => Promise<void>, text: (cause: ApiError) => string): Promise<void> {
  try {
    await check();
  } catch (cause) {
    throw cause instanceof ApiError ? malformedPolicy(text(cause)) : cause;
  }
}
