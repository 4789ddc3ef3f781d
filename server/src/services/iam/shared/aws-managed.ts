// AWS's managed policies in the form that the account's own have.
import type { AwsManagedPolicy } from "./aws-policies.ts";
import type { ManagedPolicy } from "./nouns.ts";

export const awsManaged = ({ version, document, ...policy }: AwsManagedPolicy): ManagedPolicy => ({
  ...policy,
  defaultVersion: version,
  nextVersion: Number(version.slice(1)) + 1,
  versions: [{ id: version, document, createdAt: policy.updatedAt }],
  tags: {},
});
