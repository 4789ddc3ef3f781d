// Keys of KMS that requests name for volumes: looked at when something is created that would use them. The disks themselves are
// this machine's and are not encrypted by these keys. Source: developer guide, "Amazon SageMaker API Permissions" (kms:CreateGrant
// by the caller or by the role), and API reference, VolumeKmsKeyId and CreateEndpointConfig (instances with disks of their own).
import type { CreateEndpointConfigInput } from "../../../../../contract/sagemaker/types.ts";
import type { Call, Principal } from "../../../core/call.ts";
import { ApiError, errors } from "../../../core/errors.ts";
import type { Parts } from "./noun.ts";

export interface VolumeKey {
  /** `ResourceConfig.VolumeKmsKeyId` */
  readonly member: string;
  /** Id, alias, or the ARN of either. */
  readonly keyId: string | undefined;
  readonly roleArn: string | undefined;
  readonly instanceTypes: readonly (string | undefined)[];
}

/** As `checkLocalDisks`, and whoever calls, or the role, must be allowed to hand the key to the volume. @throws ApiError Validation, AccessDenied */
export async function checkVolumeKey(parts: Parts, call: Call, volume: VolumeKey): Promise<void> {
  const { member, keyId, roleArn } = volume;
  if (!keyId) return;
  checkLocalDisks(volume);
  const role = roleArn === undefined ? undefined : await principalOf(parts, roleArn);
  try {
    if (role !== undefined && (await isUsable(parts, underRole(parts, call, role), keyId))) return;
    await use(parts, call, keyId);
  } catch (cause) {
    throw cause instanceof ApiError && !isDenial(cause) ? errors.validation(`${member}: ${cause.message}`) : cause;
  }
}

/** @throws ApiError Validation for a key of volumes beside instances that encrypt their own disks */
export function checkLocalDisks({ member, keyId, instanceTypes }: Omit<VolumeKey, "roleArn">): void {
  if (!keyId) return;
  const type = instanceTypes.find((one) => one !== undefined && LOCAL_DISK.test(one));
  if (type !== undefined)
    throw errors.validation(
      `${member} cannot be given for ${type}: its local disks are encrypted by its hardware, and it has no other volume.`,
    );
}

/** Families with NVMe disks of their own: a d behind the generation, and those that always have them. */
const LOCAL_DISK = /^ml\.([a-z]+\d+[a-z]*d[a-z]*|g5|p4de|trn1|i3)\./;

async function isUsable(parts: Parts, call: Call, keyId: string): Promise<boolean> {
  try {
    await use(parts, call, keyId);
    return true;
  } catch (cause) {
    if (cause instanceof ApiError && isDenial(cause)) return false;
    throw cause;
  }
}

const use = (parts: Parts, call: Call, keyId: string): Promise<string> =>
  parts.keys.usable(call, keyId, {
    operations: ["CreateGrant"],
    conditions: { "kms:GrantIsForAWSResource": "true" },
    viaService: `sagemaker.${call.region}.amazonaws.com`,
  });

const isDenial = (error: ApiError): boolean => error.code.startsWith("AccessDenied");

const SERVICE = "sagemaker.amazonaws.com";
/** The shortest that a role gives; nobody uses the session but this check. */
const SESSION_SECONDS = 900;

async function principalOf({ roles }: Parts, roleArn: string): Promise<Principal> {
  const request = { roleArn, sessionName: "SageMaker", servicePrincipal: SERVICE, durationSeconds: SESSION_SECONDS };
  return (await roles.assume(request)).principal;
}

function underRole({ authorizer }: Parts, call: Call, principal: Principal): Call {
  const { at, region } = call;
  return {
    ...call,
    principal,
    async authorize(permissions) {
      const refusal = await authorizer.refusal(principal, permissions, { at, region, secure: true });
      if (refusal !== undefined) throw errors.accessDenied(refusal);
    },
  };
}

/** Of an endpoint's configuration. */
export const volumeKeyOf = ({ KmsKeyId, ProductionVariants }: CreateEndpointConfigInput) => ({
  member: "KmsKeyId",
  keyId: KmsKeyId,
  instanceTypes: ProductionVariants.map(({ InstanceType }) => InstanceType),
});
