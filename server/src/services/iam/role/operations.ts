// Roles and who may assume them. Their policies are in inline-policy/ and attachment/, tags in tag/.
// Gap: no service-linked roles and instance profiles; the last use of a role is not recorded; whether a principal that
// a trust policy names exists is not checked.
import type { Operations as Contract, Role as RoleAnswer } from "../../../../../contract/iam/types.ts";
import type { Operations } from "../../../core/service.ts";
import { deleteConflict, entityAlreadyExists, limitExceeded } from "../errors.ts";
import { boundaryMember, checkBoundary } from "../shared/boundary.ts";
import { encodeDocument, wholeSeconds } from "../shared/encoding.ts";
import {
  changeEntity,
  created,
  createRow,
  findEntity,
  onEntity,
  onNew,
  onPath,
  removeRow,
  roles,
} from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import { iamArn, ROLE, type Role, roleKey } from "../shared/nouns.ts";
import { pageOfRows } from "../shared/paging.ts";
import { tagsMember, withTags } from "../shared/tags.ts";
import { checkTrustPolicy } from "../shared/validate.ts";
import { newUniqueId } from "../shared/vault.ts";

const DEFAULT_SESSION_SECONDS = 3600;
/** White space aside; the highest that AWS grants on request (IAM user guide, "IAM and AWS STS quotas"). */
const TRUST_CHARACTERS = 8192;

/** What every answer has. CreateRole leaves the session's length out, as AWS does. */
const basics = (role: Role): RoleAnswer => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: role.arn,
  CreateDate: wholeSeconds(role.createdAt),
  AssumeRolePolicyDocument: encodeDocument(role.trust),
});

const listed = (role: Role): RoleAnswer => ({
  ...basics(role),
  ...(role.description === undefined ? {} : { Description: role.description }),
  MaxSessionDuration: role.maxSessionSeconds,
});

const fullAnswer = (role: Role): RoleAnswer => ({
  ...listed(role),
  ...boundaryMember(role.boundary),
  ...tagsMember(role.tags),
  RoleLastUsed: {},
});

/** @throws ApiError MalformedPolicyDocument, LimitExceeded */
function checkTrust(document: string): void {
  if (document.replace(/\s/g, "").length > TRUST_CHARACTERS) {
    throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${TRUST_CHARACTERS}`);
  }
  checkTrustPolicy(document);
}

export const role = (identities: Identities): Operations<Contract> => ({
  CreateRole: {
    permissions: (input, call) => onNew(call, "role", input.RoleName, input),
    async run(input, call) {
      const { RoleName: name, Path: path = "/" } = input;
      checkTrust(input.AssumeRolePolicyDocument);
      await checkBoundary(identities, input.PermissionsBoundary);
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
      await createRow(identities, created(roleKey(call.account, name), document, call.at), () =>
        entityAlreadyExists(`Role with name ${name} already exists.`),
      );
      return { Role: { ...basics(document), ...tagsMember(document.tags) } };
    },
  },
  GetRole: {
    permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
    async run(input, { account }) {
      return { Role: fullAnswer((await findEntity(identities, roles, account, input.RoleName)).document) };
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
  UpdateRole: {
    permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
    async run(input, { account }) {
      await changeEntity(identities, roles, { account, name: input.RoleName }, (entity) => ({
        ...entity,
        description: input.Description ?? entity.description ?? "",
        maxSessionSeconds: input.MaxSessionDuration ?? entity.maxSessionSeconds,
      }));
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
      return { Role: fullAnswer(changed) };
    },
  },
  UpdateAssumeRolePolicy: {
    permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
    async run(input, { account }) {
      checkTrust(input.PolicyDocument);
      await changeEntity(identities, roles, { account, name: input.RoleName }, (entity) => ({
        ...entity,
        trust: input.PolicyDocument,
      }));
      return {};
    },
  },
  DeleteRole: {
    permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
    async run(input, { account }) {
      const row = await findEntity(identities, roles, account, input.RoleName);
      if (row.document.attached.length > 0) {
        throw deleteConflict("Cannot delete entity, must detach all policies first.");
      }
      if (Object.keys(row.document.inline).length > 0) {
        throw deleteConflict("Cannot delete entity, must delete policies first.");
      }
      await removeRow(identities, row);
      return {};
    },
  },
});
