// The metrics that have been seen, each with a number: a journal of them, all in memory. 100,000 of them take some 60 MB.
import type { Journal } from "../../../journal/journal.ts";
import type { Entry } from "../../../journal/line.ts";
import type { KnownMetric, MetricKey } from "../../series.ts";

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
  readonly metrics: Known[];
  isSorted: boolean;
}

export class Catalogue {
  readonly #journal: Journal;
  readonly #byIdentity = new Map<string, Known>();
  readonly #byId: (Known | undefined)[] = [];
  readonly #byPlace = new Map<string, Listed>();
  /** Metrics are made one after the other, so that each has one number. */
  #making: Promise<unknown> = Promise.resolve();

  private constructor(journal: Journal) {
    this.#journal = journal;
  }

  static async open(journal: Journal): Promise<Catalogue> {
    const catalogue = new Catalogue(journal);
    for (const { value } of await journal.read({ from: 0, limit: Number.POSITIVE_INFINITY })) {
      const [id, account, region, namespace, name, dimensions] = value as KeptMetric;
      catalogue.#add(id, { account, region, namespace, name, dimensions });
    }
    return catalogue;
  }

  find(key: MetricKey): Known | undefined {
    return this.#byIdentity.get(identityOf(key));
  }

  /** Notes that a metric has a point of this time. */
  see(id: number, at: number): void {
    const known = this.#byId[id];
    if (known && at > known.lastAt) known.lastAt = at;
  }

  /** The metrics of these keys, in their order; those not seen before are made, lastingly. */
  async known(keys: readonly MetricKey[]): Promise<readonly Known[]> {
    const identities = identitiesOf(keys);
    if (identities.some((identity) => !this.#byIdentity.has(identity))) {
      const making = this.#making.catch(() => {}).then(() => this.#make(keys, identities));
      this.#making = making;
      await making;
    }
    return identities.map((identity) => this.#byIdentity.get(identity) as Known);
  }

  /** Of an account and region, by their `order`. */
  list({ account, region }: Place): readonly Known[] {
    const listed = this.#byPlace.get(`${account}/${region}`);
    if (!listed) return [];
    if (!listed.isSorted) listed.metrics.sort((one, other) => (one.order < other.order ? -1 : 1));
    listed.isSorted = true;
    return listed.metrics;
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  async #make(keys: readonly MetricKey[], identities: readonly string[]): Promise<void> {
    const unseen = new Map<string, MetricKey>();
    for (const [at, identity] of identities.entries())
      if (!this.#byIdentity.has(identity)) unseen.set(identity, keys[at] as MetricKey);
    const first = this.#byId.length;
    const entries = [...unseen.values()].map(
      ({ account, region, namespace, name, dimensions }, at): Entry => [
        0,
        [first + at, account, region, namespace, name, dimensions],
      ],
    );
    await this.#journal.append({ entries, sync: true });
    for (const [at, key] of [...unseen.values()].entries()) this.#add(first + at, key);
  }

  #add(id: number, { account, region, namespace, name, dimensions }: MetricKey): void {
    const order = orderOf(namespace, name, dimensions);
    const known: Known = { account, region, namespace, name, dimensions, order, id, lastAt: 0 };
    this.#byId[id] = known;
    const place = `${account}/${region}`;
    this.#byIdentity.set(`${place}${order}`, known);
    const listed = this.#byPlace.get(place);
    if (listed) {
      listed.metrics.push(known);
      listed.isSorted = false;
    } else this.#byPlace.set(place, { metrics: [known], isSorted: true });
  }
}

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
