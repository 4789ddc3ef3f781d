// Events, put on buses. What is acknowledged is kept for the targets of the rules that want it, and delivered behind the
// answer.
// Gap: numbers in an event's Detail are doubles: whole ones beyond 2^53 lose digits.
// Gap: EndpointId (global endpoints) is refused; TraceHeader has no effect.
import type { Operations as Contract, PutEventsRequestEntry } from "../../../../../contract/events/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import { notYet, validation } from "../errors.ts";
import { onBus } from "../shared/access.ts";
import { readBus } from "../shared/arns.ts";
import { findBus } from "../shared/buses.ts";
import { envelopeOf } from "../shared/envelope.ts";
import type { Parts } from "../shared/parts.ts";
import { readPattern } from "../shared/patterns.ts";
import { busScope } from "../shared/place.ts";
import { type Entry, route } from "../shared/routing.ts";

/** EventBridge user guide, "Calculating PutEvents event entry size". */
const LARGEST_BYTES = 262_144;
const TIME_BYTES = 14;
/** 256 KB whose every byte is escaped in JSON. */
const BODY_LIMIT_BYTES = 4 * 1_048_576;

export const event = (parts: Parts): Operations<Contract> => ({
  PutEvents: {
    bodyLimitBytes: BODY_LIMIT_BYTES,
    permissions: (input, call) => onBuses(parts, call, input.Entries),
    async run({ Entries, EndpointId }, call) {
      if (EndpointId !== undefined) throw notYet("EndpointId");
      const bytes = Entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
      if (bytes > LARGEST_BYTES) throw validation("Total size of the entries in the request is over the limit.");
      const results = Entries.map((entry) => judge(entry, call));
      const deliveries: Entry[] = [];
      for (const [index, result] of results.entries()) {
        if (!("envelope" in result)) continue;
        const bus = readBus(call, Entries[index]?.EventBusName);
        // To a bus that is not there nothing is said, as on AWS.
        if (await findBus(parts, bus)) deliveries.push(...(await route(parts, bus, result.envelope, { at: call.at })));
      }
      if (deliveries.length > 0) await parts.rows.commit({ put: deliveries });
      parts.outbox.committed(deliveries);
      const failed = results.filter((result) => "ErrorCode" in result).length;
      return {
        FailedEntryCount: failed,
        Entries: results.map((result) => ("envelope" in result ? { EventId: result.envelope.id } : result)),
      };
    },
  },
  TestEventPattern: {
    run({ EventPattern, Event }) {
      const parsed = parseEvent(Event);
      return { Result: readPattern(EventPattern).matches(parsed) };
    },
  },
});

/** One permission for each bus, with the sources and types that are put on it. */
async function onBuses(
  parts: Parts,
  call: Call,
  entries: readonly PutEventsRequestEntry[],
): Promise<readonly Permission[]> {
  const byBus = Map.groupBy(entries, ({ EventBusName }) => busScope(readBus(call, EventBusName)));
  return await Promise.all(
    [...byBus.values()].map((some) =>
      onBus(parts, call, readBus(call, some[0]?.EventBusName), {
        "events:source": [...new Set(some.map(({ Source = "" }) => Source))],
        "events:detail-type": [...new Set(some.map(({ DetailType = "" }) => DetailType))],
      }),
    ),
  );
}

function bytesOf({ Time, Source = "", DetailType = "", Detail = "", Resources = [] }: PutEventsRequestEntry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return (Time === undefined ? 0 : TIME_BYTES) + texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

type Judged =
  | { readonly envelope: ReturnType<typeof envelopeOf> }
  | { readonly ErrorCode: string; readonly ErrorMessage: string };

/** Each entry is taken or refused by itself. */
function judge(entry: PutEventsRequestEntry, call: Call): Judged {
  const missing = (["Source", "DetailType", "Detail"] as const).find((name) => !entry[name]);
  if (missing !== undefined) {
    const ErrorMessage = `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`;
    return { ErrorCode: "InvalidArgument", ErrorMessage };
  }
  const { Source: source = "", DetailType: detailType = "", Detail = "", Resources: resources = [], Time } = entry;
  if (source.startsWith("aws.")) {
    return { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." };
  }
  let detail: unknown;
  try {
    detail = JSON.parse(Detail);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
  }
  const at = Time === undefined ? call.at : Math.round(Time * 1000);
  const { account, region } = call;
  return { envelope: envelopeOf({ account, region, source, detailType, at, resources, detail }) };
}

/** @throws ApiError ValidationException */
function parseEvent(text: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw validation("Parameter Event is not valid.");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw validation("Parameter Event is not valid.");
  }
  return parsed;
}
