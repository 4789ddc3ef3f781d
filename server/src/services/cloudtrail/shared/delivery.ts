// Files of events that a trail writes to its bucket, in the name of CloudTrail: the bucket's policy has to let it.
// Source: CloudTrail user guide, "CloudTrail log file name format" and "Amazon S3 bucket policy for CloudTrail".
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Principal } from "../../../core/call.ts";
import type { CallRecord } from "../../../core/call-record.ts";
import { eventOf } from "./events.ts";
import { isWanted } from "./selection.ts";
import { type Parts, placeOf, SERVICE, type TrailDocument, type TrailRow, trailArn } from "./trails.ts";

/** Calls made into text before others have their turn. */
const SLICE = 20;

type Bucket = Pick<TrailDocument, "bucket" | "prefix" | "kmsKeyId">;

/** Key of the object. @throws ApiError of S3 and KMS when CloudTrail may not write there */
export async function writeFile(
  { objects }: Pick<Parts, "objects">,
  trail: { readonly arn: string; readonly account: string } & Bucket,
  file: { readonly path: string; readonly content: Uint8Array; readonly contentType: string },
): Promise<string> {
  const { account, bucket, prefix, kmsKeyId } = trail;
  const principal: Principal = { kind: "service", arn: SERVICE, account, userId: SERVICE };
  const key = `${prefix === undefined ? "" : `${prefix}/`}AWSLogs/${account}/${file.path}`;
  const object = {
    bucket,
    key,
    contentType: file.contentType,
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    conditions: {
      "aws:SourceArn": trail.arn,
      "aws:SourceAccount": account,
      "s3:x-amz-acl": "bucket-owner-full-control",
    },
  };
  await objects.put(principal, object, Readable.from([file.content]), AbortSignal.timeout(60_000));
  return key;
}

/** The file of so many calls, as it lies in the bucket. It is made piece by piece and packed on other threads. */
async function packed(records: readonly CallRecord[]): Promise<Buffer> {
  const gzip = createGzip();
  const [content] = await Promise.all([buffer(gzip), pipeline(textOf(records), gzip)]);
  return content;
}

function* textOf(records: readonly CallRecord[]): Generator<string> {
  yield '{"Records":[';
  for (let from = 0; from < records.length; from += SLICE) {
    const events = records.slice(from, from + SLICE).map((record) => JSON.stringify(eventOf(record)));
    yield `${from === 0 ? "" : ","}${events.join(",")}`;
  }
  yield "]}";
}

/** Writes the calls that the trail wants, a file for each region. Keys of the files. @throws ApiError as `writeFile` */
export async function deliver(
  parts: Parts,
  row: TrailRow,
  records: readonly CallRecord[],
  from: number,
): Promise<readonly string[]> {
  const { account, region: home } = placeOf(row);
  const keys: string[] = [];
  const wanted = records.filter((record) => isWanted(row.document, home, record));
  for (const [region, ofRegion] of Map.groupBy(wanted, (record) => record.region)) {
    const last = Math.max(...ofRegion.map(({ at }) => at));
    const stamp = new Date(last).toISOString();
    const minute = stamp.slice(0, 16).replaceAll(/[-:]/g, "");
    const unique = createHash("sha256")
      .update(`${trailArn(row)} ${region} ${from}`)
      .digest("base64url");
    const name = `${account}_CloudTrail_${region}_${minute}Z_${unique.replaceAll(/[-_]/g, "x").slice(0, 16)}.json.gz`;
    const path = `CloudTrail/${region}/${stamp.slice(0, 10).replaceAll("-", "/")}/${name}`;
    const content = await packed(ofRegion);
    const { bucket, prefix, kmsKeyId } = row.document;
    const trail = { arn: trailArn(row), account, bucket, prefix, kmsKeyId };
    keys.push(await writeFile(parts, trail, { path, content, contentType: "application/json" }));
  }
  return keys;
}
