// Roles that belong to a service: made under its path with its policy and changed by nobody but it.
// Gap: service-linked roles are made only for services that are here or that SageMaker code names; nothing here works under
// one, so that its deletion always succeeds.
import { randomUUID } from "node:crypto";
import type { Operations as Contract } from "../../../../../contract/iam/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidInput, noSuchEntity } from "../errors.ts";
import { roleAnswer } from "../shared/answers.ts";
import { SERVICE_ROLE_PATH } from "../shared/aws-policies.ts";
import { commitChecked, created, createRow, event, retrying, unchanged } from "../shared/changes.ts";
import { findEntity, isServiceLinked, onEntity, roles } from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import { iamArn, type Role, roleKey } from "../shared/nouns.ts";
import { quotas, within } from "../shared/quotas.ts";
import { linkedServices } from "../shared/service-roles.ts";
import { newUniqueId } from "../shared/vault.ts";

/** How the last deletion of a role of that name went: it is over when it is answered. */
interface Deletion {
  readonly taskId: string;
}

const deletionKey = (account: string, roleName: string) => ({
  kind: "iam:service-linked-role-deletion",
  scope: account,
  name: roleName.toLowerCase(),
});

const SESSION_SECONDS = 3600;

export const serviceLinkedRole = (identities: Identities): Operations<Contract> => ({
  CreateServiceLinkedRole: {
    permissions: (input, call) => onLinked(call, input.AWSServiceName),
    async run(input, call) {
      const role = linkedRole(call, input);
      await createRow(
        within(identities, call.account, quotas.roles),
        created(roleKey(call.account, role.name), role, call.at),
        () =>
          invalidInput(`Service role name ${role.name} has been taken in this account, please try a different suffix.`),
      );
      return { Role: roleAnswer(role) };
    },
  },
  DeleteServiceLinkedRole: {
    permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
    async run(input, { account, at }) {
      const taskId = await retrying(() => remove(identities, account, input.RoleName, at));
      return { DeletionTaskId: taskId };
    },
  },
  GetServiceLinkedRoleDeletionStatus: {
    permissions(input, call) {
      const [, path, service, name] = input.DeletionTaskId.split("/");
      return [
        { action: `iam:${call.operation}`, resource: iamArn(call.account, "role", `/${path}/${service}/`, name ?? "") },
      ];
    },
    async run({ DeletionTaskId: taskId }, { account }) {
      const name = taskId.split("/")[3] ?? "";
      const row = await identities.rows.get<Deletion>(deletionKey(account, name));
      if (row?.document.taskId !== taskId) throw noSuchEntity(`Deletion task ${taskId} cannot be found.`);
      return { Status: "SUCCEEDED" as const };
    },
  },
});

/** Permission to make a role of the service, whatever its name will be. */
const onLinked = (call: Call, service: string): readonly Permission[] => [
  {
    action: `iam:${call.operation}`,
    resource: iamArn(call.account, "role", pathOf(service), linkedServices[service]?.role ?? "*"),
    conditions: { "iam:AWSServiceName": service },
  },
];

const pathOf = (service: string): string => `${SERVICE_ROLE_PATH}${service}/`;

/** @throws ApiError InvalidInput */
function linkedRole(
  call: Call,
  input: {
    readonly AWSServiceName: string;
    readonly CustomSuffix?: string | undefined;
    readonly Description?: string | undefined;
  },
): Role {
  const { AWSServiceName: service, CustomSuffix: suffix, Description: description } = input;
  const found = Object.hasOwn(linkedServices, service) ? linkedServices[service] : undefined;
  if (!found) {
    throw invalidInput(
      `Service-linked roles are made here for ${Object.keys(linkedServices).join(", ")}; got ${service}.`,
    );
  }
  if (suffix !== undefined) throw invalidInput(`Custom suffix is not allowed for ${service}`);
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  };
  return {
    name: found.role,
    path: pathOf(service),
    id: newUniqueId("AROA"),
    arn: iamArn(call.account, "role", pathOf(service), found.role),
    createdAt: call.at,
    inline: {},
    attached: [found.policy],
    tags: {},
    trust: JSON.stringify(trust),
    maxSessionSeconds: SESSION_SECONDS,
    ...(description === undefined ? {} : { description }),
  };
}

/** Removes the role and keeps that it is gone, in one commit. */
async function remove(identities: Identities, account: string, name: string, at: number): Promise<string> {
  const row = await findEntity(identities, roles, account, name);
  if (!isServiceLinked(row.document)) {
    throw invalidInput(`The role ${name} is no service-linked role: delete it with DeleteRole.`);
  }
  const taskId = `task${row.document.path}${name}/${randomUUID()}`;
  const deletion: Deletion = { taskId };
  const key = roleKey(account, name);
  await commitChecked(identities, {
    expect: [unchanged(row)],
    put: [created(deletionKey(account, name), deletion, at)],
    remove: [key],
    events: [event(key, "deleted")],
  });
  return taskId;
}
