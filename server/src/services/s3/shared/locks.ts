// Object lock: retention and legal hold (S3 user guide, "How S3 Object Lock works").
import type { DefaultRetention } from "../../../../../contract/s3/types.ts";
import { s3Errors } from "../errors.ts";
import type { Bucket, ObjectDocument, ObjectLock } from "./model.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export const retentionDays = ({ Days, Years }: DefaultRetention): number => Days ?? (Years ?? 0) * 365;

/** Retention that the bucket gives to new objects. */
export function defaultLock(bucket: Bucket, now: number): ObjectLock {
  const retention = bucket.settings.objectLock?.Rule?.DefaultRetention;
  if (retention?.Mode === undefined) return {};
  return { mode: retention.Mode, retainUntil: now + retentionDays(retention) * DAY_MS };
}

/** @throws ApiError AccessDenied when the version may not be deleted */
export function checkUnlocked(document: ObjectDocument | undefined, now: number, mayBypassGovernance: boolean): void {
  if (document === undefined) return;
  const { lock } = document;
  const retained = lock.mode !== undefined && (lock.retainUntil ?? 0) > now;
  const bypassed = lock.mode === "GOVERNANCE" && mayBypassGovernance;
  if (lock.legalHold === "ON" || (retained && !bypassed))
    throw s3Errors.accessDenied("Access Denied because object protected by object lock.");
}
