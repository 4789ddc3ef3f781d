// Networks as the setting `vpcs` gives them, by id: {"vpc-0a": {"cidr": …, "subnets": {…}, "securityGroups": {…}}}.
import { isIPv4 } from "node:net";
import type { ConfiguredVpc } from "../services/ec2/port.ts";

const EXPECTED =
  'expected VPCs by id, such as {"vpc-0a1b": {"cidr": "10.0.0.0/16", "subnets": {"subnet-0a1b": "10.0.1.0/24"}, ' +
  '"securityGroups": {"sg-0a1b": "training"}}}';

const MEMBERS = new Set(["cidr", "name", "region", "securityGroups", "subnets"]);

/** @throws Error saying what was expected and what came */
export function parseVpcs(text: string): readonly ConfiguredVpc[] {
  return Object.entries(tableOf(jsonOf(text), "the whole")).map(([id, value]) => {
    if (!/^vpc-[0-9a-zA-Z]+$/.test(id)) throw new Error(`${EXPECTED}; ${JSON.stringify(id)} is no id of a VPC`);
    const vpc = tableOf(value, id);
    const unknown = Object.keys(vpc).find((name) => !MEMBERS.has(name));
    if (unknown !== undefined) throw new Error(`${EXPECTED}; ${id} has an unknown member ${unknown}`);
    return {
      id,
      region: optionalText(vpc["region"], `${id}.region`),
      name: optionalText(vpc["name"], `${id}.name`),
      cidr: cidrOf(vpc["cidr"], `${id}.cidr`),
      subnets: Object.entries(tableOf(vpc["subnets"] ?? {}, `${id}.subnets`)).map(([name, one]) => subnetOf(name, one)),
      securityGroups: Object.entries(tableOf(vpc["securityGroups"] ?? {}, `${id}.securityGroups`)).map(
        ([group, name]) => ({
          id: idOf(group, "sg"),
          name: optionalText(name, group) ?? group,
        }),
      ),
    };
  });
}

/** A CIDR alone, or with the zone it is in. */
function subnetOf(id: string, value: unknown): ConfiguredVpc["subnets"][number] {
  if (typeof value === "string") return { id: idOf(id, "subnet"), cidr: cidrOf(value, id) };
  const { cidr, zone } = tableOf(value, id);
  return { id: idOf(id, "subnet"), cidr: cidrOf(cidr, `${id}.cidr`), zone: optionalText(zone, `${id}.zone`) };
}

function jsonOf(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    throw new Error(`${EXPECTED}; got what is not JSON`);
  }
}

function tableOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(`${EXPECTED}; ${where} is no table`);
}

function idOf(id: string, kind: "sg" | "subnet"): string {
  if (new RegExp(`^${kind}-[0-9a-zA-Z]+$`).test(id)) return id;
  throw new Error(`${EXPECTED}; expected an id that begins with ${kind}-, got ${JSON.stringify(id)}`);
}

function cidrOf(value: unknown, where: string): string {
  const [address = "", bits = ""] = typeof value === "string" ? value.split("/") : [];
  const isCidr = isIPv4(address) && /^(1[6-9]|2[0-8])$/.test(bits);
  if (isCidr) return `${address}/${bits}`;
  throw new Error(`${EXPECTED}; ${where}: expected a block of /16 to /28, got ${JSON.stringify(value)}`);
}

function optionalText(value: unknown, where: string): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new Error(`${EXPECTED}; ${where} is no text`);
}
