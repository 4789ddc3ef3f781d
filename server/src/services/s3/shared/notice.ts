// Events of objects, and what is kept of one until its receiver has it.

/** Those that this server knows of; `s3:` before them in configurations. */
export type EventName =
  | "ObjectCreated:Put"
  | "ObjectCreated:Post"
  | "ObjectCreated:Copy"
  | "ObjectCreated:CompleteMultipartUpload"
  | "ObjectRemoved:Delete"
  | "ObjectRemoved:DeleteMarkerCreated"
  | "ObjectTagging:Put"
  | "ObjectTagging:Delete"
  | "ObjectAcl:Put";

/** One event for one receiver. */
export interface Notice {
  readonly to: "bus" | { readonly topicArn: string; readonly configurationId: string };
  readonly bucket: string;
  readonly owner: string;
  readonly region: string;
  readonly event: EventName;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly key: string;
  readonly sizeBytes?: number;
  readonly etag?: string;
  readonly versionId?: string;
  /** Hexadecimal; greater for what happened later to the same key. */
  readonly sequencer?: string;
  readonly caller: {
    readonly requestId: string;
    readonly sourceIp: string;
    readonly principalId: string;
    readonly account: string;
  };
}
