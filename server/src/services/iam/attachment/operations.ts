// Managed policies on users and roles.
import type { Operations as Contract } from "../../../../../contract/iam/types.ts";
import type { Operations } from "../../../core/service.ts";
import type { Change } from "../../../store/rows/rows.ts";
import { invalidInput, limitExceeded, noSuchEntity } from "../errors.ts";
import { attachments } from "../shared/attachments.ts";
import { awsPolicies } from "../shared/aws-policies.ts";
import {
  type EntityType,
  event,
  findEntity,
  onEntity,
  retrying,
  rewritten,
  roles,
  unchanged,
  users,
} from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import { type Entity, type ManagedPolicy, parseIamArn, policyKey } from "../shared/nouns.ts";
import { type PageRequest, pageOf } from "../shared/paging.ts";

/** Managed policies on one user or role (IAM user guide, "IAM and AWS STS quotas"). */
const MAX_ATTACHED = 10;

interface At {
  readonly account: string;
  readonly name: string;
}

export const attachment = (identities: Identities): Operations<Contract> => {
  const ofUser = attachedTo(identities, users);
  const ofRole = attachedTo(identities, roles);
  const policyCondition = (arn: string) => ({ conditions: { "iam:PolicyARN": arn } });
  return {
    AttachUserPolicy: {
      permissions: (input, call) => onEntity(identities, users, call, input.UserName, policyCondition(input.PolicyArn)),
      run: (input, { account }) => ofUser.attach({ account, name: input.UserName }, input.PolicyArn),
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
        const [document] = await identities.managedPolicies([input.PolicyArn]);
        if (document === undefined) throw noSuchEntity(`Policy ${input.PolicyArn} was not found.`);
        const found = await attachments(identities.rows, account, input.PolicyArn, input.PolicyUsageFilter);
        const wanted = found.filter(
          ({ word, entity }) => isWanted(word, input.EntityFilter) && entity.path.startsWith(input.PathPrefix ?? "/"),
        );
        const { items, ...page } = pageOf(wanted, ({ word, entity }) => `${word}/${entity.name}`, input);
        const of = (type: string) => items.filter(({ word }) => word === type).map(({ entity }) => entity);
        return {
          PolicyGroups: [],
          PolicyUsers: of("user").map(({ name, id }) => ({ UserName: name, UserId: id })),
          PolicyRoles: of("role").map(({ name, id }) => ({ RoleName: name, RoleId: id })),
          ...page,
        };
      },
    },
  };
};

const isWanted = (word: "user" | "role", filter: string | undefined): boolean =>
  filter === undefined || filter.toLowerCase() === word;

/** The three verbs, for users or for roles. */
function attachedTo<Document extends Entity>(identities: Identities, type: EntityType<Document>) {
  /** Writes the entity and, as a lock against its deletion, the policy. */
  const write = (at: At, arn: string, change: (entity: Document) => Document | undefined) =>
    retrying(async () => {
      const lock = await policyLock(identities, at.account, arn);
      const row = await findEntity(identities, type, at.account, at.name);
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
      if (parseIamArn(arn)?.type !== "policy") throw invalidInput(`ARN ${arn} is not valid.`);
      const [found] = await identities.managedPolicies([arn]);
      await findEntity(identities, type, at.account, at.name);
      if (found === undefined) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
      await write(at, arn, (entity) => {
        if (entity.attached.includes(arn)) return undefined;
        if (entity.attached.length >= MAX_ATTACHED) {
          throw limitExceeded(`Cannot exceed quota for ${type.attachedQuota}: ${MAX_ATTACHED}`);
        }
        return { ...entity, attached: [...entity.attached, arn] };
      });
      return {};
    },
    async detach(at: At, arn: string) {
      if (parseIamArn(arn)?.type !== "policy") throw invalidInput(`ARN ${arn} is not valid.`);
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
        .map((PolicyArn) => ({ PolicyName: PolicyArn.slice(PolicyArn.lastIndexOf("/") + 1), PolicyArn }));
      const { items, ...page } = pageOf(all, ({ PolicyArn }) => PolicyArn, request);
      return { AttachedPolicies: items, ...page };
    },
  };
}

async function policyLock(identities: Identities, account: string, arn: string): Promise<Change> {
  const parts = parseIamArn(arn);
  if (!parts || awsPolicies.has(arn)) return {};
  const row = await identities.rows.get<ManagedPolicy>(policyKey(account, parts.name));
  return row ? { expect: [unchanged(row)], put: [rewritten(row, row.document, row.modifiedAt)] } : {};
}
