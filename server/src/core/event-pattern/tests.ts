// What a value of an event is asked: equal, prefix, suffix, wildcard, number, address. Compiled once for a pattern.
import { BlockList, isIP } from "node:net";
import { InvalidPattern } from "./tokens.ts";

export type Scalar = string | number | boolean | null;

/** Asked of one value, or whether there is one at all. */
export type Test = ((value: Scalar) => boolean) | "present" | "absent";

export type ValueTest = Exclude<Test, string>;

const ofText =
  (holds: (text: string) => boolean): ValueTest =>
  (value) =>
    typeof value === "string" && holds(value);

export const equals =
  (wanted: Scalar): ValueTest =>
  (value) =>
    value === wanted;

export const not =
  (tests: readonly ValueTest[]): ValueTest =>
  (value) =>
    !tests.some((test) => test(value));

const lower = (text: string) => text.toLowerCase();

export const equalsIgnoringCase = (wanted: string) => ofText((text) => lower(text) === lower(wanted));
export const startsWith = (start: string) => ofText((text) => text.startsWith(start));
export const endsWith = (end: string) => ofText((text) => text.endsWith(end));
export const startsIgnoringCase = (start: string) => ofText((text) => lower(text).startsWith(lower(start)));
export const endsIgnoringCase = (end: string) => ofText((text) => lower(text).endsWith(lower(end)));

/** `*` stands for any text, `\*` and `\\` for themselves. The parts are looked for one after another, so that none is slow. */
export function wildcard(pattern: string): ValueTest {
  const parts: string[] = [""];
  for (const [piece] of pattern.matchAll(/\\[*\\]|[\s\S]/g)) {
    if (piece === "*") parts.push("");
    else parts[parts.length - 1] += piece.length === 2 ? piece.slice(1) : piece;
  }
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return ofText((text) => text === first);
  return ofText((text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    const end = text.length - last.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  });
}

const comparisons = {
  "=": (value: number, limit: number) => value === limit,
  "<": (value: number, limit: number) => value < limit,
  "<=": (value: number, limit: number) => value <= limit,
  ">": (value: number, limit: number) => value > limit,
  ">=": (value: number, limit: number) => value >= limit,
} as const;

export type Comparison = keyof typeof comparisons;

export const isComparison = (text: string): text is Comparison => Object.hasOwn(comparisons, text);

export const number = (terms: readonly (readonly [Comparison, number])[]): ValueTest => {
  return (value) =>
    typeof value === "number" && terms.every(([comparison, limit]) => comparisons[comparison](value, limit));
};

/** Addresses of a range such as `10.0.0.0/8`, IPv4 and IPv6. @throws InvalidPattern */
export function addressIn(range: string): ValueTest {
  const [address = "", bits, more] = range.split("/");
  if (bits === undefined || more !== undefined) throw new InvalidPattern("Malformed CIDR, one '/' required");
  if (!/^\d+$/.test(bits)) throw new InvalidPattern("Malformed CIDR, mask bits must be an integer");
  const version = isIP(address);
  if (version === 0) throw new InvalidPattern(`Nonstandard IP address: ${address}`);
  if (Number(bits) > (version === 4 ? 32 : 128)) {
    throw new InvalidPattern("Malformed CIDR, mask bits must be an integer");
  }
  const family = version === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(withoutZone(address), Number(bits), family);
  return ofText((text) => isIP(text) === version && list.check(withoutZone(text), family));
}

/** `fe80::1%eth0`: the interface is no part of the address. */
const withoutZone = (address: string): string => address.replace(/%.*$/, "");
