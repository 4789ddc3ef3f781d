// Subnets: parts of VPCs, each in a zone.
import type { Operations as Contract } from "../../../../../contract/ec2/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import { noSuchSubnet } from "../errors.ts";
import type { Parts, Subnet } from "../shared/networks.ts";
import { type Choice, select } from "../shared/select.ts";
import { zoneId } from "../shared/zones.ts";

/** Amazon VPC user guide, "Subnet CIDR blocks": of each block these many addresses are AWS's. */
const RESERVED_ADDRESSES = 5;

export const subnet = ({ networks }: Parts): Operations<Contract> => ({
  DescribeSubnets: {
    run({ SubnetIds, Filters, MaxResults, NextToken, DryRun }, call) {
      const all = networks(call).flatMap(({ subnets }) => subnets);
      const question = { ids: SubnetIds, filters: Filters, limit: MaxResults, token: NextToken, dryRun: DryRun };
      const { items, ...more } = select(all, question, choice(call));
      return { Subnets: items.map((one) => shown(one, call)), ...more };
    },
  },
});

const arnOf = (id: string, { account, region }: Call) => `arn:aws:ec2:${region}:${account}:subnet/${id}`;

const choice = (call: Call): Choice<Subnet> => ({
  idOf: ({ id }) => id,
  missing: (id) => noSuchSubnet(`The subnet ID '${id}' does not exist`),
  fields: ({ id, vpcId, cidr, zone, isDefault }) => ({
    "availability-zone": zone,
    availabilityZone: zone,
    cidr,
    "cidr-block": cidr,
    cidrBlock: cidr,
    "default-for-az": String(isDefault),
    defaultForAz: String(isDefault),
    "owner-id": call.account,
    state: "available",
    "subnet-arn": arnOf(id, call),
    "subnet-id": id,
    "vpc-id": vpcId,
  }),
});

const shown = ({ id, vpcId, cidr, zone, isDefault }: Subnet, call: Call) => ({
  AvailabilityZoneId: zoneId(zone),
  OwnerId: call.account,
  AssignIpv6AddressOnCreation: false,
  Ipv6CidrBlockAssociationSet: [],
  Tags: [],
  SubnetArn: arnOf(id, call),
  SubnetId: id,
  State: "available" as const,
  VpcId: vpcId,
  CidrBlock: cidr,
  AvailableIpAddressCount: 2 ** (32 - Number(cidr.split("/")[1])) - RESERVED_ADDRESSES,
  AvailabilityZone: zone,
  DefaultForAz: isDefault,
  MapPublicIpOnLaunch: isDefault,
});
