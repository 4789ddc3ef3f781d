// A new version of a secret: its value's row, and the labels that move to it.
import { invalidRequest, tokenInUse } from "../errors.ts";
import {
  type Parts,
  type SecretChange,
  type SecretDocument,
  type SecretRow,
  type SecretVersion,
  secretArn,
} from "./secrets.ts";
import { attach, CURRENT, holderOf } from "./stages.ts";
import { fingerprintOf, type Sealer, type SecretValue, sealedValue, valueKey } from "./values.ts";

/** Secrets Manager user guide, "Quotas": versions without a label are removed beyond this number. */
const MOST_VERSIONS = 100;

/** @throws ApiError InvalidRequest: SDKs send one by themselves, whoever speaks HTTP must */
export function requireToken(token: string | undefined): string {
  if (token !== undefined) return token;
  throw invalidRequest("You must provide a ClientRequestToken value. We recommend a UUID-type value.");
}

interface NewVersion {
  readonly id: string;
  readonly value: SecretValue;
  readonly kmsKeyId: string | undefined;
  readonly labels: readonly string[];
}

/**
 * Undefined when the version is there with this value: the call came twice.
 * @throws ApiError ResourceExists when it is there with another value, and what sealing throws
 */
export async function withVersion(
  parts: Parts,
  sealer: Sealer,
  row: Pick<SecretRow, "scope" | "name" | "document">,
  made: NewVersion,
): Promise<SecretChange | undefined> {
  const fingerprint = fingerprintOf(parts, made.value);
  const there = row.document.versions.find(({ id }) => id === made.id);
  if (there !== undefined) {
    if (there.fingerprint === fingerprint) return undefined;
    throw tokenInUse(made.id, secretArn(row));
  }
  const { id, value, kmsKeyId } = made;
  const version: SecretVersion = { id, stages: [], createdAt: sealer.at, kmsKeyId, fingerprint };
  const isFirst = holderOf(row.document.versions, CURRENT) === undefined;
  const labels = isFirst ? [...new Set([...made.labels, CURRENT])] : made.labels;
  const { kept, gone } = pruned(attach([...row.document.versions, version], id, labels));
  return {
    document: { ...row.document, versions: kept },
    put: [await sealedValue(parts, sealer, row, { versionId: id, value, kmsKeyId })],
    remove: gone.map((one) => valueKey(row, one.id)),
  };
}

/** The oldest without a label go when there are too many. */
function pruned(versions: readonly SecretVersion[]): {
  readonly kept: readonly SecretVersion[];
  readonly gone: readonly SecretVersion[];
} {
  const bare = versions.filter(({ stages }) => stages.length === 0);
  const gone = bare.slice(0, Math.max(0, versions.length - MOST_VERSIONS));
  return { kept: versions.filter((version) => !gone.includes(version)), gone };
}

/** As Describe and List show them: those without a label are left out. */
export const stagesById = ({ versions }: SecretDocument): Readonly<Record<string, readonly string[]>> | undefined =>
  versions.length === 0
    ? undefined
    : Object.fromEntries(versions.filter(({ stages }) => stages.length > 0).map(({ id, stages }) => [id, stages]));
