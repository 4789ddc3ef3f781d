// What a container finds at http://169.254.170.2: the credentials of its execution role, where every AWS SDK looks for
// them (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, as on ECS), and this server's own API. One socket for all units; who
// asks is told by the token in the address, which only the unit's environment holds.
import { createHmac, timingSafeEqual } from "node:crypto";
import { chmod, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { RoleSession } from "../core/ports.ts";

const PREFIX = "/v2/credentials/";

export interface PlatformParts {
  /** Path of the Unix socket; short, since the system takes about 100 bytes. */
  readonly socket: string;
  /** Makes tokens; kept over restarts so that units that go on running keep theirs. */
  readonly secret: Buffer;
  /** Session of the role of a unit that runs; undefined when there is none. */
  readonly session: (unitId: string) => Promise<RoleSession | undefined>;
  /** The server's API. */
  readonly api: RequestListener;
}

export class Platform {
  readonly #parts: PlatformParts;
  readonly #server: Server;

  constructor(parts: PlatformParts) {
    this.#parts = parts;
    this.#server = createServer((request, response) => {
      if (!request.url?.startsWith(PREFIX)) return parts.api(request, response);
      this.#credentials(request.url.slice(PREFIX.length)).then(
        ({ status, body }) => {
          response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
        },
        (cause: Error) => {
          response.writeHead(500, { "content-type": "application/json" });
          response.end(JSON.stringify({ code: "InternalFailure", message: cause.message }));
        },
      );
    });
  }

  get socket(): string {
    return this.#parts.socket;
  }

  async listen(): Promise<void> {
    await rm(this.#parts.socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#parts.socket, resolve);
    });
    await chmod(this.#parts.socket, 0o600);
    this.#server.unref();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** What a unit's environment needs to find its role's credentials and our API. */
  environment(unitId: string, hasRole: boolean): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: "http://169.254.170.2",
      ...(hasRole ? { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: `${PREFIX}${this.#token(unitId)}` } : {}),
    };
  }

  /** What only the hosts of a group know, by which they trust each other (images/kit/connections.py). */
  hostsSecret(group: string): string {
    // No unit's id has a space in it, so that this is no unit's token.
    return createHmac("sha256", this.#parts.secret).update(`hosts of ${group}`).digest("base64url");
  }

  #token(unitId: string): string {
    return `${unitId}.${createHmac("sha256", this.#parts.secret).update(unitId).digest("base64url")}`;
  }

  async #credentials(token: string): Promise<{ readonly status: number; readonly body: object }> {
    const unitId = token.slice(0, token.lastIndexOf("."));
    const [given, right] = [Buffer.from(token), Buffer.from(this.#token(unitId))];
    const session =
      given.length === right.length && timingSafeEqual(given, right) ? await this.#parts.session(unitId) : undefined;
    if (!session) return { status: 404, body: { code: "NotFound", message: "No running job has these credentials." } };
    return {
      status: 200,
      body: {
        RoleArn: session.principal.roleArn,
        AccessKeyId: session.accessKeyId,
        SecretAccessKey: session.secretAccessKey,
        Token: session.sessionToken,
        Expiration: new Date(session.expiresAt).toISOString(),
      },
    };
  }
}
