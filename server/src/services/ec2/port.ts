// What EC2 gives to the rest: whether the networks that a request names are there.
import type { Networks } from "../../core/ports.ts";
import { type ConfiguredVpc, networksOf } from "./shared/networks.ts";

export type { ConfiguredVpc } from "./shared/networks.ts";

export const createNetworks = (configured: readonly ConfiguredVpc[]): Networks => ({
  trouble(place, { subnets, securityGroups }) {
    const vpcs = networksOf(configured, place);
    const vpcOfSubnet = (id: string) => vpcs.find((vpc) => vpc.subnets.some((subnet) => subnet.id === id));
    const vpcOfGroup = (id: string) => vpcs.find((vpc) => vpc.groups.some((group) => group.id === id));
    const subnet = subnets.find((id) => vpcOfSubnet(id) === undefined);
    if (subnet !== undefined) return `The subnet ID '${subnet}' does not exist`;
    const group = securityGroups.find((id) => vpcOfGroup(id) === undefined);
    if (group !== undefined) return `The security group '${group}' does not exist`;
    const named = new Set([...subnets.map(vpcOfSubnet), ...securityGroups.map(vpcOfGroup)].map((vpc) => vpc?.id));
    return named.size > 1
      ? `Subnets and security groups have to be of one VPC, got those of ${[...named].join(" and ")}.`
      : undefined;
  },
});

export const networkLister =
  (configured: readonly ConfiguredVpc[]) => (place: { readonly account: string; readonly region: string }) =>
    networksOf(configured, place);
