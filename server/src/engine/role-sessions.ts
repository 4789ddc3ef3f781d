// Temporary credentials of execution roles, shared by everything that works under the same role, and renewed before
// they end.
import type { RoleSession, RoleSessions } from "../core/ports.ts";

/** Length of a session; renewed when less than a quarter of it is left (SDKs refresh 15 minutes before the end). */
const DURATION_SECONDS = 3600;
/** As AWS names it: jobs run as `assumed-role/<role>/SageMaker`. */
const SESSION_NAME = "SageMaker";
const RENEW_BELOW_MS = (DURATION_SECONDS * 1000) / 4;

export class SessionCache {
  readonly #roles: RoleSessions;
  readonly #now: () => number;
  readonly #sessions = new Map<string, Promise<RoleSession>>();

  constructor(roles: RoleSessions, now: () => number) {
    this.#roles = roles;
    this.#now = now;
  }

  /** A session with at least a quarter of its time left. @throws ApiError as RoleSessions.assume */
  async session(roleArn: string): Promise<RoleSession> {
    const known = await this.#sessions.get(roleArn);
    if (known && known.expiresAt - this.#now() > RENEW_BELOW_MS) return known;
    const made = this.#roles.assume({
      roleArn,
      sessionName: SESSION_NAME,
      servicePrincipal: "sagemaker.amazonaws.com",
      durationSeconds: DURATION_SECONDS,
    });
    this.#sessions.set(roleArn, made);
    // A failed session is not kept: the role may be there next time.
    made.catch(() => this.#sessions.delete(roleArn));
    return made;
  }
}
