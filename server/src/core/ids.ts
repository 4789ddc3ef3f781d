// Ids and ARNs. Random ids are 128 bits or more and never reused.
import { createHash, randomBytes, randomUUID } from "node:crypto";

/** Request id as AWS writes it, a UUID. */
export const newRequestId = (): string => randomUUID();

const ALPHABET = "0123456789abcdefghijklmnopqrstuv";

/** 26 characters of lower-case base 32: 130 random bits, safe in file names, host names and keys. */
export function newId(): string {
  const bytes = randomBytes(26);
  let text = "";
  for (const byte of bytes) text += ALPHABET[byte & 31];
  return text;
}

/** The UUID that a text stands for, always the same; it looks like the random ones (version 4). */
export function uuidOf(text: string): string {
  const hash = createHash("sha256").update(text).digest("hex");
  return hash.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5");
}

/** The 64 hexadecimal digits that stand for an account in access control lists of S3 and in policies. */
export const canonicalId = (account: string): string =>
  createHash("sha256").update(`canonical user of account ${account}`).digest("hex");

/**
 * ARN of a SageMaker resource. Names appear in lower case in ARNs, as in the guide's samples
 * (job `MyEndpoint`, ARN `…:endpoint/myendpoint`); the name field keeps its case.
 */
export function sagemakerArn(
  at: { readonly account: string; readonly region: string },
  type: string,
  name: string,
): string {
  return `arn:aws:sagemaker:${at.region}:${at.account}:${type}/${name.toLowerCase()}`;
}
