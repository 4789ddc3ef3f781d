// Networks: the default VPC that every account has in every region, and those that the configuration names.
// Default: Amazon VPC user guide, "Default VPCs" (172.31.0.0/16, a subnet of /20 in each zone).
import { createHash } from "node:crypto";

/** As the setting `vpcs` gives one. Ids are as on AWS, so that code written for it names the same. */
export interface ConfiguredVpc {
  readonly id: string;
  /** Absent: it is in every region. */
  readonly region?: string | undefined;
  readonly cidr: string;
  readonly name?: string | undefined;
  readonly subnets: readonly { readonly id: string; readonly zone?: string | undefined; readonly cidr: string }[];
  readonly securityGroups: readonly { readonly id: string; readonly name: string }[];
}

export interface Place {
  readonly account: string;
  readonly region: string;
}

export interface Parts {
  /** Every network of an account in a region. */
  readonly networks: (place: Place) => readonly Vpc[];
}

export interface Vpc {
  readonly id: string;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly subnets: readonly Subnet[];
  readonly groups: readonly SecurityGroup[];
}

export interface Subnet {
  readonly id: string;
  readonly vpcId: string;
  readonly cidr: string;
  /** `us-east-1a` */
  readonly zone: string;
  readonly isDefault: boolean;
}

export interface SecurityGroup {
  readonly id: string;
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
}

/** Zones of a region: letters after its name. */
export const zonesOf = (region: string): readonly string[] => ["a", "b", "c"].map((letter) => `${region}${letter}`);

/** The default VPC first, then the configured ones of the region, in the order given. */
export const networksOf = (configured: readonly ConfiguredVpc[], place: Place): readonly Vpc[] => [
  defaultVpc(place),
  ...configured.filter(({ region }) => region === undefined || region === place.region).map((one) => given(one, place)),
];

/** Ids are the same whenever they are asked for, and other ones in another account or region. */
function defaultVpc(place: Place): Vpc {
  const idOf = (what: string) => createHash("sha256").update(`${place.account} ${place.region} ${what}`).digest("hex");
  const id = `vpc-${idOf("vpc").slice(0, 17)}`;
  return {
    id,
    cidr: "172.31.0.0/16",
    isDefault: true,
    tags: {},
    subnets: zonesOf(place.region).map((zone, index) => ({
      id: `subnet-${idOf(zone).slice(0, 17)}`,
      vpcId: id,
      cidr: `172.31.${16 * index}.0/20`,
      zone,
      isDefault: true,
    })),
    groups: [defaultGroup(id, `sg-${idOf("group").slice(0, 17)}`)],
  };
}

const defaultGroup = (vpcId: string, id: string): SecurityGroup => ({
  id,
  vpcId,
  name: "default",
  description: "default VPC security group",
});

function given(vpc: ConfiguredVpc, place: Place): Vpc {
  const zones = zonesOf(place.region);
  return {
    id: vpc.id,
    cidr: vpc.cidr,
    isDefault: false,
    tags: vpc.name === undefined ? {} : { Name: vpc.name },
    subnets: vpc.subnets.map(({ id, zone, cidr }, index) => ({
      id,
      vpcId: vpc.id,
      cidr,
      zone: zone ?? zones[index % zones.length] ?? "",
      isDefault: false,
    })),
    groups: vpc.securityGroups.map(({ id, name }) => ({
      id,
      vpcId: vpc.id,
      name,
      description: `${name} of ${vpc.id}`,
    })),
  };
}
