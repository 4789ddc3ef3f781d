// Who owns the objects of a bucket: the setting as a document.
import type { OwnershipControls } from "../../../../../contract/s3/types.ts";
import { s3Errors } from "../errors.ts";

const ownerships: readonly unknown[] = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"];

/** @throws ApiError MalformedXML */
export function checkOwnership(controls: OwnershipControls | undefined): OwnershipControls {
  const [rule, ...others] = controls?.Rules ?? [];
  if (rule === undefined || others.length > 0 || !ownerships.includes(rule.ObjectOwnership))
    throw s3Errors.malformedXml({});
  return { Rules: [rule] };
}
