// What ECR gives to the rest: its context, and images for the engine.

import type { Clock } from "../../core/clock.ts";
import { errors } from "../../core/errors.ts";
import type { Authorizer, Images, PolicyChecks } from "../../core/ports.ts";
import { digestOf } from "../../engine/images/oci/manifest.ts";
import type { Blobs } from "../../store/blobs/blobs.ts";
import { keptKey } from "../../store/durable.ts";
import type { Rows } from "../../store/rows/rows.ts";
import { layersNotFound } from "./errors.ts";
import { findByReference } from "./shared/images.ts";
import { findLayer, readLayer } from "./shared/layers.ts";
import type { EcrContext } from "./shared/model.ts";
import { findRepository, onRepository, requireRepository } from "./shared/repositories.ts";
import { sealingKeyOf } from "./shared/tokens.ts";

export type { EcrContext } from "./shared/model.ts";

/** What the service, its registry and its port work on. `keyFile` seals tokens; without it they end. */
export async function openEcr(parts: {
  readonly rows: Rows;
  readonly blobs: Blobs;
  readonly policies: PolicyChecks;
  readonly keyFile: string;
  readonly clock: Clock;
}): Promise<EcrContext> {
  const { keyFile, ...rest } = parts;
  return { ...rest, sealingKey: sealingKeyOf(await keptKey(keyFile)) };
}

/** What pulling an image takes (Amazon SageMaker developer guide, execution roles: the ECR actions of jobs). */
const PULL = ["BatchGetImage", "GetDownloadUrlForLayer"];

export const createImagesPort = (context: EcrContext, authorizer: Authorizer): Images => ({
  async look(repository, reference) {
    const image = await findByReference(context, repository, reference);
    if (image) return { digest: image.name };
    return (await findRepository(context, repository)) ? {} : undefined;
  },
  async open(principal, repository) {
    const permissions = await Promise.all(PULL.map((action) => onRepository(context, repository, action)));
    const facts = { at: context.clock.now(), region: repository.region, secure: true };
    const refusal = await authorizer.refusal(principal, permissions, facts);
    if (refusal !== undefined) throw errors.accessDenied(refusal);
    await requireRepository(context, repository);
    return {
      async manifest(reference) {
        const row = await findByReference(context, repository, reference);
        if (row === undefined) return undefined;
        const bytes = Buffer.from(row.document.manifest);
        return { digest: digestOf(bytes), bytes };
      },
      async blob(digest) {
        const row = await findLayer(context, repository, digest);
        if (row === undefined) throw layersNotFound(`The repository ${repository.repository} has no layer ${digest}.`);
        return readLayer(context, row);
      },
    };
  },
});
