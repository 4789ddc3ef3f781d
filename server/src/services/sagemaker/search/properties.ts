// Properties of a resource by the dotted names that filters and sorts use: `ResourceConfig.InstanceType`, `Tags.team`,
// `HyperParameters.eta`, `Metrics.validation:auc`, `Parameters.depth`, `Parents.TrialName`. Case does not matter.
import { loadService } from "../../../../../contract/model.ts";
import type { Searchable } from "../shared/searchable.ts";

/** One value of a property, as far as it can be compared. */
export type Value = string | number | boolean;

/** The first part of a name in lower case, which is a member of the resource. */
export const rootOf = (name: string): string => (name.split(".", 1)[0] ?? "").toLowerCase();

// biome-ignore lint/suspicious/noExplicitAny: resources of every document type have the same kind of names
type AnySearchable = Pick<Searchable<any>, "member">;

/** Members that a resource's records can have, and Metrics, which is another view of them. */
export function propertyNames({ member }: AnySearchable): readonly string[] {
  const shape = loadService("sagemaker").shapes[member];
  const members = shape && "members" in shape ? Object.keys(shape.members ?? {}) : [];
  return members.includes("FinalMetricDataList") ? [...members, "Metrics"] : members;
}

/** Deeper nothing is: an end for shapes that hold themselves. */
const MOST_LEVELS = 8;

/**
 * Names within members, `InputDataConfig.DataSource.S3DataSource.S3Uri`, through lists as filters go; not within
 * `leftOut`, nor within maps, whose keys people choose, nor what nothing of September 2020 has.
 */
export function nestedNames({ member }: AnySearchable, leftOut: readonly string[]): readonly string[] {
  const { shapes } = loadService("sagemaker");
  const leaves = (shapeName: string, path: string, levels: number): readonly string[] => {
    const shape = shapes[shapeName];
    if (!shape || levels > MOST_LEVELS || shape.type === "map") return [];
    if (shape.type === "list") return leaves(shape.member.shape, path, levels + 1);
    if (shape.type !== "structure") return [path];
    const members = Object.entries(shape.members).filter(([, { newer }]) => !newer);
    return members.flatMap(([name, inner]) => leaves(inner.shape, `${path}.${name}`, levels + 1));
  };
  const top = shapes[member];
  if (top?.type !== "structure") return [];
  return Object.entries(top.members)
    .filter(([name]) => !leftOut.includes(name))
    .flatMap(([name, { shape }]) => leaves(shape, name, 1))
    .filter((path) => path.includes("."));
}

type Bag = Readonly<Record<string, unknown>>;

const isBag = (value: unknown): value is Bag => typeof value === "object" && value !== null && !Array.isArray(value);

/** A record as names walk it: tags and metrics by their names instead of in lists. */
export function searchView(record: object): Bag {
  const bag = record as Bag;
  const metrics = bag["Metrics"] ?? bag["FinalMetricDataList"];
  return {
    ...bag,
    ...(Array.isArray(bag["Tags"]) ? { Tags: byName(bag["Tags"], "Key", (tag) => tag["Value"]) } : {}),
    ...(Array.isArray(metrics) ? { Metrics: byName(metrics, "MetricName", (metric) => metric) } : {}),
  };
}

const byName = (list: readonly unknown[], key: string, value: (item: Bag) => unknown): Bag =>
  Object.fromEntries(list.filter(isBag).map((item) => [String(item[key]), value(item)]));

/** Everything that the name means, lists walked through: several values for `InputDataConfig.ChannelName`. */
export function findAll(from: unknown, name: string): readonly unknown[] {
  if (Array.isArray(from)) return from.flatMap((item) => findAll(item, name));
  if (!isBag(from)) return [];
  const sought = name.toLowerCase();
  return Object.entries(from).flatMap(([key, value]) => {
    const known = key.toLowerCase();
    if (value === undefined || (isBag(value) && Object.keys(value).length === 0)) return [];
    if (known === sought) return Array.isArray(value) ? value : [value];
    return sought.startsWith(`${known}.`) ? findAll(value, name.slice(known.length + 1)) : [];
  });
}

/** Members that stand for the thing they are in: a parameter's number, an artifact's place, a metric's last value. */
const essences = ["NumberValue", "StringValue", "Last", "Value"];

/** The values of a property that can be compared with. */
export function valuesOf(from: unknown, name: string): readonly Value[] {
  return findAll(from, name).flatMap((found) => {
    if (isValue(found)) return [found];
    const essence = isBag(found) ? essences.map((member) => found[member]).find(isValue) : undefined;
    return essence === undefined ? [] : [essence];
  });
}

/** Every text in what the name means, keys of maps too: what Contains looks into for a whole map such as Tags. */
export function textsIn(from: unknown): readonly string[] {
  if (Array.isArray(from)) return from.flatMap(textsIn);
  if (isBag(from)) return Object.entries(from).flatMap(([key, value]) => [key, ...textsIn(value)]);
  return typeof from === "string" ? [from] : [];
}

const isValue = (value: unknown): value is Value => ["string", "number", "boolean"].includes(typeof value);

const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Whether the property is a text that may stand for a number: the API has hyperparameters as texts, and no others. */
export const isHyperParameter = (name: string): boolean => /(^|\.)hyperparameters\./i.test(name);

/** Whether the property is a moment. */
export const isTime = (name: string): boolean => /time$/i.test(name);

/** A moment in text as seconds since 1970: `2020-09-14T10:00:00`, in UTC unless it says otherwise; or such a number. */
export function timeOf(text: string): number | undefined {
  if (!TIME.test(text)) return numberOf(text);
  const isZoned = /(Z|[+-]\d\d:\d\d)$/.test(text.slice(10));
  const milliseconds = Date.parse(isZoned || text.length === 10 ? text : `${text}Z`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}

/** The number that a value is or says. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === "boolean") return undefined;
  const found = typeof value === "number" ? value : value.trim() === "" ? Number.NaN : Number(value);
  return Number.isFinite(found) ? found : undefined;
}
