// Execution roles as requests name them: looked at when a job is created, so that the caller hears at once.
import { ApiError, errors } from "../../../core/errors.ts";
import type { RoleSession, RoleSessions } from "../../../core/ports.ts";

/** @throws ApiError Validation when SageMaker cannot work under the role */
export async function checkRole(roles: RoleSessions, roleArn: string): Promise<RoleSession> {
  try {
    return await roles.assume({
      roleArn,
      sessionName: "SageMaker",
      servicePrincipal: "sagemaker.amazonaws.com",
      durationSeconds: 900,
    });
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    throw errors.validation(
      `Could not assume role ${roleArn}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.`,
    );
  }
}
