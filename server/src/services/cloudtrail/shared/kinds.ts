// Which calls are events, and of which kind. Sources: CloudTrail user guide, "Logging data events" and the services'
// pages on what they log; guide, "Log Amazon SageMaker API Calls with AWS CloudTrail" (all but InvokeEndpoint).
import type { CallRecord } from "../../../core/call-record.ts";

/** Operations on what is in a bucket; those on the bucket itself are management. */
const OBJECT_OPERATIONS =
  /^(AbortMultipartUpload|CompleteMultipartUpload|CopyObject|CreateMultipartUpload|DeleteObjects?|DeleteObjectTagging|GetObject\w*|HeadObject|ListMultipartUploads|ListObjects(V2)?|ListObjectVersions|ListParts|PutObject\w*|SelectObjectContent|UploadPart(Copy)?)$/;

/** Data that flows: neither in the event history nor in trails. */
const UNRECORDED: Readonly<Record<string, ReadonlySet<string>>> = {
  cloudwatch: new Set(["PutMetricData"]),
  events: new Set(["PutEvents"]),
  logs: new Set(["FilterLogEvents", "GetLogEvents", "PutLogEvents"]),
  "sagemaker-runtime": new Set(["InvokeEndpoint"]),
  sns: new Set(["Publish", "PublishBatch"]),
};

export type EventKind = "management" | "data" | "none";

export function kindOf({ service, operation, account }: CallRecord): EventKind {
  if (account === "" || service === "unknown") return "none";
  if (service === "s3") return OBJECT_OPERATIONS.test(operation) ? "data" : "management";
  return UNRECORDED[service]?.has(operation) ? "none" : "management";
}
