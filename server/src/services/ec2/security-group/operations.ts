// Security groups of VPCs.
// Gap: security groups have AWS's first rules (everything out, among members in) and cannot be changed; nothing is filtered.
import type { Operations as Contract } from "../../../../../contract/ec2/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import { noSuchGroup } from "../errors.ts";
import type { Parts, SecurityGroup } from "../shared/networks.ts";
import { type Choice, select } from "../shared/select.ts";

export const securityGroup = ({ networks }: Parts): Operations<Contract> => ({
  DescribeSecurityGroups: {
    run({ GroupIds, GroupNames = [], Filters = [], MaxResults, NextToken, DryRun }, call) {
      const all = networks(call).flatMap(({ groups }) => groups);
      const unknown = GroupNames.find((name) => !all.some((group) => group.name === name));
      if (unknown !== undefined) throw noSuchGroup(`The security group '${unknown}' does not exist`);
      const filters = GroupNames.length === 0 ? Filters : [...Filters, { Name: "group-name", Values: GroupNames }];
      const question = { ids: GroupIds, filters, limit: MaxResults, token: NextToken, dryRun: DryRun };
      const { items, ...more } = select(all, question, choice(call));
      return { SecurityGroups: items.map((one) => shown(one, call)), ...more };
    },
  },
});

const choice = ({ account }: Call): Choice<SecurityGroup> => ({
  idOf: ({ id }) => id,
  missing: (id) => noSuchGroup(`The security group '${id}' does not exist`),
  fields: ({ id, vpcId, name, description }) => ({
    description,
    "group-id": id,
    "group-name": name,
    "owner-id": account,
    "vpc-id": vpcId,
  }),
});

const shown = ({ id, vpcId, name, description }: SecurityGroup, { account, region }: Call) => ({
  GroupId: id,
  IpPermissionsEgress: [
    { IpProtocol: "-1", UserIdGroupPairs: [], IpRanges: [{ CidrIp: "0.0.0.0/0" }], Ipv6Ranges: [], PrefixListIds: [] },
  ],
  Tags: [],
  VpcId: vpcId,
  SecurityGroupArn: `arn:aws:ec2:${region}:${account}:security-group/${id}`,
  OwnerId: account,
  GroupName: name,
  Description: description,
  IpPermissions: [
    {
      IpProtocol: "-1",
      UserIdGroupPairs: [{ UserId: account, GroupId: id }],
      IpRanges: [],
      Ipv6Ranges: [],
      PrefixListIds: [],
    },
  ],
});
