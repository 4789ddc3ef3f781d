// For the unit tests of the wire: a wire on a port with small services, and a client that signs by itself, so that
// tests can send what SDKs cannot. The signing follows AWS's description and shares no code with the server's.
import { createHash, createHmac } from "node:crypto";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import type { Principal } from "../core/call.ts";
import type { CallRecord } from "../core/call-record.ts";
import { realClock } from "../core/clock.ts";
import { errors } from "../core/errors.ts";
import { createLog } from "../core/log.ts";
import type { Service } from "../core/service.ts";
import { httpOptions, serve } from "./http.ts";
import { createWire, type Wire } from "./wire.ts";

export const KEY = "AKIAEXAMPLE";
export const SECRET = "secret/with+signs";

const principal: Principal = {
  kind: "user",
  arn: "arn:aws:iam::123456789012:user/ann",
  account: "123456789012",
  userId: "AIDAEXAMPLE",
  accessKeyId: KEY,
};

export interface TestServer {
  readonly port: number;
  readonly wire: Wire;
  /** Every call so far, as the call log got it. */
  readonly records: CallRecord[];
  /** Lines of the server's own log. */
  readonly log: string[];
  close(): Promise<void>;
}

/** A wire with the given services; the user may do anything but what `denied` names. */
export async function startWire(services: readonly Service[], denied: readonly string[] = []): Promise<TestServer> {
  const records: CallRecord[] = [];
  const log: string[] = [];
  const wire = createWire({
    services,
    authenticator: {
      credential(accessKeyId) {
        if (accessKeyId === KEY) return { secretAccessKey: SECRET, principal };
        throw errors.invalidClientToken("The security token included in the request is invalid.");
      },
    },
    authorizer: {
      refusal: ({ kind }, permissions) =>
        permissions.find(({ action }) => denied.includes(action) || (kind === "anonymous" && action.startsWith("s3:")))
          ?.action,
    },
    calls: {
      during: (_call, work) => work(),
      record: async (record) => {
        records.push(record);
      },
    },
    clock: realClock,
    log: createLog("warn", (line) => log.push(line)),
    region: "us-east-1",
  });
  const server = createServer(httpOptions);
  serve(server, (incoming, response) => void wire.handle(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    wire,
    records,
    log,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface TestRequest {
  readonly method?: string;
  /** Path and query as they go over the line. */
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Signing name; S3 signs its payload's hash. */
  readonly service: string;
  /** Changes the request after it was signed; an undefined header is left out. */
  readonly tamper?: {
    readonly headers?: Readonly<Record<string, string | undefined>>;
    readonly target?: string;
    readonly body?: string | Buffer;
  };
  /** Header left out of the list of signed headers, after signing. */
  readonly unlisted?: string;
  readonly time?: Date;
  readonly accessKeyId?: string;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const mac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Signs with Version 4 in the header and sends. */
export async function send(port: number, what: TestRequest): Promise<TestAnswer> {
  const { method = "POST", target = "/", body = "", service } = what;
  const time = (what.time ?? new Date()).toISOString().replace(/[-:]|\.\d+/g, "");
  const hash = sha256(body);
  const headers: Record<string, string> = {
    host: `127.0.0.1:${port}`,
    "x-amz-date": time,
    ...(service === "s3" ? { "x-amz-content-sha256": hash } : {}),
    ...what.headers,
  };
  const names = Object.keys(headers).sort();
  const [path = "/", query = ""] = target.split("?");
  const parameters = query.split("&").map((part) => (part === "" || part.includes("=") ? part : `${part}=`));
  const canonical = [
    method,
    path,
    parameters.sort().join("&"),
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    names.join(";"),
    headers["x-amz-content-sha256"] ?? hash,
  ].join("\n");
  const scope = `${time.slice(0, 8)}/us-east-1/${service}/aws4_request`;
  const key = mac(mac(mac(mac(`AWS4${SECRET}`, time.slice(0, 8)), "us-east-1"), service), "aws4_request");
  const signature = mac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString("hex");
  const credential = `${what.accessKeyId ?? KEY}/${scope}`;
  headers["authorization"] =
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.filter((name) => name !== what.unlisted).join(";")}, Signature=${signature}`;
  const changed = Object.entries({ ...headers, ...what.tamper?.headers });
  return exchange(port, method, {
    target,
    body,
    ...what.tamper,
    headers: Object.fromEntries(changed.filter((pair): pair is [string, string] => pair[1] !== undefined)),
  });
}

/** Sends as it is. */
export function exchange(
  port: number,
  method: string,
  sent: { readonly headers: Record<string, string>; readonly target: string; readonly body: string | Buffer },
): Promise<TestAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { ...sent.headers, "content-length": String(Buffer.byteLength(sent.body)) };
    const outgoing = httpRequest({ port, host: "127.0.0.1", method, path: sent.target, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(parts).toString("utf8"),
        }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(sent.body);
  });
}

/** A call of an AWS JSON 1.1 service. */
export const callJson = (
  port: number,
  service: string,
  target: string,
  input: unknown,
  more: Partial<TestRequest> = {},
): Promise<TestAnswer> =>
  send(port, {
    service,
    body: typeof input === "string" ? input : JSON.stringify(input),
    ...more,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target, ...more.headers },
  });
