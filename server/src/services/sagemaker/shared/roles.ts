// Execution roles as requests name them: looked at when a job is created, so that the caller hears at once.
import type { RoleSessions } from "../../../core/ports.ts";

/** @throws ApiError Validation when SageMaker cannot work under the role */
export const checkRole = (roles: RoleSessions, roleArn: string): Promise<void> =>
  roles.check({ roleArn, servicePrincipal: "sagemaker.amazonaws.com" });
