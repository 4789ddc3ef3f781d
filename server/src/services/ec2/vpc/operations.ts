// VPCs: networks that jobs, models and domains name.
// Gap: networks are names: there is a default VPC, and those of the setting vpcs. Calls that make or change networks, and
// everything else of EC2, are not there. What VpcConfig does to containers is told by the nouns that take it.
import type { Operations as Contract } from "../../../../../contract/ec2/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import { noSuchVpc } from "../errors.ts";
import type { Parts, Vpc } from "../shared/networks.ts";
import { type Choice, select } from "../shared/select.ts";
import { tagList } from "../shared/tags.ts";

export const vpc = ({ networks }: Parts): Operations<Contract> => ({
  DescribeVpcs: {
    run({ VpcIds, Filters, MaxResults, NextToken, DryRun }, call) {
      const question = { ids: VpcIds, filters: Filters, limit: MaxResults, token: NextToken, dryRun: DryRun };
      const { items, ...more } = select(networks(call), question, choice(call));
      return { Vpcs: items.map((one) => shown(one, call)), ...more };
    },
  },
  DescribeVpcAttribute: {
    run({ VpcId, Attribute, DryRun }, call) {
      select(networks(call), { ids: [VpcId], dryRun: DryRun }, choice(call));
      const name = `${Attribute.charAt(0).toUpperCase()}${Attribute.slice(1)}`;
      return { VpcId, [name]: { Value: Attribute !== "enableNetworkAddressUsageMetrics" } };
    },
  },
});

const choice = ({ account }: Call): Choice<Vpc> => ({
  idOf: ({ id }) => id,
  missing: (id) => noSuchVpc(`The vpc ID '${id}' does not exist`),
  fields: ({ id, cidr, isDefault }) => ({
    cidr,
    "cidr-block-association.cidr-block": cidr,
    "is-default": String(isDefault),
    isDefault: String(isDefault),
    "owner-id": account,
    state: "available",
    "vpc-id": id,
  }),
  tags: ({ tags }) => tags,
});

const shown = ({ id, cidr, isDefault, tags }: Vpc, { account }: Call) => ({
  OwnerId: account,
  InstanceTenancy: "default" as const,
  CidrBlockAssociationSet: [
    {
      AssociationId: id.replace(/^vpc-/, "vpc-cidr-assoc-"),
      CidrBlock: cidr,
      CidrBlockState: { State: "associated" as const },
    },
  ],
  IsDefault: isDefault,
  Tags: tagList(tags),
  VpcId: id,
  State: "available" as const,
  CidrBlock: cidr,
  DhcpOptionsId: "default",
});
