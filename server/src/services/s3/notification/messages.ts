// Events as receivers read them. S3 user guide, "Event message structure" (topics) and "EventBridge event message structure";
// members of each event as recorded from AWS (LocalStack, test_s3_notifications_*).
import { canonicalId } from "../../../core/ids.ts";
import type { ServiceEvent } from "../../../core/ports.ts";
import { hostId } from "../../../wire/protocols/rest-xml.ts";
import { bucketArn } from "../shared/names.ts";
import type { EventName, Notice } from "../shared/notice.ts";
import { encodedKey } from "../shared/telling.ts";

/** Of events that need no more than the first structure had, and of those that came with tags and lists. */
const versionOf = (event: EventName): string => (/^Object(Acl|Tagging):/.test(event) ? "2.3" : "2.1");

/** What is published to a topic. */
export function recordsText(notice: Notice, configurationId: string): string {
  const { bucket, owner, region, event, at, key, caller, sizeBytes, etag, versionId, sequencer } = notice;
  const record = {
    eventVersion: versionOf(event),
    eventSource: "aws:s3",
    awsRegion: region,
    eventTime: new Date(at).toISOString(),
    eventName: event,
    userIdentity: { principalId: caller.principalId },
    requestParameters: { sourceIPAddress: caller.sourceIp },
    responseElements: { "x-amz-request-id": caller.requestId, "x-amz-id-2": hostId(caller.requestId) },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId,
      bucket: { name: bucket, ownerIdentity: { principalId: canonicalId(owner) }, arn: bucketArn(bucket) },
      object: { key: encodedKey(key), size: sizeBytes, eTag: etag, versionId, sequencer },
    },
  };
  return JSON.stringify({ Records: [record] });
}

/** What a topic is told when a configuration begins to name it. */
export const testText = (bucket: string, requestId: string, at: number): string =>
  JSON.stringify({
    Service: "Amazon S3",
    Event: "s3:TestEvent",
    Time: new Date(at).toISOString(),
    Bucket: bucket,
    RequestId: requestId,
    HostId: hostId(requestId),
  });

const detailTypes: Readonly<Record<EventName, string>> = {
  "ObjectCreated:Put": "Object Created",
  "ObjectCreated:Post": "Object Created",
  "ObjectCreated:Copy": "Object Created",
  "ObjectCreated:CompleteMultipartUpload": "Object Created",
  "ObjectRemoved:Delete": "Object Deleted",
  "ObjectRemoved:DeleteMarkerCreated": "Object Deleted",
  "ObjectTagging:Put": "Object Tags Added",
  "ObjectTagging:Delete": "Object Tags Deleted",
  "ObjectAcl:Put": "Object ACL Updated",
};

/** Members that only some events have. */
const reasons: Readonly<Partial<Record<EventName, object>>> = {
  "ObjectCreated:Put": { reason: "PutObject" },
  "ObjectCreated:Post": { reason: "POST Object" },
  "ObjectCreated:Copy": { reason: "CopyObject" },
  "ObjectCreated:CompleteMultipartUpload": { reason: "CompleteMultipartUpload" },
  "ObjectRemoved:Delete": { reason: "DeleteObject", "deletion-type": "Permanently Deleted" },
  "ObjectRemoved:DeleteMarkerCreated": { reason: "DeleteObject", "deletion-type": "Delete Marker Created" },
};

/** What is put on the bus of the bucket's owner. `id`: the same however often it is put. */
export function busEvent(notice: Notice, id: string): ServiceEvent {
  const { bucket, owner, region, event, at, key, caller, sizeBytes, etag, versionId, sequencer } = notice;
  return {
    id,
    account: owner,
    region,
    source: "aws.s3",
    detailType: detailTypes[event],
    at,
    resources: [bucketArn(bucket)],
    detail: {
      version: "0",
      bucket: { name: bucket },
      object: {
        key,
        ...(sizeBytes === undefined ? {} : { size: sizeBytes }),
        ...(etag === undefined ? {} : { etag }),
        ...(versionId === undefined ? {} : { "version-id": versionId }),
        ...(sequencer === undefined ? {} : { sequencer }),
      },
      "request-id": caller.requestId,
      requester: caller.account || "anonymous",
      "source-ip-address": caller.sourceIp,
      ...reasons[event],
    },
  };
}
