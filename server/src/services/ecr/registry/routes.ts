// Which handler a request to the registry is for. OCI distribution specification 1.1, "Endpoints".
import { isRepositoryName } from "../shared/model.ts";
import { deleteBlob, getBlob, headBlob } from "./blobs.ts";
import { nameInvalid, unsupported } from "./errors.ts";
import type { Handler } from "./exchange.ts";
import { getBase, getCatalog, getTags } from "./lists.ts";
import { deleteManifest, getManifest, getReferrers, headManifest, putManifest } from "./manifests.ts";
import { deleteUpload, getUpload, patchUpload, postUpload, putUpload } from "./uploads.ts";

export interface RegistryRoute {
  readonly handler: Handler;
  /** Operation of ECR that the call log names it by. */
  readonly operation: string;
  readonly repository: string;
  readonly reference: string;
}

type Methods = Readonly<Record<string, readonly [Handler, operation: string]>>;

/** Groups of the patterns: repository, reference. */
const table: readonly (readonly [RegExp, Methods])[] = [
  [/^\/v2\/?()()$/, { GET: [getBase, "GetAuthorizationToken"], HEAD: [getBase, "GetAuthorizationToken"] }],
  [/^\/v2\/_catalog()()$/, { GET: [getCatalog, "DescribeRepositories"] }],
  [/^\/v2\/(.+)\/tags\/list()$/, { GET: [getTags, "ListImages"] }],
  [/^\/v2\/(.+)\/referrers\/([^/]+)$/, { GET: [getReferrers, "BatchGetImage"] }],
  [
    /^\/v2\/(.+)\/manifests\/([^/]+)$/,
    {
      HEAD: [headManifest, "BatchGetImage"],
      GET: [getManifest, "BatchGetImage"],
      PUT: [putManifest, "PutImage"],
      DELETE: [deleteManifest, "BatchDeleteImage"],
    },
  ],
  [/^\/v2\/(.+)\/blobs\/uploads\/?()$/, { POST: [postUpload, "InitiateLayerUpload"] }],
  [
    /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/,
    {
      PATCH: [patchUpload, "UploadLayerPart"],
      PUT: [putUpload, "CompleteLayerUpload"],
      GET: [getUpload, "UploadLayerPart"],
      DELETE: [deleteUpload, "UploadLayerPart"],
    },
  ],
  [
    /^\/v2\/(.+)\/blobs\/([^/]+)$/,
    {
      HEAD: [headBlob, "BatchCheckLayerAvailability"],
      GET: [getBlob, "GetDownloadUrlForLayer"],
      DELETE: [deleteBlob, "BatchDeleteImage"],
    },
  ],
];

/** @throws RegistryError for a path or method that the protocol does not have, and for names no repository has */
export function routeOf(method: string, path: string): RegistryRoute {
  for (const [pattern, methods] of table) {
    const [, repository, reference] = pattern.exec(path) ?? [];
    if (repository === undefined || reference === undefined) continue;
    const found = methods[method];
    if (found === undefined)
      throw unsupported(`${method} is not answered here; ${Object.keys(methods).join(", ")} are.`);
    if (repository !== "" && !isRepositoryName(repository)) throw nameInvalid(repository);
    return { handler: found[0], operation: found[1], repository, reference };
  }
  throw unsupported(`The registry has nothing at ${path.slice(0, 300)}.`, 404);
}
