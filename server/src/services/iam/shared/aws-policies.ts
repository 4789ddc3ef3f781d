// The managed policies of AWS, with AWS's documents, versions and dates (contract/iam/aws-policies.json). They are read
// when one is first asked for.
import { createHash } from "node:crypto";
import { type AwsPolicies, loadAwsPolicies } from "../../../../../contract/model.ts";

export interface AwsManagedPolicy {
  readonly name: string;
  readonly path: string;
  /** Unique id; ours, but stable. */
  readonly id: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Id of the one version that is known, the default. */
  readonly version: string;
  readonly document: string;
}

const PREFIX = "arn:aws:iam::aws:policy/";

/** Policies that only roles of services may have (IAM user guide, "Service-linked roles"). */
export const SERVICE_ROLE_PATH = "/aws-service-role/";

let table: ReadonlyMap<string, () => AwsManagedPolicy> | undefined;

/** By ARN. Most servers use one or two, so each is made when it is first asked for. */
const policies = (): ReadonlyMap<string, () => AwsManagedPolicy> => {
  table ??= new Map(
    Object.entries(loadAwsPolicies().policies).map(([name, one]) => {
      let made: AwsManagedPolicy | undefined;
      return [arnOf(name, one.path), () => (made ??= of(name, one))];
    }),
  );
  return table;
};

const arnOf = (name: string, path: string): string => `arn:aws:iam::aws:policy${path}${name}`;

function of(name: string, one: AwsPolicies["policies"][string]): AwsManagedPolicy {
  const { path, version, createdAt, updatedAt, document } = one;
  const arn = arnOf(name, path);
  return {
    name,
    path,
    id: idOf(arn),
    arn,
    createdAt: Date.parse(createdAt),
    updatedAt: Date.parse(updatedAt),
    version,
    document: JSON.stringify({ ...document, Statement: document.Statement.map(spreadRuns) }),
  };
}

/** `s3:Get*,List*` as the two actions that it stands for. */
const spreadRuns = (statement: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(
    Object.entries(statement).map(([element, value]) =>
      /^(Not)?Action$/.test(element) && Array.isArray(value) ? [element, value.flatMap(spreadRun)] : [element, value],
    ),
  );

function spreadRun(run: string): string[] {
  const vendor = run.slice(0, run.indexOf(":") + 1);
  return run
    .slice(vendor.length)
    .split(",")
    .map((action) => vendor + action);
}

const idOf = (arn: string): string => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bytes = createHash("sha256").update(arn).digest().subarray(0, 16);
  return `ANPA${Array.from(bytes, (byte) => alphabet[byte & 31]).join("")}`;
};

export const awsPolicies = {
  has: (arn: string): boolean => arn.startsWith(PREFIX) && policies().has(arn),
  get: (arn: string): AwsManagedPolicy | undefined => (arn.startsWith(PREFIX) ? policies().get(arn)?.() : undefined),
  values: (): Iterable<AwsManagedPolicy> => Array.from(policies().values(), (make) => make()),
};
