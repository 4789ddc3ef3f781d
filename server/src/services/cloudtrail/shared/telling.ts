// What a trail does besides writing files: it tells a topic of each file and writes events to a log group under a role.
// Sources: CloudTrail user guide, "Configuring Amazon SNS notifications for CloudTrail", "Sending events to CloudWatch
// Logs" and "CloudWatch log group and log stream naming for CloudTrail".
import type { CallRecord } from "../../../core/call-record.ts";
import type { LogWriter } from "../../../core/ports.ts";
import { eventOf } from "./events.ts";
import { isWanted } from "./selection.ts";
import { type Parts, placeOf, SERVICE, type TrailRow, trailArn } from "./trails.ts";

const SESSION_SECONDS = 900;
/** CloudTrail user guide, "Sending events to CloudWatch Logs": larger events are in files only. */
const LARGEST_LINE_BYTES = 262_144;
/** Lines made and written before others have their turn. */
const SLICE = 200;

const sourceOf = (topicArn: string, row: TrailRow) => ({
  topicArn,
  servicePrincipal: SERVICE,
  sourceArn: trailArn(row),
  sourceAccount: row.scope,
});

/** @throws ApiError of SNS */
export const checkTopic = ({ topics }: Parts, topicArn: string, row: TrailRow): Promise<void> =>
  topics.check(sourceOf(topicArn, row));

/** One message for each file. @throws ApiError of SNS */
export async function tellOfFiles({ topics }: Parts, row: TrailRow, keys: readonly string[]): Promise<void> {
  const { topicArn, bucket } = row.document;
  if (topicArn === undefined) return;
  for (const key of keys) {
    const message = JSON.stringify({ s3Bucket: bucket, s3ObjectKey: [key] });
    await topics.publish({ ...sourceOf(topicArn, row), message });
  }
}

type Logs = NonNullable<TrailRow["document"]["logs"]>;

const GROUP = /^arn:aws:logs:([^:]+):(\d{12}):log-group:([^:]+)(?::\*)?$/;

/** Undefined when the text is no ARN of a log group. */
export function groupIn(arn: string): Pick<LogWriter, "region" | "account" | "group"> | undefined {
  const [, region, account, group] = GROUP.exec(arn) ?? [];
  return region && account && group ? { region, account, group } : undefined;
}

/** @throws ApiError Validation when the role does not let CloudTrail assume it */
async function writerFor({ roles }: Parts, { groupArn, roleArn }: Logs, row: TrailRow, region: string) {
  const group = groupIn(groupArn);
  if (group === undefined) throw new Error(`${groupArn} is no log group.`);
  const request = { roleArn, sessionName: placeOf(row).trail.slice(0, 64), servicePrincipal: SERVICE };
  const { principal } = await roles.assume({ ...request, durationSeconds: SESSION_SECONDS });
  return { ...group, principal, stream: `${row.scope}_CloudTrail_${region}` };
}

/** @throws ApiError of Logs when the role may not write there */
export async function checkLogs(parts: Parts, logs: Logs, row: TrailRow): Promise<void> {
  await parts.logGroups.check(await writerFor(parts, logs, row, placeOf(row).region));
}

/** Writes the calls that the trail wants, a stream for each region. @throws ApiError of IAM and Logs */
export async function writeLines(parts: Parts, row: TrailRow, records: readonly CallRecord[]): Promise<void> {
  const { logs } = row.document;
  if (logs === undefined) return;
  const wanted = records.filter((record) => isWanted(row.document, placeOf(row).region, record));
  for (const [region, ofRegion] of Map.groupBy(wanted, (record) => record.region)) {
    const writer = await writerFor(parts, logs, row, region);
    for (let from = 0; from < ofRegion.length; from += SLICE) {
      const lines = linesOf(ofRegion.slice(from, from + SLICE));
      if (lines.length > 0) await parts.logGroups.write({ ...writer, lines });
    }
  }
}

const linesOf = (records: readonly CallRecord[]) =>
  records
    .map((record) => ({ timestamp: record.at, message: JSON.stringify(eventOf(record)) }))
    .filter(({ message }) => Buffer.byteLength(message) <= LARGEST_LINE_BYTES);
