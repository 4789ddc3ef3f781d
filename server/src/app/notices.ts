// SNS and EventBridge, by which the other services tell of what happened: built here, begun when the server listens.
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type {
  Authorizer,
  EventBus,
  LogGroups,
  OwnedSecrets,
  PolicyChecks,
  RoleSessions,
  Topics,
} from "../core/ports.ts";
import type { Service } from "../core/service.ts";
import { createEvents } from "../services/events/index.ts";
import { createEventBus, openEvents } from "../services/events/port.ts";
import { startUpkeep as startEventUpkeep } from "../services/events/upkeep.ts";
import { type LinkDoor, openLinkDoor } from "../services/sns/door.ts";
import { createSns } from "../services/sns/index.ts";
import { createTopics, endDeliveries, openSns, startDeliveries } from "../services/sns/port.ts";
import { startUpkeep as startTopicUpkeep } from "../services/sns/upkeep.ts";
import type { Rows } from "../store/rows/rows.ts";
import type { Series } from "../store/series/series.ts";
import { issuerFor } from "../wire/tls/certificates.ts";
import type { Settings } from "./settings.ts";

export interface NoticesOptions {
  readonly settings: Settings;
  readonly rows: Rows;
  readonly series: Series;
  readonly policies: PolicyChecks;
  readonly authorizer: Authorizer;
  readonly roles: RoleSessions;
  readonly secrets: OwnedSecrets;
  readonly logGroups: LogGroups;
  readonly keyFile: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly report: (error: unknown) => void;
}

export interface Notices {
  readonly topics: Topics;
  readonly bus: EventBus;
  readonly services: readonly Service[];
  readonly door: LinkDoor;
  /** Takes up what was left. `url`: what this server is reached by. */
  start(url: string): Promise<void>;
  close(): Promise<void>;
}

export async function openNotices(options: NoticesOptions): Promise<Notices> {
  const { settings, rows, series, policies, authorizer, roles, secrets, logGroups, keyFile, clock, log, report } =
    options;
  let url = "";
  const shared = { rows, series, policies, clock, report, reach: settings.deliverTo };
  const { smtp, mailFrom } = settings;
  const sns = await openSns({
    ...shared,
    keyFile,
    address: () => settings.publicUrl || url,
    issue: issuerFor(join(settings.data, "tls"), clock.now),
    mail: smtp && mailFrom ? { url: smtp, from: mailFrom } : undefined,
  });
  const topics = createTopics(sns, authorizer);
  const deadLetterGroup = settings.eventDeadLetters;
  const events = await openEvents({ ...shared, secrets, logGroups, authorizer, roles, topics, deadLetterGroup });
  const upkeep: (() => Promise<void>)[] = [];
  return {
    topics,
    bus: createEventBus(events),
    services: [createSns(sns), createEvents(events)],
    door: openLinkDoor(sns, log),
    async start(address) {
      url = address;
      await startDeliveries(sns);
      await events.start();
      upkeep.push(startTopicUpkeep(sns), startEventUpkeep(events));
    },
    async close() {
      for (const stop of upkeep) await stop();
      await events.close();
      await endDeliveries(sns);
    },
  };
}
