// The metrics that have points, each with a number: a journal of them, all in memory. 100,000 of them take some 60 MB.
// One whose points are all past their retention is forgotten, and now and then the journal is written anew without those.
import type { Journal } from "../../../journal/journal.ts";
import type { Entry } from "../../../journal/line.ts";
import type { KnownMetric, MetricKey, MetricPoint } from "../../series.ts";

/** A metric of the catalogue. */
export interface Known extends KnownMetric {
  readonly id: number;
  lastAt: number;
}

/** As the journal has it. */
type KeptMetric = [
  id: number,
  account: string,
  region: string,
  namespace: string,
  name: string,
  dimensions: MetricKey["dimensions"],
];

type Place = Pick<MetricKey, "account" | "region">;

interface Listed {
  metrics: Known[];
  isSorted: boolean;
}

/** Metrics written anew before others have their turn. */
const SLICE = 1000;

export class Catalogue {
  readonly #journal: Journal;
  readonly #byIdentity = new Map<string, Known>();
  readonly #byId = new Map<number, Known>();
  readonly #byPlace = new Map<string, Listed>();
  /** No number is given twice: points of a metric that was forgotten lie about until their chunk goes. */
  #nextId = 0;
  /** Of a metric in the journal: the one that stays there, since the next number follows from it at the next start. */
  #highestId = -1;
  /** How often the journal was written anew; entries bear it as their time, so that those from before can be dropped. */
  #round = 0;
  /** Metrics are made one after the other, so that each has one number. */
  #making: Promise<unknown> = Promise.resolve();

  private constructor(journal: Journal) {
    this.#journal = journal;
  }

  static async open(journal: Journal): Promise<Catalogue> {
    const catalogue = new Catalogue(journal);
    const latest = new Map<string, KeptMetric>();
    // A metric may be there twice: forgotten and made again, or written anew by a server that ended then.
    for (const { at, value } of await journal.read({ from: 0, limit: Number.POSITIVE_INFINITY })) {
      const kept = value as KeptMetric;
      latest.set(identityOf(keyOf(kept)), kept);
      catalogue.#round = Math.max(catalogue.#round, at);
    }
    for (const kept of latest.values()) catalogue.#add(kept[0], keyOf(kept));
    catalogue.#nextId = catalogue.#highestId + 1;
    return catalogue;
  }

  find(key: MetricKey): Known | undefined {
    return this.#byIdentity.get(identityOf(key));
  }

  /** Notes that a metric has a point of this time. */
  see(id: number, at: number): void {
    const known = this.#byId.get(id);
    if (known && at > known.lastAt) known.lastAt = at;
  }

  /**
   * Numbers of the metrics of points that are about to be put, in their order; those not seen before are made, lastingly.
   * From now on they count as having them, so that none is forgotten meanwhile.
   */
  async numbersFor(points: readonly MetricPoint[]): Promise<readonly number[]> {
    const identities = identitiesOf(points);
    while (identities.some((identity) => !this.#byIdentity.has(identity)))
      await this.#inTurn(() => this.#make(points, identities));
    return identities.map((identity, at) => {
      const { id } = this.#byIdentity.get(identity) as Known;
      this.see(id, (points[at] as MetricPoint).timestamp);
      return id;
    });
  }

  /** Of an account and region, by their `order`. */
  list({ account, region }: Place): readonly Known[] {
    const listed = this.#byPlace.get(`${account}/${region}`);
    if (!listed) return [];
    if (!listed.isSorted) listed.metrics.sort((one, other) => (one.order < other.order ? -1 : 1));
    listed.isSorted = true;
    return listed.metrics;
  }

  /** Forgets metrics whose points are all from before this time. */
  async forget(before: number): Promise<void> {
    const places = new Set<string>();
    for (const [identity, { id, lastAt, account, region }] of this.#byIdentity) {
      if (lastAt >= before || id === this.#highestId) continue;
      this.#byIdentity.delete(identity);
      this.#byId.delete(id);
      places.add(`${account}/${region}`);
    }
    for (const [place, listed] of this.#byPlace) {
      if (!places.has(place)) continue;
      listed.metrics = listed.metrics.filter(({ id }) => this.#byId.has(id));
      if (listed.metrics.length === 0) this.#byPlace.delete(place);
    }
    if (this.#journal.facts().entries > 2 * this.#byIdentity.size) await this.#writeAnew();
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  /** What is dropped in the end is all there once more, synced: a crash in between leaves metrics that are there twice. */
  async #writeAnew(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#journal.endSegment();
      this.#round++;
    });
    const all = [...this.#byIdentity.values()];
    for (let from = 0; from < all.length; from += SLICE) {
      const entries = all.slice(from, from + SLICE).map((known) => entryOf(this.#round, known.id, known));
      await this.#journal.append({ entries, sync: from + SLICE >= all.length });
    }
    await this.#journal.expire(this.#round);
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#making.catch(() => {}).then(work);
    this.#making = turn;
    await turn;
  }

  async #make(keys: readonly MetricKey[], identities: readonly string[]): Promise<void> {
    const unseen = new Map<string, MetricKey>();
    for (const [at, identity] of identities.entries())
      if (!this.#byIdentity.has(identity)) unseen.set(identity, keys[at] as MetricKey);
    const made = [...unseen.values()].map((key) => ({ id: this.#nextId++, key }));
    await this.#journal.append({ entries: made.map(({ id, key }) => entryOf(this.#round, id, key)), sync: true });
    for (const { id, key } of made) this.#add(id, key);
  }

  #add(id: number, { account, region, namespace, name, dimensions }: MetricKey): void {
    const order = orderOf(namespace, name, dimensions);
    const known: Known = { account, region, namespace, name, dimensions, order, id, lastAt: 0 };
    this.#byId.set(id, known);
    this.#highestId = Math.max(this.#highestId, id);
    const place = `${account}/${region}`;
    this.#byIdentity.set(`${place}${order}`, known);
    const listed = this.#byPlace.get(place);
    if (listed) {
      listed.metrics.push(known);
      listed.isSorted = false;
    } else this.#byPlace.set(place, { metrics: [known], isSorted: true });
  }
}

const entryOf = (round: number, id: number, { account, region, namespace, name, dimensions }: MetricKey): Entry => [
  round,
  [id, account, region, namespace, name, dimensions],
];

const keyOf = ([, account, region, namespace, name, dimensions]: KeptMetric): MetricKey => ({
  account,
  region,
  namespace,
  name,
  dimensions,
});

/** The same text for the same dimensions in any order. */
const orderOf = (namespace: string, name: string, dimensions: MetricKey["dimensions"]): string =>
  JSON.stringify([namespace, name, ...Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1))]);

const identityOf = ({ account, region, namespace, name, dimensions }: MetricKey): string =>
  `${account}/${region}${orderOf(namespace, name, dimensions)}`;

/** Points of one metric come side by side, with the same dimensions in memory. */
function identitiesOf(keys: readonly MetricKey[]): readonly string[] {
  let before: MetricKey | undefined;
  let identity = "";
  return keys.map((key) => {
    const isSame =
      before !== undefined &&
      key.dimensions === before.dimensions &&
      key.name === before.name &&
      key.namespace === before.namespace &&
      key.region === before.region &&
      key.account === before.account;
    if (!isSame) identity = identityOf(key);
    before = key;
    return identity;
  });
}
