// What happens to objects, told to whom the bucket's configuration names: rows that go into the commit of what happened.
// A bucket without a configuration pays a comparison. S3 user guide, "Amazon S3 Event Notifications".
import type { NotificationConfiguration, NotificationConfigurationFilter } from "../../../../../contract/s3/types.ts";
import type { Call } from "../../../core/call.ts";
import { newRequestId } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import type { RowWrite } from "../../../store/rows/rows.ts";
import type { Bucket, ObjectDocument, S3Context } from "./model.ts";
import type { EventName, Notice } from "./notice.ts";

export type NoticeRows = readonly RowWrite<Json>[];

/** The rows that tell of an object as it is after the event, or was before its removal. */
export type Telling = (bucket: Bucket, document: ObjectDocument) => NoticeRows;

export const telling =
  (context: S3Context, call: Call, key: string, event: EventName): Telling =>
  (bucket, document) => {
    const { notification } = bucket.settings;
    return notification === undefined ? [] : rowsOf(context, { bucket, notification, document, call, key, event });
  };

/** By what a caller's request says, the form of a browser or a PUT: a form has its own type, and the object another. */
export const putEvent = (call: Call, contentType: string | undefined): EventName => {
  const sent = call.headers["content-type"];
  return sent?.startsWith("multipart/form-data") && sent !== contentType ? "ObjectCreated:Post" : "ObjectCreated:Put";
};

interface Happening {
  readonly bucket: Bucket;
  readonly notification: NotificationConfiguration;
  readonly document: ObjectDocument;
  readonly call: Call;
  readonly key: string;
  readonly event: EventName;
}

function rowsOf(context: S3Context, happening: Happening): NoticeRows {
  const receivers = receiversOf(happening);
  if (receivers.length === 0) return [];
  const facts = factsOf(context, happening);
  return receivers.map((to) => {
    const lane = to === "bus" ? `bus ${facts.owner}` : to.topicArn;
    return context.notices.row({ scope: facts.bucket, name: newRequestId(), lane, item: { ...facts, to } });
  });
}

function receiversOf({ notification, key, event }: Happening): readonly Notice["to"][] {
  const topics = (notification.TopicConfigurations ?? []).filter(
    ({ Events, Filter }) => Events?.some((name) => covers(name, `s3:${event}`)) && passes(Filter, key),
  );
  return [
    ...topics.map(({ TopicArn = "", Id = "" }) => ({ topicArn: TopicArn, configurationId: Id })),
    ...(notification.EventBridgeConfiguration === undefined ? [] : (["bus"] as const)),
  ];
}

/** Whether the name of an event, with `*` at its end or not, stands for the other. */
export const covers = (name: string, event: string): boolean =>
  name === event || (name.endsWith("*") && event.startsWith(name.slice(0, -1)));

/** Filters may be written as keys are in messages. */
function passes(filter: NotificationConfigurationFilter | undefined, key: string): boolean {
  const keys = [key, encodedKey(key)];
  return (filter?.Key?.FilterRules ?? []).every(({ Name, Value = "" }) =>
    keys.some((one) => (Name?.toLowerCase() === "prefix" ? one.startsWith(Value) : one.endsWith(Value))),
  );
}

/** As a form would send it, with slashes as they are: `red+flower.jpg`. */
export const encodedKey = (key: string): string =>
  encodeURIComponent(key)
    .replace(/%20/g, "+")
    .replace(/%2F/g, "/")
    .replace(/[!'()~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** The ETag of no bytes, which events of delete markers have. */
const NO_BYTES = "d41d8cd98f00b204e9800998ecf8427e";

function factsOf(context: S3Context, { bucket, document, call, key, event }: Happening): Omit<Notice, "to"> {
  const isCreation = event.startsWith("ObjectCreated:");
  const isRemoval = event === "ObjectRemoved:Delete";
  const isOrdered = isCreation || event.startsWith("ObjectRemoved:");
  const { principal } = call;
  return {
    bucket: bucket.name,
    owner: bucket.owner,
    region: bucket.region,
    event,
    at: context.clock.now(),
    key,
    ...(isCreation ? { sizeBytes: document.sizeBytes } : {}),
    ...(isRemoval ? {} : { etag: document.deleteMarker ? NO_BYTES : document.etag }),
    ...(document.isNull ? {} : { versionId: document.id }),
    ...(isOrdered ? { sequencer: context.sequencer() } : {}),
    caller: {
      requestId: call.requestId,
      sourceIp: call.sourceIp,
      principalId: principal.kind === "anonymous" ? "Anonymous" : `AWS:${principal.userId}`,
      account: principal.kind === "service" ? principal.arn : principal.account,
    },
  };
}
