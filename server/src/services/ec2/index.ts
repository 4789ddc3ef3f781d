// EC2, as far as SageMaker code asks for networks: the list of nouns, one line each.
import type { Service } from "../../core/service.ts";
import { securityGroup } from "./security-group/operations.ts";
import type { Parts } from "./shared/networks.ts";
import { subnet } from "./subnet/operations.ts";
import { vpc } from "./vpc/operations.ts";
import { zone } from "./zone/operations.ts";

const nouns = { securityGroup, subnet, vpc, zone };

export const createEc2 = (parts: Parts): Service => ({
  name: "ec2",
  iamPrefix: "ec2",
  operations: Object.assign({}, ...Object.values(nouns).map((noun) => noun(parts))),
});
