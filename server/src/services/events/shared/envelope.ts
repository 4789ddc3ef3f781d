// An event as rules see it and targets get it (EventBridge user guide, "Events").
import { randomUUID } from "node:crypto";
import type { Place } from "./place.ts";

export interface Envelope {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  /** To the second. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

export interface EventFacts extends Place {
  readonly id?: string | undefined;
  readonly source: string;
  readonly detailType: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

export const envelopeOf = (facts: EventFacts): Envelope => ({
  version: "0",
  id: facts.id ?? randomUUID(),
  "detail-type": facts.detailType,
  source: facts.source,
  account: facts.account,
  time: new Date(facts.at).toISOString().replace(/\.\d+Z$/, "Z"),
  region: facts.region,
  resources: facts.resources,
  detail: facts.detail,
});
