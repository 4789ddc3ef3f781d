// Events on their way: kept as rows until the topic or the bus has taken them (store/outbox.ts).
import type { Clock } from "../../../core/clock.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Log } from "../../../core/log.ts";
import type { EventBus, Topics } from "../../../core/ports.ts";
import { type Attempt, createOutbox, type Outbox, type Outcome } from "../../../store/outbox.ts";
import type { Rows } from "../../../store/rows/rows.ts";
import { bucketArn } from "../shared/names.ts";
import type { Notice } from "../shared/notice.ts";
import { busEvent, recordsText } from "./messages.ts";

export interface NoticeParts {
  readonly rows: Rows;
  readonly clock: Clock;
  readonly log: Log;
  readonly topics: Topics;
  readonly bus: EventBus;
  readonly report: (error: unknown) => void;
}

/** Tries at once, in all and to one topic or bus. */
const WIDTH = 32;
const LANE_WIDTH = 8;

export const SUBJECT = "Amazon S3 Notification";
export const PRINCIPAL = "s3.amazonaws.com";

export const openNoticeBox = (parts: NoticeParts): Outbox<Notice> =>
  createOutbox<Notice>({
    rows: parts.rows,
    clock: parts.clock,
    kind: "s3:notice",
    width: WIDTH,
    laneWidth: LANE_WIDTH,
    attempt: (attempt) => deliver(parts, attempt),
    report: parts.report,
  });

async function deliver({ topics, bus, log }: NoticeParts, { item, name }: Attempt<Notice>): Promise<Outcome> {
  const { to, bucket, owner, event, key } = item;
  if (to === "bus") {
    await bus.put([busEvent(item, name)]);
    return "over";
  }
  const { topicArn, configurationId } = to;
  try {
    await topics.publish({
      topicArn,
      message: recordsText(item, configurationId),
      subject: SUBJECT,
      servicePrincipal: PRINCIPAL,
      sourceArn: bucketArn(bucket),
      sourceAccount: owner,
    });
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    // A topic that is gone, or that was closed to S3 since: nobody is there to be told.
    log.warn("An event of a bucket was refused by its topic.", { bucket, key, event, topicArn, reason: cause.message });
  }
  return "over";
}
