// Managed policies on users, groups and roles.
import type { Operations as Contract } from "../../../../../contract/iam/types.ts";
import { errors } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { limitExceeded, noSuchEntity, policyNotAttachable } from "../errors.ts";
import { attachedAnswer } from "../shared/answers.ts";
import { type Attachment, attachments, policyLock } from "../shared/attachments.ts";
import { SERVICE_ROLE_PATH } from "../shared/aws-policies.ts";
import { event, retrying, rewritten, unchanged } from "../shared/changes.ts";
import {
  type At,
  type EntityType,
  findEntity,
  groups,
  onEntity,
  refuseServiceLinked,
  roles,
  users,
} from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import { type Entity, parseIamArn } from "../shared/nouns.ts";
import { type PageRequest, pageOf } from "../shared/paging.ts";
import { ATTACHED_POLICIES } from "../shared/quotas.ts";

export const attachment = (identities: Identities): Operations<Contract> => {
  const ofUser = attachedTo(identities, users);
  const ofGroup = attachedTo(identities, groups);
  const ofRole = attachedTo(identities, roles);
  const policyCondition = (arn: string) => ({ conditions: { "iam:PolicyARN": arn } });
  return {
    AttachUserPolicy: {
      permissions: (input, call) => onEntity(identities, users, call, input.UserName, policyCondition(input.PolicyArn)),
      run: (input, { account }) => ofUser.attach({ account, name: input.UserName }, input.PolicyArn),
    },
    AttachGroupPolicy: {
      permissions: (input, call) =>
        onEntity(identities, groups, call, input.GroupName, policyCondition(input.PolicyArn)),
      run: (input, { account }) => ofGroup.attach({ account, name: input.GroupName }, input.PolicyArn),
    },
    DetachGroupPolicy: {
      permissions: (input, call) =>
        onEntity(identities, groups, call, input.GroupName, policyCondition(input.PolicyArn)),
      run: (input, { account }) => ofGroup.detach({ account, name: input.GroupName }, input.PolicyArn),
    },
    ListAttachedGroupPolicies: {
      permissions: (input, call) => onEntity(identities, groups, call, input.GroupName),
      run: (input, { account }) => ofGroup.list({ account, name: input.GroupName }, input),
    },
    AttachRolePolicy: {
      permissions: (input, call) => onEntity(identities, roles, call, input.RoleName, policyCondition(input.PolicyArn)),
      run: (input, { account }) => ofRole.attach({ account, name: input.RoleName }, input.PolicyArn),
    },
    DetachUserPolicy: {
      permissions: (input, call) => onEntity(identities, users, call, input.UserName, policyCondition(input.PolicyArn)),
      run: (input, { account }) => ofUser.detach({ account, name: input.UserName }, input.PolicyArn),
    },
    DetachRolePolicy: {
      permissions: (input, call) => onEntity(identities, roles, call, input.RoleName, policyCondition(input.PolicyArn)),
      run: (input, { account }) => ofRole.detach({ account, name: input.RoleName }, input.PolicyArn),
    },
    ListAttachedUserPolicies: {
      permissions: (input, call) => onEntity(identities, users, call, input.UserName),
      run: (input, { account }) => ofUser.list({ account, name: input.UserName }, input),
    },
    ListAttachedRolePolicies: {
      permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
      run: (input, { account }) => ofRole.list({ account, name: input.RoleName }, input),
    },
    ListEntitiesForPolicy: {
      permissions: (input, call) => [{ action: `iam:${call.operation}`, resource: input.PolicyArn }],
      async run(input, { account }) {
        if ((await identities.attachable(account, input.PolicyArn)) === undefined) {
          throw notAttachable(input.PolicyArn);
        }
        const found = await attachments(identities.rows, account, input.PolicyArn, input.PolicyUsageFilter);
        const wanted = found.filter(
          ({ word, entity }) => isWanted(word, input.EntityFilter) && entity.path.startsWith(input.PathPrefix ?? "/"),
        );
        const { items, ...page } = pageOf(wanted, ({ word, entity }) => `${word}/${entity.name}`, input);
        const of = (type: string) => items.filter(({ word }) => word === type).map(({ entity }) => entity);
        return {
          PolicyGroups: of("group").map(({ name, id }) => ({ GroupName: name, GroupId: id })),
          PolicyUsers: of("user").map(({ name, id }) => ({ UserName: name, UserId: id })),
          PolicyRoles: of("role").map(({ name, id }) => ({ RoleName: name, RoleId: id })),
          ...page,
        };
      },
    },
  };
};

const isWanted = (word: Attachment["word"], filter: string | undefined): boolean =>
  filter === undefined || filter.toLowerCase() === word;

const notAttachable = (arn: string) => noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);

/** @throws ApiError Validation, as recorded in LocalStack's tests/aws/services/iam/test_iam_roles.snapshot.json */
function checkArn(arn: string): void {
  if (parseIamArn(arn)?.type !== "policy") throw errors.validation(`ARN ${arn} is not valid.`);
}

/** The three verbs, for users, groups or roles. */
function attachedTo<Document extends Entity>(identities: Identities, type: EntityType<Document>) {
  /** Writes the entity and, as a lock against its deletion, the policy. */
  const write = (at: At, arn: string, change: (entity: Document) => Document | undefined) =>
    retrying(async () => {
      const lock = await policyLock(identities, at.account, arn);
      const row = await findEntity(identities, type, at.account, at.name);
      refuseServiceLinked(row.document);
      const document = change(row.document);
      if (!document) return;
      await identities.commit({
        expect: [unchanged(row), ...(lock.expect ?? [])],
        put: [rewritten(row, document, identities.now()), ...(lock.put ?? [])],
        events: [event(row, "updated")],
      });
    });
  return {
    async attach(at: At, arn: string) {
      checkArn(arn);
      await findEntity(identities, type, at.account, at.name);
      if ((await identities.attachable(at.account, arn)) === undefined) throw notAttachable(arn);
      if (arn.startsWith(`arn:aws:iam::aws:policy${SERVICE_ROLE_PATH}`)) {
        throw policyNotAttachable("Cannot attach a Service Role Policy to a Customer Role.");
      }
      await write(at, arn, (entity) => {
        if (entity.attached.includes(arn)) return undefined;
        if (entity.attached.length >= ATTACHED_POLICIES) {
          throw limitExceeded(`Cannot exceed quota for ${type.attachedQuota}: ${ATTACHED_POLICIES}`);
        }
        return { ...entity, attached: [...entity.attached, arn] };
      });
      return {};
    },
    async detach(at: At, arn: string) {
      checkArn(arn);
      await write(at, arn, (entity) => {
        if (!entity.attached.includes(arn)) throw noSuchEntity(`Policy ${arn} was not found.`);
        return { ...entity, attached: entity.attached.filter((one) => one !== arn) };
      });
      return {};
    },
    async list(at: At, request: PageRequest & { readonly PathPrefix?: string | undefined }) {
      const { document } = await findEntity(identities, type, at.account, at.name);
      const all = document.attached
        .filter((arn) => parseIamArn(arn)?.path.startsWith(request.PathPrefix ?? "/"))
        .map(attachedAnswer);
      const { items, ...page } = pageOf(all, ({ PolicyArn }) => PolicyArn, request);
      return { AttachedPolicies: items, ...page };
    },
  };
}
