// What an image's name says: registry, repository, tag and digest. After Docker's reference grammar.
import { isDigest } from "./oci/manifest.ts";

export interface ImageReference {
  /** With its port; absent when the name has none, which Docker takes for its own. */
  readonly registry?: string;
  /** `team/model`. */
  readonly repository: string;
  readonly tag?: string;
  /** `sha256:…` */
  readonly digest?: string;
}

/** The first part of a name is a registry if it has a dot or a port, or is localhost. */
export function parseReference(uri: string): ImageReference {
  const [name = "", digest] = uri.split("@");
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const hasRegistry = /[.:]|^localhost$/.test(first);
  const path = hasRegistry ? name.slice(slash + 1) : name;
  const colon = path.lastIndexOf(":");
  return {
    ...(hasRegistry ? { registry: first } : {}),
    repository: colon === -1 ? path : path.slice(0, colon),
    ...(colon === -1 ? {} : { tag: path.slice(colon + 1) }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Path of a repository in its registry. */
export const isRepositoryPath = (path: string): boolean =>
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/.test(path);

/** OCI distribution specification 1.1, "Pulling manifests". */
export const isTag = (tag: string): boolean => /^\w[\w.-]{0,127}$/.test(tag);

/** Whether a registry can be asked for it: in an address, anything else could lead to another place there. */
export const isAskable = ({ repository, tag = "latest", digest }: ImageReference): boolean =>
  isRepositoryPath(repository) && isTag(tag) && (digest === undefined || isDigest(digest));

/** What to ask a registry for: the digest wins, as in Docker. */
export const wantedOf = ({ digest, tag }: ImageReference): string => digest ?? tag ?? "latest";

/** Account and region of a name of ECR, `<account>.dkr.ecr.<region>.amazonaws.com`; undefined for other registries. */
export function ecrPlace(
  registry: string | undefined,
): { readonly account: string; readonly region: string } | undefined {
  const [, account, region] =
    /^(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(registry ?? "") ?? [];
  return account && region ? { account, region } : undefined;
}
