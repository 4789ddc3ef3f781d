// What EventBridge gives to the rest: the default bus, where services tell of what happened.
import { createOutgoing, type Reach } from "../../core/outgoing.ts";
import { createPace } from "../../core/pace.ts";
import type { Authorizer, EventBus, LogGroups, RoleSessions, ServiceEvent, Topics } from "../../core/ports.ts";
import { createOutbox } from "../../store/outbox.ts";
import { Conflict } from "../../store/rows/rows.ts";
import { sendToBus } from "./delivery/bus.ts";
import { buryIn } from "./delivery/dead-letters.ts";
import { deliver, type Send, type Ways } from "./delivery/deliver.ts";
import { type HttpWays, sendByHttp } from "./delivery/http.ts";
import { sendToLogs } from "./delivery/logs.ts";
import { createOAuthTokens } from "./delivery/oauth.ts";
import { delivered, failed } from "./delivery/outcome.ts";
import { openScheduler } from "./scheduler.ts";
import { removeConnection } from "./shared/connection-secret.ts";
import { CONNECTION, type ConnectionDocument } from "./shared/connections.ts";
import { envelopeOf } from "./shared/envelope.ts";
import type { Delivery, Parts } from "./shared/parts.ts";
import { busOf, DEFAULT_BUS, scopeOf } from "./shared/place.ts";
import { type Entry, routeBy } from "./shared/routing.ts";
import { createRuleBook } from "./shared/rule-book.ts";

export interface EventsOptions extends Pick<Parts, "rows" | "series" | "policies" | "secrets" | "clock" | "report"> {
  readonly authorizer: Authorizer;
  readonly roles: RoleSessions;
  readonly topics: Topics;
  readonly logGroups: LogGroups;
  /** Where events may be sent. */
  readonly reach: Reach;
  /** Log group of events that could not be delivered; empty: they are dropped. */
  readonly deadLetterGroup: string;
}

export interface Events extends Parts {
  /** Takes up what was left: deliveries, schedules, connections that wait for a token. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Deliveries at once, in all and to one target. */
const WIDTH = 32;
const LANE_WIDTH = 8;

/** What the service and its port work on. Work begins with `start`. */
export async function openEvents(options: EventsOptions): Promise<Events> {
  const { rows, series, policies, secrets, clock, report } = options;
  const openedAt = clock.now();
  const outbox = createOutbox<Delivery>({
    rows,
    clock,
    kind: "events:delivery",
    width: WIDTH,
    laneWidth: LANE_WIDTH,
    attempt: (attempt, signal) => deliver(parts, ways, attempt, signal),
    report,
  });
  const parts: Parts = {
    rows,
    series,
    policies,
    clock,
    report,
    outbox,
    rules: createRuleBook(rows),
    secrets,
    rescheduled: (bus, rule) => scheduler.look(bus, rule),
    authorize: (place, connection) => {
      tokens
        .authorize(place, connection, ended.signal)
        .catch((cause: unknown) => ended.signal.aborted || report(cause));
    },
  };
  const scheduler = openScheduler(parts);
  const outgoing = createOutgoing(options.reach);
  const tokens = createOAuthTokens(parts, outgoing);
  const ended = new AbortController();
  const ways: Ways = {
    send: sendBy(parts, { ...options, outgoing, pace: createPace(clock), tokens }),
    bury: buryIn(series, options.deadLetterGroup, clock.now),
  };
  return {
    ...parts,
    async start() {
      await outbox.start();
      await scheduler.start();
      for await (const row of rows.everywhere<ConnectionDocument>(CONNECTION, ["AUTHORIZED", "DEAUTHORIZED"])) {
        const place = busOf(`${row.scope}/`);
        if (row.status === "AUTHORIZING") parts.authorize(place, row.name);
        // What a call of this run makes or deletes is that call's.
        else if (row.modifiedAt < openedAt) await removeConnection(parts, place, row);
      }
    },
    async close() {
      ended.abort();
      await scheduler.close();
      await outbox.close();
    },
  };
}

type Senders = EventsOptions & HttpWays;

/** By the target's ARN. */
function sendBy(parts: Parts, options: Senders): Send {
  const toLogs = sendToLogs({ series: parts.series, logGroups: options.logGroups, now: parts.clock.now });
  const toBus = sendToBus(parts, options.authorizer, options.roles);
  const toDestination = sendByHttp(parts, options);
  return async (sending) => {
    const { target, bus, ruleArn, text } = sending;
    const [, , service = "", , , resource = ""] = target.Arn.split(":");
    if (service === "logs") return await toLogs(sending);
    if (service === "events" && resource.startsWith("event-bus/")) return await toBus(sending);
    if (service === "events") return await toDestination(sending);
    if (service !== "sns") return failed("INVALID_PARAMETER", `Nothing is sent to ${target.Arn}.`);
    await options.topics.publish({
      topicArn: target.Arn,
      message: text,
      servicePrincipal: "events.amazonaws.com",
      sourceArn: ruleArn,
      sourceAccount: bus.account,
    });
    return delivered;
  };
}

/** Ids of events that were taken, so that the same one is not taken twice. */
export const SEEN = "events:seen";

export const createEventBus = (parts: Parts): EventBus => ({
  async put(events) {
    for (const event of events) await putOne(parts, event);
  },
  isHeard: async ({ account, region }) => (await parts.rules.of({ account, region, bus: DEFAULT_BUS })).length > 0,
});

async function putOne(parts: Parts, event: ServiceEvent): Promise<void> {
  const { id, account, region } = event;
  const at = parts.clock.now();
  const bus = { account, region, bus: DEFAULT_BUS };
  const rules = await parts.rules.of(bus);
  const entries = entriesOf(parts, event, () => routeBy(parts, bus, envelopeOf(event), { rules, at }));
  if (entries.length === 0) return;
  if (id === undefined) await parts.rows.commit({ put: entries });
  else if (!(await commitOnce(parts, scopeOf(event), id, entries, at))) return;
  parts.outbox.committed(entries);
}

/** None of an event that cannot be matched or kept: no store is asked here, so that it will never be. */
function entriesOf({ report }: Parts, event: ServiceEvent, route: () => readonly Entry[]): readonly Entry[] {
  try {
    const entries = route();
    if (entries.length > 0) JSON.stringify(event.detail);
    return entries;
  } catch (cause) {
    const what = `"${event.detailType}" of ${event.resources.join(", ")}`;
    report(new Error(`The event ${what} cannot be matched or kept; it is left out.`, { cause }));
    return [];
  }
}

/** Whether it was made: not when an event of this id was taken before. */
async function commitOnce(
  parts: Parts,
  scope: string,
  id: string,
  entries: readonly Entry[],
  at: number,
): Promise<boolean> {
  const key = { kind: SEEN, scope, name: id };
  const seen = { ...key, status: "Seen", createdAt: at, modifiedAt: at, document: null };
  try {
    await parts.rows.commit({ expect: [{ key, version: "absent" }], put: [seen, ...entries] });
    return true;
  } catch (cause) {
    if (!(cause instanceof Conflict)) throw cause;
    return false;
  }
}
