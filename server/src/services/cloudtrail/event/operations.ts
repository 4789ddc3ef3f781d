// The event history: who called what, from where, and what came of it, in the last 90 days.
// Source: CloudTrail API reference, LookupEvents.
// Gap: events can be looked up within a second of the call, on AWS within some minutes.
// Gap: one page looks at 50,000 calls at most and may be empty, with a token to go on by.
// Gap: a call that changed something and whose server was killed in that moment has no responseElements.
// Gap: InsightEvents do not exist.
import { createHash } from "node:crypto";
import type {
  Operations as Contract,
  LookupAttribute,
  LookupEventsRequest,
} from "../../../../../contract/cloudtrail/types.ts";
import type { Call } from "../../../core/call.ts";
import type { CallRecord } from "../../../core/call-record.ts";
import { errors } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidAttributes, invalidNextToken, invalidTimeRange } from "../errors.ts";
import { eventId, eventOf, userNameOf } from "../shared/events.ts";
import { kindOf } from "../shared/kinds.ts";
import { resourcesOf } from "../shared/resources.ts";
import { sourceOf } from "../shared/sources.ts";
import type { Parts } from "../shared/trails.ts";

/** CloudTrail API reference, LookupEvents, MaxResults. */
const DEFAULT_PAGE = 50;
/** Calls read from the log at once, and for one answer. */
const BATCH = 1000;
const MOST_LOOKED_AT = 50_000;

export const event = ({ calls }: Parts): Operations<Contract> => ({
  LookupEvents: {
    async run(input, call) {
      const wanted = filterOf(input, call);
      const limit = input.MaxResults ?? DEFAULT_PAGE;
      const found: CallRecord[] = [];
      let place = readToken(input);
      for (let looked = 0; looked < MOST_LOOKED_AT; looked += BATCH) {
        const before = endOf(input);
        const page = await calls.read({ account: call.account, before, after: place, limit: BATCH });
        for (const [index, record] of page.calls.entries()) {
          if (record.at < startOf(input)) return shown(found);
          if (!wanted(record)) continue;
          found.push(record);
          if (found.length < limit) continue;
          const rest = await calls.read({ account: call.account, before, after: place, limit: index + 1 });
          return { ...shown(found), ...(rest.next === undefined ? {} : { NextToken: tokenOf(input, rest.next) }) };
        }
        if (page.next === undefined) return shown(found);
        place = page.next;
      }
      return { ...shown(found), ...(place === undefined ? {} : { NextToken: tokenOf(input, place) }) };
    },
  },
});

const shown = (records: readonly CallRecord[]) => ({
  Events: records.map((record) => ({
    EventId: eventId(record),
    EventName: record.operation,
    ReadOnly: String(sourceOf(record.service).isRead(record.operation)),
    ...(record.accessKeyId === undefined ? {} : { AccessKeyId: record.accessKeyId }),
    EventTime: Math.floor(record.at / 1000),
    EventSource: sourceOf(record.service).name,
    Username: userNameOf(record),
    Resources: resourcesOf(record),
    CloudTrailEvent: JSON.stringify(eventOf(record)),
  })),
});

/** Milliseconds since 1970; times of requests are in seconds. */
const startOf = ({ StartTime }: LookupEventsRequest): number => (StartTime ?? 0) * 1000;
const endOf = ({ EndTime }: LookupEventsRequest): number | undefined =>
  EndTime === undefined ? undefined : EndTime * 1000;

type Wanted = (record: CallRecord) => boolean;

/** @throws ApiError InvalidTimeRange, InvalidLookupAttributes, NotYetAvailable */
function filterOf(input: LookupEventsRequest, call: Call): Wanted {
  const { StartTime, EndTime, LookupAttributes = [], EventCategory } = input;
  if (EventCategory !== undefined) throw errors.notYetAvailable("Insight events are not yet available in Sagebrush.");
  if (StartTime !== undefined && EndTime !== undefined && StartTime > EndTime) {
    throw invalidTimeRange("StartTime must not be after EndTime.");
  }
  if (LookupAttributes.length > 1) {
    throw invalidAttributes(`LookupAttributes: expected one attribute, got ${LookupAttributes.length}.`);
  }
  const [attribute] = LookupAttributes;
  const hasAttribute = attribute === undefined ? () => true : attributeFilter(attribute);
  return (record) => record.region === call.region && kindOf(record) === "management" && hasAttribute(record);
}

function attributeFilter({ AttributeKey, AttributeValue: value }: LookupAttribute): Wanted {
  switch (AttributeKey) {
    case "EventId":
      return (record) => eventId(record) === value;
    case "EventName":
      return ({ operation }) => operation === value;
    case "ReadOnly":
      return ({ service, operation }) => String(sourceOf(service).isRead(operation)) === value;
    case "Username":
      return (record) => userNameOf(record) === value;
    case "EventSource":
      return ({ service }) => sourceOf(service).name === value;
    case "AccessKeyId":
      return ({ accessKeyId }) => accessKeyId === value;
    case "ResourceType":
      return (record) => resourcesOf(record).some(({ ResourceType }) => ResourceType === value);
    case "ResourceName":
      return (record) => resourcesOf(record).some(({ ResourceName }) => ResourceName === value);
  }
}

/** A token belongs to its question. */
const question = ({ NextToken: _, MaxResults: __, ...input }: LookupEventsRequest): string =>
  createHash("sha256").update(JSON.stringify(input)).digest("base64url").slice(0, 12);

const tokenOf = (input: LookupEventsRequest, place: number): string =>
  Buffer.from(`${question(input)} ${place}`).toString("base64url");

/** @throws ApiError InvalidNextToken */
function readToken(input: LookupEventsRequest): number | undefined {
  if (input.NextToken === undefined) return undefined;
  const [asked, place] = Buffer.from(input.NextToken, "base64url").toString().split(" ");
  if (asked === question(input) && /^\d+$/.test(place ?? "")) return Number(place);
  throw invalidNextToken("Invalid NextToken: it has to be given with the request that it came from.");
}
