// The registry of the running server as the command line reaches it, with the key of the data folder's owner.
import type { Readable } from "node:stream";
import { hmacHex, sha256Hex, signingKey } from "../wire/signatures/version4.ts";
import { type ProfileKeys, readCredentials, serverAddress } from "./folder.ts";
import type { Settings } from "./settings.ts";

/** What cannot be done with an image, in words for people. */
export class ImageTrouble extends Error {
  override readonly name = "ImageTrouble";
}

export interface OwnRegistry {
  /** Its name for jobs, without a tag. */
  ensureRepository(repository: string): Promise<string>;
  hasBlob(repository: string, digest: string): Promise<boolean>;
  putBlob(repository: string, digest: string, bytes: Readable, sizeBytes: number): Promise<void>;
  putManifest(repository: string, tag: string, bytes: Uint8Array, mediaType: string): Promise<void>;
  list(): Promise<readonly string[]>;
  remove(repository: string, tag: string): Promise<void>;
}

interface RepositoryAnswer {
  readonly repository?: { readonly repositoryUri: string };
  readonly repositories?: readonly { readonly repositoryName: string; readonly repositoryUri: string }[];
  readonly authorizationData?: readonly { readonly authorizationToken: string }[];
  readonly imageIds?: readonly { readonly imageTag?: string }[];
  readonly nextToken?: string;
}

/** @throws ImageTrouble when no server runs on the data folder */
export async function openOwnRegistry(settings: Settings): Promise<OwnRegistry> {
  const address = await serverAddress(settings.data);
  const keys = (await readCredentials(settings.data))?.["root"];
  if (address === undefined || keys === undefined)
    throw new ImageTrouble(
      `No server runs on ${settings.data}: start it with \`sagebrush serve --data ${settings.data}\`, or name another folder with --data.`,
    );
  const call = (operation: string, input: object) =>
    callEcr({ address, keys, region: settings.region }, operation, input);
  const [data] = (await call("GetAuthorizationToken", {})).authorizationData ?? [];
  const authorization = `Basic ${data?.authorizationToken}`;
  const ask = async (method: string, path: string, more: RequestInit = {}, fine: readonly number[] = []) => {
    const headers = { ...(more.headers as Record<string, string>), authorization };
    const response = await send(`${address}${path}`, { ...more, method, headers });
    if (!response.ok && !fine.includes(response.status))
      throw new ImageTrouble(`The server answered ${response.status} to ${method} ${path}: ${await response.text()}`);
    return response;
  };
  return {
    async ensureRepository(repositoryName) {
      const made = await call("CreateRepository", { repositoryName }).catch((cause: unknown) => {
        if (cause instanceof ImageTrouble && cause.message.includes("RepositoryAlreadyExistsException"))
          return undefined;
        throw cause;
      });
      const found = made ?? (await call("DescribeRepositories", { repositoryNames: [repositoryName] }));
      return (found.repository ?? found.repositories?.[0])?.repositoryUri ?? "";
    },
    async hasBlob(repository, digest) {
      return (await ask("HEAD", `/v2/${repository}/blobs/${digest}`, {}, [404])).ok;
    },
    async putBlob(repository, digest, bytes, sizeBytes) {
      const begun = await ask("POST", `/v2/${repository}/blobs/uploads/`);
      await ask("PUT", `${begun.headers.get("location")}?digest=${digest}`, {
        headers: { "content-length": String(sizeBytes), "content-type": "application/octet-stream" },
        body: bytes as unknown as NonNullable<RequestInit["body"]>,
        duplex: "half",
      } as RequestInit);
    },
    async putManifest(repository, tag, bytes, mediaType) {
      const headers = { "content-type": mediaType };
      await ask("PUT", `/v2/${repository}/manifests/${tag}`, {
        headers,
        body: bytes as NonNullable<RequestInit["body"]>,
      });
    },
    async list() {
      const names: string[] = [];
      for (let nextToken: string | undefined; ; ) {
        const page = await call("DescribeRepositories", { ...(nextToken ? { nextToken } : {}) });
        for (const { repositoryName, repositoryUri } of page.repositories ?? [])
          names.push(...(await tagsOf(call, repositoryName)).map((tag) => `${repositoryUri}:${tag}`));
        nextToken = page.nextToken;
        if (nextToken === undefined) return names;
      }
    },
    async remove(repository, tag) {
      await ask("DELETE", `/v2/${repository}/manifests/${tag}`);
    },
  };
}

type EcrCall = (operation: string, input: object) => Promise<RepositoryAnswer>;

async function tagsOf(call: EcrCall, repositoryName: string): Promise<readonly string[]> {
  const tags: string[] = [];
  for (let nextToken: string | undefined; ; ) {
    const filter = { tagStatus: "TAGGED" };
    const page = await call("ListImages", { repositoryName, filter, ...(nextToken ? { nextToken } : {}) });
    tags.push(...(page.imageIds ?? []).flatMap(({ imageTag }) => imageTag ?? []));
    nextToken = page.nextToken;
    if (nextToken === undefined) return tags;
  }
}

interface Caller {
  readonly address: string;
  readonly keys: ProfileKeys;
  readonly region: string;
}

/** One signed call of the ECR API. AWS General Reference, "Signature Version 4 signing process". */
async function callEcr({ address, keys, region }: Caller, operation: string, input: object): Promise<RepositoryAnswer> {
  const body = JSON.stringify(input);
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const target = `AmazonEC2ContainerRegistry_V20150921.${operation}`;
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    host: new URL(address).host,
    "x-amz-date": time,
    "x-amz-target": target,
  };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = `POST\n/\n\n${lines.join("")}\n${names}\n${sha256Hex(body)}`;
  const date = time.slice(0, 8);
  const scope = `${date}/${region}/ecr/aws4_request`;
  const key = signingKey(keys.aws_secret_access_key, { date, region, service: "ecr" });
  const signature = hmacHex(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256Hex(canonical)}`);
  const authorization = `AWS4-HMAC-SHA256 Credential=${keys.aws_access_key_id}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  const response = await send(address, { method: "POST", headers: { ...headers, authorization }, body });
  const answer = (await response.json()) as RepositoryAnswer & { readonly __type?: string; readonly message?: string };
  if (!response.ok) throw new ImageTrouble(`${operation}: ${answer.__type}: ${answer.message}`);
  return answer;
}

/** @throws ImageTrouble when the server does not answer */
async function send(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (cause) {
    const { message, cause: reason } = cause as Error;
    throw new ImageTrouble(
      `The server at ${new URL(url).host} does not answer: ${reason instanceof Error ? reason.message : message}.`,
      { cause },
    );
  }
}
