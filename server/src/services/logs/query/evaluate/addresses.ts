// Functions over IP addresses.
import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";
import type { InsightsFunction } from "./function.ts";
import { toText } from "./value.ts";

const is = (test: (text: string) => boolean): InsightsFunction => ({
  least: 1,
  most: 1,
  make:
    () =>
    ([value]) =>
      test(toText(value) ?? ""),
});

/** Subnets of one call are nearly always one text; those seen last are kept. */
const MOST_KEPT = 100;

function inSubnet(families: readonly number[]): InsightsFunction {
  return {
    least: 2,
    most: 2,
    make() {
      const kept = new Map<string, BlockList | undefined>();
      return ([value, subnet]) => {
        const address = toText(value) ?? "";
        const text = toText(subnet) ?? "";
        const family = isIP(address);
        if (!families.includes(family)) return false;
        if (!kept.has(text)) {
          if (kept.size >= MOST_KEPT) kept.clear();
          kept.set(text, readSubnet(text, families));
        }
        return kept.get(text)?.check(address, family === 4 ? "ipv4" : "ipv6") === true;
      };
    },
  };
}

function readSubnet(text: string, families: readonly number[]): BlockList | undefined {
  const [network = "", bits = ""] = text.split("/");
  const family = isIP(network);
  if (!families.includes(family) || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    return undefined;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family === 4 ? "ipv4" : "ipv6");
  return list;
}

export const addressFunctions: Readonly<Record<string, InsightsFunction>> = {
  isvalidip: is((text) => isIP(text) !== 0),
  isvalidipv4: is(isIPv4),
  isvalidipv6: is(isIPv6),
  isipinsubnet: inSubnet([4, 6]),
  isipv4insubnet: inSubnet([4]),
  isipv6insubnet: inSubnet([6]),
};
