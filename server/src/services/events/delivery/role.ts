// In whose name a target is called: the role that the target names, else the account of the rule.
import type { Principal } from "../../../core/call.ts";
import type { RoleSessions } from "../../../core/ports.ts";

const SESSION_SECONDS = 900;

/** @throws ApiError when the role does not exist or does not trust EventBridge */
export async function workingAs(roles: RoleSessions, roleArn: string | undefined, account: string): Promise<Principal> {
  if (roleArn === undefined) return { kind: "root", arn: `arn:aws:iam::${account}:root`, account, userId: account };
  const session = await roles.assume({
    roleArn,
    sessionName: "events",
    servicePrincipal: "events.amazonaws.com",
    durationSeconds: SESSION_SECONDS,
  });
  return session.principal;
}
