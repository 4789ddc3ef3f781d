// Places in S3 as requests name them.
import { errors } from "../../../core/errors.ts";

export interface S3Place {
  readonly bucket: string;
  /** Key or prefix, possibly empty. */
  readonly key: string;
}

/** Undefined unless the text is `s3://bucket` or `s3://bucket/key`. */
export function parseS3Uri(uri: string): S3Place | undefined {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(uri);
  return match?.[1] === undefined ? undefined : { bucket: match[1], key: match[2] ?? "" };
}

/** @throws ApiError Validation naming the member */
export function needS3Uri(uri: string, member: string): S3Place {
  const place = parseS3Uri(uri);
  if (!place) throw errors.validation(`Expected ${member} to be of the form s3://bucket/prefix, got "${uri}".`);
  return place;
}

export const s3Uri = ({ bucket, key }: S3Place): string => `s3://${bucket}/${key}`;
