// Checksums of bytes that a key of the caller's seals: kept sealed as well, since bytes that are few could be guessed by them.
import { deriveKey, seal, unseal } from "../../../core/sealing.ts";
import type { S3Context } from "./model.ts";

interface Valued {
  readonly value: string;
}

/** Before the sealed value; no value of a checksum begins so. */
const MARK = "sealed:";
const PURPOSE = "s3 checksums";

type WithKey = Pick<S3Context, "masterKey">;

export function hidden<Checksum extends Valued>({ masterKey }: WithKey, checksum: Checksum): Checksum {
  const sealed = seal(deriveKey(masterKey, PURPOSE), Buffer.from(checksum.value), PURPOSE);
  return { ...checksum, value: MARK + sealed.toString("base64") };
}

/** As it was, hidden or not. @throws Error when it was hidden under another master key */
export function shown<Checksum extends Valued>({ masterKey }: WithKey, checksum: Checksum): Checksum {
  if (!checksum.value.startsWith(MARK)) return checksum;
  const sealed = Buffer.from(checksum.value.slice(MARK.length), "base64");
  const value = unseal(deriveKey(masterKey, PURPOSE), sealed, PURPOSE);
  if (value === undefined) throw new Error("A checksum was sealed with another key file.");
  return { ...checksum, value: value.toString() };
}
