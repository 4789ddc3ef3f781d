// Regions and their zones.
// Gap: every region has three zones; DescribeRegions names the commercial ones, calls in any other region work all the same.
import type { Operations as Contract } from "../../../../../contract/ec2/types.ts";
import type { Operations } from "../../../core/service.ts";
import { noSuchZone } from "../errors.ts";
import { zonesOf } from "../shared/networks.ts";
import { type Choice, select } from "../shared/select.ts";
import { zoneId } from "../shared/zones.ts";

/** Regions without opt-in: Amazon EC2 user guide, "Available Regions". */
const REGIONS = [
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-northeast-3",
  "ap-south-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "ca-central-1",
  "eu-central-1",
  "eu-north-1",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "sa-east-1",
  "us-east-1",
  "us-east-2",
  "us-west-1",
  "us-west-2",
];

const OPT_IN = "opt-in-not-required";

export const zone = (): Operations<Contract> => ({
  DescribeAvailabilityZones: {
    run({ ZoneNames, ZoneIds = [], Filters = [], DryRun }, { region }) {
      const filters = ZoneIds.length === 0 ? Filters : [...Filters, { Name: "zone-id", Values: ZoneIds }];
      const { items } = select(zonesOf(region), { ids: ZoneNames, filters, dryRun: DryRun }, zoneChoice(region));
      return {
        AvailabilityZones: items.map((name) => ({
          OptInStatus: OPT_IN,
          Messages: [],
          RegionName: region,
          ZoneName: name,
          ZoneId: zoneId(name),
          GroupName: region,
          NetworkBorderGroup: region,
          ZoneType: "availability-zone",
          State: "available" as const,
        })),
      };
    },
  },
  DescribeRegions: {
    run({ RegionNames, Filters, DryRun }) {
      const { items } = select(REGIONS, { ids: RegionNames, filters: Filters, dryRun: DryRun }, regionChoice);
      return {
        Regions: items.map((name) => ({ RegionName: name, Endpoint: endpointOf(name), OptInStatus: OPT_IN })),
      };
    },
  },
});

const endpointOf = (region: string): string => `ec2.${region}.amazonaws.com`;

const zoneChoice = (region: string): Choice<string> => ({
  idOf: (name) => name,
  missing: (name) => noSuchZone(`Invalid availability zone: [${name}]`),
  fields: (name) => ({
    "group-name": region,
    "opt-in-status": OPT_IN,
    "region-name": region,
    state: "available",
    "zone-id": zoneId(name),
    "zone-name": name,
    "zone-type": "availability-zone",
  }),
});

const regionChoice: Choice<string> = {
  idOf: (name) => name,
  missing: (name) => noSuchZone(`Invalid region name: ${name}`),
  fields: (name) => ({ endpoint: endpointOf(name), "opt-in-status": OPT_IN, "region-name": name }),
};
