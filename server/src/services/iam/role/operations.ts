// Roles and who may assume them. Their policies are in inline-policy/ and attachment/, tags in tag/.
// Gap: whether a principal that a trust policy names exists is not checked.
// Gap: when SageMaker assumes a role, its trust policy knows aws:SourceAccount and not aws:SourceArn: jobs share its session.
import type { Operations as Contract, Role as RoleAnswer } from "../../../../../contract/iam/types.ts";
import type { Operations } from "../../../core/service.ts";
import { deleteConflict, invalidInput, limitExceeded } from "../errors.ts";
import { roleAnswer } from "../shared/answers.ts";
import { SERVICE_ROLE_PATH } from "../shared/aws-policies.ts";
import { boundaryLock, boundaryMember } from "../shared/boundary.ts";
import { created, createRow, removeRow } from "../shared/changes.ts";
import {
  changeEntity,
  findEntity,
  isThere,
  onEntity,
  onNew,
  onPath,
  refuseServiceLinked,
  refuseWithPolicies,
  roles,
} from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import { roleLastUsed } from "../shared/last-used.ts";
import { INSTANCE_PROFILE, type InstanceProfile, iamArn, ROLE, type Role, roleKey } from "../shared/nouns.ts";
import { allRows, pageOfRows } from "../shared/paging.ts";
import { quotas, TRUST_CHARACTERS, within } from "../shared/quotas.ts";
import { tagsMember, withTags } from "../shared/tags.ts";
import { checkTrustPolicy } from "../shared/validate.ts";
import { newUniqueId } from "../shared/vault.ts";

const DEFAULT_SESSION_SECONDS = 3600;

const listed = (role: Role): RoleAnswer => ({
  ...roleAnswer(role),
  ...(role.description === undefined ? {} : { Description: role.description }),
  MaxSessionDuration: role.maxSessionSeconds,
});

const described = (role: Role): RoleAnswer => ({
  ...listed(role),
  ...boundaryMember(role.boundary),
  ...tagsMember(role.tags),
});

/** @throws ApiError MalformedPolicyDocument, LimitExceeded */
function checkTrust(document: string): void {
  if (document.replace(/\s/g, "").length > TRUST_CHARACTERS) {
    throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${TRUST_CHARACTERS}`);
  }
  checkTrustPolicy(document);
}

/** @throws ApiError InvalidInput: roles under it are a service's to make */
function refuseServicePath(path: string): void {
  if (!path.startsWith(SERVICE_ROLE_PATH)) return;
  throw invalidInput(`The path ${path} is kept for service-linked roles: make them with CreateServiceLinkedRole.`);
}

async function isInProfile({ rows }: Identities, account: string, rowName: string): Promise<boolean> {
  for await (const { document } of allRows<InstanceProfile>(rows, { kind: INSTANCE_PROFILE, scope: account })) {
    if (document.roles.includes(rowName)) return true;
  }
  return false;
}

export const role = (identities: Identities): Operations<Contract> => ({
  ...nouns(identities),
  ...updates(identities),
});

const nouns = (identities: Identities): Operations<Contract> => ({
  CreateRole: {
    permissions: (input, call) => onNew(call, "role", input.RoleName, input),
    async run(input, call) {
      const { RoleName: name, Path: path = "/" } = input;
      refuseServicePath(path);
      checkTrust(input.AssumeRolePolicyDocument);
      const lock = await boundaryLock(identities, call.account, input.PermissionsBoundary);
      const document: Role = {
        name,
        path,
        id: newUniqueId("AROA"),
        arn: iamArn(call.account, "role", path, name),
        createdAt: call.at,
        inline: {},
        attached: [],
        tags: withTags({}, input.Tags ?? []),
        trust: input.AssumeRolePolicyDocument,
        maxSessionSeconds: input.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS,
        ...(input.Description === undefined ? {} : { description: input.Description }),
        ...(input.PermissionsBoundary === undefined ? {} : { boundary: input.PermissionsBoundary }),
      };
      await createRow(
        within(identities, call.account, quotas.roles),
        created(roleKey(call.account, name), document, call.at),
        isThere(roles, name),
        lock,
      );
      return { Role: { ...roleAnswer(document), ...boundaryMember(document.boundary), ...tagsMember(document.tags) } };
    },
  },
  GetRole: {
    permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
    async run(input, { account }) {
      const { document } = await findEntity(identities, roles, account, input.RoleName);
      return { Role: { ...described(document), RoleLastUsed: await roleLastUsed(identities.uses, account, document) } };
    },
  },
  ListRoles: {
    permissions: (input, call) => onPath(call, "role", input.PathPrefix),
    async run(input, call) {
      const prefix = input.PathPrefix ?? "/";
      const { items, ...page } = await pageOfRows<Role>(
        identities.rows,
        { kind: ROLE, scope: call.account },
        (document) => document.path.startsWith(prefix),
        input,
      );
      return { Roles: items.map((row) => listed(row.document)), ...page };
    },
  },
  DeleteRole: {
    permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
    async run(input, { account }) {
      const row = await findEntity(identities, roles, account, input.RoleName);
      refuseServiceLinked(row.document);
      if (await isInProfile(identities, account, row.name)) {
        throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
      }
      refuseWithPolicies(row.document);
      await removeRow(identities, row, identities.uses.forgetRole(account, row.name));
      return {};
    },
  },
});

const updates = (identities: Identities): Operations<Contract> => ({
  UpdateRole: {
    permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
    async run(input, { account }) {
      await changeEntity(identities, roles, { account, name: input.RoleName }, (entity) => {
        // Of a service's role nothing but the description is the account's to change.
        if (input.MaxSessionDuration !== undefined) refuseServiceLinked(entity);
        const description = input.Description ?? entity.description;
        return {
          ...entity,
          ...(description === undefined ? {} : { description }),
          maxSessionSeconds: input.MaxSessionDuration ?? entity.maxSessionSeconds,
        };
      });
      return {};
    },
  },
  UpdateRoleDescription: {
    permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
    async run(input, { account }) {
      const changed = await changeEntity(identities, roles, { account, name: input.RoleName }, (entity) => ({
        ...entity,
        description: input.Description,
      }));
      const { MaxSessionDuration: _leftOut, ...answer } = described(changed);
      return { Role: answer };
    },
  },
  UpdateAssumeRolePolicy: {
    permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
    async run(input, { account }) {
      checkTrust(input.PolicyDocument);
      await changeEntity(identities, roles, { account, name: input.RoleName }, (entity) => {
        refuseServiceLinked(entity);
        return { ...entity, trust: input.PolicyDocument };
      });
      return {};
    },
  },
});
