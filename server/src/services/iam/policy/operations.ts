// Managed policies and their versions: the account's own, and those of AWS that are known here (shared/aws-policies.ts).
// Gap: AWS's managed policies are those of SageMaker and of the services beside it, each in its default version of late 2026
// alone, without a description and with an id that is not AWS's.
import type { Operations as Contract } from "../../../../../contract/iam/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { ApiError, errors } from "../../../core/errors.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { deleteConflict, entityAlreadyExists, invalidInput, limitExceeded, noSuchEntity } from "../errors.ts";
import { policyAnswer, versionAnswer } from "../shared/answers.ts";
import { attachments, type UsageCounts, usageCounts } from "../shared/attachments.ts";
import { awsManaged } from "../shared/aws-managed.ts";
import { awsPolicies } from "../shared/aws-policies.ts";
import { changeRow, created, createRow, removeRow } from "../shared/changes.ts";
import { encodeDocument } from "../shared/encoding.ts";
import { onNew, onPath } from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import { iamArn, type ManagedPolicy, POLICY, parseIamArn, policyKey } from "../shared/nouns.ts";
import { allRows, pageOf } from "../shared/paging.ts";
import { POLICY_CHARACTERS, quotas, VERSIONS_PER_POLICY, within } from "../shared/quotas.ts";
import { exactCase, resourceTags, tagList, tagsMember, withoutTags, withTags } from "../shared/tags.ts";
import { checkIdentityPolicy } from "../shared/validate.ts";
import { newUniqueId } from "../shared/vault.ts";

/** Of a policy that was just made. */
const unused: UsageCounts = { attached: new Map(), boundary: new Map() };

/** @throws ApiError MalformedPolicyDocument, LimitExceeded */
function checkDocument(document: string): void {
  checkIdentityPolicy(document);
  if (document.replace(/\s/g, "").length > POLICY_CHARACTERS) {
    throw limitExceeded(`Cannot exceed quota for PolicySize: ${POLICY_CHARACTERS}`);
  }
}

/** @throws ApiError NoSuchEntity, InvalidInput */
async function findRow(identities: Identities, account: string, arn: string): Promise<Row<ManagedPolicy> | undefined> {
  if (awsPolicies.has(arn)) return undefined;
  const parts = parseIamArn(arn);
  if (parts?.type !== "policy") throw invalidInput(`ARN ${arn} is not valid.`);
  const row = await identities.rows.get<ManagedPolicy>(policyKey(account, parts.name));
  if (row?.document.arn !== arn) throw noSuchEntity(`Policy ${arn} was not found.`);
  return row;
}

/** Ours or AWS's. @throws ApiError NoSuchEntity, InvalidInput */
async function findPolicy(identities: Identities, account: string, arn: string): Promise<ManagedPolicy> {
  const aws = awsPolicies.get(arn);
  if (aws) return awsManaged(aws);
  const row = await findRow(identities, account, arn);
  if (!row) throw noSuchEntity(`Policy ${arn} was not found.`);
  return row.document;
}

/** @throws ApiError AccessDenied for AWS's policies, which nobody may `act` on; NoSuchEntity */
async function findOwn(
  identities: Identities,
  account: string,
  arn: string,
  act = "update policies",
): Promise<Row<ManagedPolicy>> {
  const row = await findRow(identities, account, arn);
  if (!row) throw errors.accessDenied(`Cannot ${act} outside your own account.`);
  return row;
}

const changePolicy = (
  identities: Identities,
  account: string,
  arn: string,
  change: (policy: ManagedPolicy) => ManagedPolicy,
  act?: string,
): Promise<ManagedPolicy> => changeRow(identities, () => findOwn(identities, account, arn, act), change);

const missingVersion = (arn: string, id: string) =>
  noSuchEntity(`Policy ${arn} version ${id} does not exist or is not attachable.`);

/** Of a version of a policy that is not there either AWS says the same as of one that is missing. */
const asVersion =
  ({ PolicyArn, VersionId }: { readonly PolicyArn: string; readonly VersionId: string }) =>
  (cause: unknown): never => {
    throw cause instanceof ApiError && cause.code === "NoSuchEntity" ? missingVersion(PolicyArn, VersionId) : cause;
  };

