// Images of other registries: OCI distribution specification 1.1, "Pull", with the tokens of Docker's registries.
// Only registries that the settings name are asked (`registries`); every answer is held to its digest by who reads it.
import { Readable } from "node:stream";
import { UnitRefused } from "../../backends/backend.ts";
import type { ImageSource } from "../../core/ports.ts";
import { digestOf, isDigest, manifestTypes } from "./oci/manifest.ts";
import type { ImageReference } from "./reference.ts";

export interface RegistryAccount {
  readonly username: string;
  readonly password: string;
}

/** Accounts by host as the settings name it; undefined for one that is asked without. */
export type Registries = Readonly<Record<string, RegistryAccount | undefined>>;

/** What names without a registry mean, and where that one answers. */
const DOCKER_HUB = "docker.io";
const DOCKER_HUB_HOST = "registry-1.docker.io";
const LARGEST_MANIFEST_BYTES = 4 * 2 ** 20;

/** The host whose settings count for a name, and its repository there. */
export function placeIn(reference: ImageReference): { readonly host: string; readonly repository: string } {
  const host = reference.registry ?? DOCKER_HUB;
  const isShort = host === DOCKER_HUB && !reference.repository.includes("/");
  return { host, repository: isShort ? `library/${reference.repository}` : reference.repository };
}

/** With or without a port. */
export const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host);

/** A repository of another registry. Failures name the registry and what it answered. */
export function remoteSource(host: string, repository: string, account: RegistryAccount | undefined): ImageSource {
  const origin = `${isLoopback(host) ? "http" : "https"}://${host === DOCKER_HUB ? DOCKER_HUB_HOST : host}`;
  let authorization: string | undefined;
  const failed = (what: string, cause?: unknown): UnitRefused =>
    new UnitRefused(`registry ${host}: ${what}`, cause === undefined ? {} : { cause });

  const ask = async (url: string, headers: Readonly<Record<string, string>>): Promise<Response> => {
    try {
      return await fetch(url, { headers });
    } catch (cause) {
      const { message, cause: reason } = cause as Error;
      throw failed(`it cannot be reached (${reason instanceof Error ? reason.message : message}).`, cause);
    }
  };

  const get = async (path: string, accept: string): Promise<Response> => {
    const url = `${origin}/v2/${repository}/${path}`;
    const head = { accept, ...(authorization ? { authorization } : {}) };
    const response = await ask(url, head);
    if (response.status !== 401) return response;
    await response.body?.cancel();
    authorization = await authorizationFor(response.headers.get("www-authenticate") ?? "");
    return ask(url, { accept, authorization });
  };

  const basic = (): string | undefined =>
    account && `Basic ${Buffer.from(`${account.username}:${account.password}`).toString("base64")}`;

  /** What the challenge asks for: the account's own name, or a token that stands for it. RFC 6750 as Docker uses it. */
  const authorizationFor = async (challenge: string): Promise<string> => {
    const own = basic();
    if (/^basic\b/i.test(challenge)) {
      if (own) return own;
      throw failed(`it wants a user name and password for ${repository}: name them in the setting registries.`);
    }
    const parameters = new Map(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
    );
    const realm = URL.parse(parameters.get("realm") ?? "");
    const isSafe = realm?.protocol === "https:" || (realm?.protocol === "http:" && isLoopback(realm.host));
    if (!/^bearer\b/i.test(challenge) || !realm || !isSafe) throw failed(`it asks for what is not known: ${challenge}`);
    realm.searchParams.set("service", parameters.get("service") ?? "");
    realm.searchParams.set("scope", parameters.get("scope") ?? `repository:${repository}:pull`);
    const answer = await ask(realm.href, own ? { authorization: own } : {});
    if (!answer.ok)
      throw failed(`${realm.host} answered ${answer.status} to the request for a token for ${repository}.`);
    const { token, access_token } = (await answer.json()) as { token?: string; access_token?: string };
    return `Bearer ${token ?? access_token ?? ""}`;
  };

  return {
    async manifest(reference) {
      const response = await get(`manifests/${reference}`, [...manifestTypes.index, ...manifestTypes.image].join(", "));
      if (response.status === 404) {
        await response.body?.cancel();
        return undefined;
      }
      if (!response.ok) throw failed(await said(response, `the manifest of ${repository} ${reference}`));
      const bytes = await limited(response);
      if (bytes === undefined) throw failed(`the manifest of ${repository} ${reference} is too large.`);
      const digest = digestOf(bytes);
      if (isDigest(reference) && digest !== reference)
        throw failed(`asked for ${reference} of ${repository}, it gave ${digest}.`);
      return { digest, bytes };
    },
    async blob(digest) {
      const response = await get(`blobs/${digest}`, "*/*");
      if (!response.ok || !response.body) throw failed(await said(response, `${digest} of ${repository}`));
      const body = response.body as AsyncIterable<Uint8Array>;
      const broken = (cause: unknown) => failed(`the connection broke while ${digest} of ${repository} came.`, cause);
      return Readable.from(orElse(body, broken), { objectMode: false });
    },
  };
}

/** The pieces; a failure between them becomes another. */
async function* orElse(pieces: AsyncIterable<Uint8Array>, failure: (cause: unknown) => Error) {
  try {
    yield* pieces;
  } catch (cause) {
    throw failure(cause);
  }
}

async function said(response: Response, what: string): Promise<string> {
  const text = (await response.text()).slice(0, 500);
  return `it answered ${response.status} to the request for ${what}: ${text}`;
}

async function limited(response: Response): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    sizeBytes += piece.length;
    if (sizeBytes > LARGEST_MANIFEST_BYTES) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