export const policy = (identities: Identities): Operations<Contract> => ({
  ...policies(identities),
  ...versions(identities),
  ...policyTags(identities),
});

/** Permission on a policy that is there, with its tags, or on the ARN as given. */
const onPolicy =
  (identities: Identities) =>
  async (
    input: { readonly PolicyArn: string },
    call: Call,
    conditions: Permission["conditions"] = {},
  ): Promise<readonly Permission[]> => {
    const parts = parseIamArn(input.PolicyArn);
    const row = parts && (await identities.rows.get<ManagedPolicy>(policyKey(call.account, parts.name)));
    return [
      {
        action: `iam:${call.operation}`,
        resource: input.PolicyArn,
        conditions: { ...resourceTags(row?.document.tags ?? {}), ...conditions },
      },
    ];
  };

const policies = (identities: Identities): Operations<Contract> => ({
  CreatePolicy: {
    permissions: (input, call) => onNew(call, "policy", input.PolicyName, input),
    async run(input, call) {
      const { PolicyName: name, Path: path = "/" } = input;
      checkDocument(input.PolicyDocument);
      const document: ManagedPolicy = {
        name,
        path,
        id: newUniqueId("ANPA"),
        arn: iamArn(call.account, "policy", path, name),
        createdAt: call.at,
        updatedAt: call.at,
        defaultVersion: "v1",
        nextVersion: 2,
        versions: [{ id: "v1", document: input.PolicyDocument, createdAt: call.at }],
        tags: withTags({}, input.Tags ?? [], exactCase),
        ...(input.Description === undefined ? {} : { description: input.Description }),
      };
      await createRow(
        within(identities, call.account, quotas.policies),
        created(policyKey(call.account, name), document, call.at),
        () => entityAlreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`),
      );
      return { Policy: { ...policyAnswer(document, unused), ...tagsMember(document.tags) } };
    },
  },
  GetPolicy: {
    permissions: (input, call) => onPolicy(identities)(input, call),
    async run(input, { account }) {
      const found = await findPolicy(identities, account, input.PolicyArn);
      const counts = await usageCounts(identities.rows, account);
      return {
        Policy: {
          ...policyAnswer(found, counts),
          ...(found.description === undefined ? {} : { Description: found.description }),
          Tags: tagList(found.tags),
        },
      };
    },
  },
  ListPolicies: {
    permissions: (input, call) => onPath(call, "policy", input.PathPrefix),
    async run(input, { account }) {
      const counts = await usageCounts(identities.rows, account);
      const scope = input.Scope ?? "All";
      const all: ManagedPolicy[] = scope === "Local" ? [] : [...awsPolicies.values()].map(awsManaged);
      if (scope !== "AWS") {
        for await (const row of allRows<ManagedPolicy>(identities.rows, { kind: POLICY, scope: account })) {
          all.push(row.document);
        }
      }
      const used = input.PolicyUsageFilter === "PermissionsBoundary" ? counts.boundary : counts.attached;
      const isUsed = (arn: string) => used.has(arn) || (!input.PolicyUsageFilter && counts.boundary.has(arn));
      const mustBeUsed = input.OnlyAttached === true || input.PolicyUsageFilter !== undefined;
      const wanted = all.filter(
        ({ path, arn }) => path.startsWith(input.PathPrefix ?? "/") && (!mustBeUsed || isUsed(arn)),
      );
      const { items, ...page } = pageOf(wanted, ({ arn }) => arn, input);
      return {
        Policies: items.map((one) => policyAnswer(one, counts)),
        ...page,
      };
    },
  },
  DeletePolicy: {
    permissions: (input, call) => onPolicy(identities)(input, call),
    async run(input, { account }) {
      const row = await findOwn(identities, account, input.PolicyArn, "delete policies");
      const { arn } = row.document;
      const users = await attachments(identities.rows, account, arn);
      const bounded = await attachments(identities.rows, account, arn, "PermissionsBoundary");
      if (users.length + bounded.length > 0) throw deleteConflict("Cannot delete a policy attached to entities.");
      if (row.document.versions.length > 1) {
        throw deleteConflict(
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. " +
            "The default version is deleted with the policy.",
        );
      }
      await removeRow(identities, row);
      return {};
    },
  },
});

const versions = (identities: Identities): Operations<Contract> => ({
  CreatePolicyVersion: {
    permissions: (input, call) => onPolicy(identities)(input, call),
    async run(input, { account }) {
      checkDocument(input.PolicyDocument);
      const at = identities.now();
      const changed = await changePolicy(identities, account, input.PolicyArn, (found) => {
        if (found.versions.length >= VERSIONS_PER_POLICY) {
          throw limitExceeded(
            `A managed policy can have up to ${VERSIONS_PER_POLICY} versions. Before you create a new version, ` +
              "you must delete an existing version.",
          );
        }
        const version = { id: `v${found.nextVersion}`, document: input.PolicyDocument, createdAt: at };
        return {
          ...found,
          updatedAt: at,
          nextVersion: found.nextVersion + 1,
          versions: [...found.versions, version],
          defaultVersion: input.SetAsDefault ? version.id : found.defaultVersion,
        };
      });
      const version = changed.versions.at(-1);
      return version ? { PolicyVersion: versionAnswer(changed, version) } : {};
    },
  },
  GetPolicyVersion: {
    permissions: (input, call) => onPolicy(identities)(input, call),
    async run(input, { account }) {
      const found = await findPolicy(identities, account, input.PolicyArn).catch(asVersion(input));
      const version = found.versions.find(({ id }) => id === input.VersionId);
      if (!version) throw missingVersion(input.PolicyArn, input.VersionId);
      return { PolicyVersion: { Document: encodeDocument(version.document), ...versionAnswer(found, version) } };
    },
  },
  ListPolicyVersions: {
    permissions: (input, call) => onPolicy(identities)(input, call),
    async run(input, { account }) {
      const found = await findPolicy(identities, account, input.PolicyArn);
      // Newest first, as AWS lists them.
      const newest = (id: string) => String(Number.MAX_SAFE_INTEGER - Number(id.slice(1))).padStart(16, "0");
      const { items, ...page } = pageOf(found.versions, ({ id }) => newest(id), input);
      return { Versions: items.map((version) => versionAnswer(found, version)), ...page };
    },
  },
  SetDefaultPolicyVersion: {
    permissions: (input, call) => onPolicy(identities)(input, call),
    async run(input, { account }) {
      await changePolicy(identities, account, input.PolicyArn, (found) => {
        if (!found.versions.some(({ id }) => id === input.VersionId)) {
          throw missingVersion(input.PolicyArn, input.VersionId);
        }
        return { ...found, defaultVersion: input.VersionId, updatedAt: identities.now() };
      }).catch(asVersion(input));
      return {};
    },
  },
  DeletePolicyVersion: {
    permissions: (input, call) => onPolicy(identities)(input, call),
    async run(input, { account }) {
      await changePolicy(
        identities,
        account,
        input.PolicyArn,
        (found) => {
          if (!found.versions.some(({ id }) => id === input.VersionId)) {
            throw missingVersion(input.PolicyArn, input.VersionId);
          }
          if (found.defaultVersion === input.VersionId) {
            throw deleteConflict("Cannot delete the default version of a policy.");
          }
          return { ...found, versions: found.versions.filter(({ id }) => id !== input.VersionId) };
        },
        "delete policy versions for policies",
      );
      return {};
    },
  },
});

const policyTags = (identities: Identities): Operations<Contract> => ({
  TagPolicy: {
    permissions: (input, call) => onPolicy(identities)(input, call, tagConditions(input.Tags)),
    async run(input, { account }) {
      await changePolicy(identities, account, input.PolicyArn, (found) => ({
        ...found,
        tags: withTags(found.tags, input.Tags, exactCase),
      }));
      return {};
    },
  },
  UntagPolicy: {
    permissions: (input, call) => onPolicy(identities)(input, call, { "aws:TagKeys": input.TagKeys }),
    async run(input, { account }) {
      await changePolicy(identities, account, input.PolicyArn, (found) => ({
        ...found,
        tags: withoutTags(found.tags, input.TagKeys, exactCase),
      }));
      return {};
    },
  },
  ListPolicyTags: {
    permissions: (input, call) => onPolicy(identities)(input, call),
    async run(input, { account }) {
      const found = await findPolicy(identities, account, input.PolicyArn);
      const { items, ...page } = pageOf(tagList(found.tags), (tag) => tag.Key, input);
      return { Tags: items, ...page };
    },
  },
});
