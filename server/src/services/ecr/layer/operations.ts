// Layers by the API, which the registry's own protocol (registry/) does the same work for.
// Gap: a layer has to come in parts without gaps, of any size but the last; AWS wants at least 5 MiB.
// Gap: the registry deletes no layer by itself: layers go when no image of their repository names them. sha256 is the only
// algorithm of digests; manifests of Docker's schema 1 are refused.
import type { Operations as Contract } from "../../../../../contract/ecr/types.ts";
import type { Operations } from "../../../core/service.ts";
import { isDigest } from "../../../engine/images/oci/manifest.ts";
import { invalidLayer, invalidLayerPart, layerAlreadyExists, layersNotFound } from "../errors.ts";
import { findLayer, layersOf } from "../shared/layers.ts";
import { type EcrContext, registryHost } from "../shared/model.ts";
import { nameOf, repositoryAction, requireRepository } from "../shared/repositories.ts";
import { issueDownload } from "../shared/tokens.ts";
import { addToUpload, beginUpload, completeUpload, requireUpload } from "../shared/uploads.ts";

/** What AWS recommends for a part, and the service model's largest, in bytes. */
const PART_BYTES = 20 * 2 ** 20;
/** A part in base 64, and the rest of the request around it. */
const PART_BODY_BYTES = Math.ceil(PART_BYTES / 3) * 4 + 64 * 1024;

export const layer = (context: EcrContext): Operations<Contract> => ({
  BatchCheckLayerAvailability: {
    permissions: repositoryAction(context),
    async run({ layerDigests, ...input }, call) {
      const name = nameOf(input, call);
      await requireRepository(context, name);
      const found = await layersOf(context, name, layerDigests.filter(isDigest));
      return {
        layers: layerDigests.filter(isDigest).map((layerDigest) => {
          const row = found.get(layerDigest);
          return row === undefined
            ? { layerDigest, layerAvailability: "UNAVAILABLE" as const }
            : { layerDigest, layerAvailability: "AVAILABLE" as const, layerSize: row.document.sizeBytes };
        }),
        failures: layerDigests
          .filter((layerDigest) => !isDigest(layerDigest))
          .map((layerDigest) => ({
            layerDigest,
            failureCode: "InvalidLayerDigest" as const,
            failureReason: "Invalid layer digest; expected sha256: and 64 hexadecimal digits.",
          })),
      };
    },
  },
  InitiateLayerUpload: {
    permissions: repositoryAction(context),
    async run(input, call) {
      return { uploadId: await beginUpload(context, nameOf(input, call)), partSize: PART_BYTES };
    },
  },
  UploadLayerPart: {
    bodyLimitBytes: PART_BODY_BYTES,
    permissions: repositoryAction(context),
    async run({ uploadId, partFirstByte, partLastByte, layerPartBlob, ...input }, call) {
      const name = nameOf(input, call);
      await requireRepository(context, name);
      const row = await requireUpload(context, name, uploadId);
      const received = row.document.sizeBytes;
      if (partFirstByte !== received || partLastByte !== partFirstByte + layerPartBlob.length - 1)
        throw invalidLayerPart(
          `Expected a part that begins at byte ${received} and is as long as it says; got ${layerPartBlob.length} bytes as ${partFirstByte} to ${partLastByte}.`,
          {
            registryId: name.account,
            repositoryName: name.repository,
            uploadId,
            lastValidByteReceived: received - 1,
          },
        );
      const added = await addToUpload(context, name, row, once(layerPartBlob), call.signal);
      return {
        registryId: name.account,
        repositoryName: name.repository,
        uploadId,
        lastByteReceived: added.document.sizeBytes - 1,
      };
    },
  },
  CompleteLayerUpload: {
    permissions: repositoryAction(context),
    async run({ uploadId, layerDigests, ...input }, call) {
      const name = nameOf(input, call);
      await requireRepository(context, name);
      const row = await requireUpload(context, name, uploadId);
      const layerDigest = layerDigests.find(isDigest);
      if (layerDigest === undefined)
        throw invalidLayer(`Expected a layer digest sha256:<64 hexadecimal digits>, got ${layerDigests.join(", ")}.`);
      if (await findLayer(context, name, layerDigest))
        throw layerAlreadyExists(
          `Layer with digest '${layerDigest}' already exists in the repository with name '${name.repository}' in the registry with id '${name.account}'`,
        );
      await completeUpload(context, name, row, layerDigest);
      return { registryId: name.account, repositoryName: name.repository, uploadId, layerDigest };
    },
  },
  GetDownloadUrlForLayer: {
    permissions: repositoryAction(context),
    async run({ layerDigest, ...input }, call) {
      const name = nameOf(input, call);
      await requireRepository(context, name);
      if (!(await findLayer(context, name, layerDigest)))
        throw layersNotFound(
          `The layer with digest '${layerDigest}' does not exist in the repository with name '${name.repository}' in the registry with id '${name.account}'`,
        );
      const key = issueDownload(context.sealingKey, { ...name, digest: layerDigest }, context.clock.now());
      // Whoever came under a name of AWS reaches the registry under its name of AWS.
      const host = new URL(call.origin).hostname;
      const isAws = /\.amazonaws\.com(\.cn)?$/.test(host);
      const origin = isAws ? `https://${registryHost(name)}` : call.origin;
      return { downloadUrl: `${origin}/v2/${name.repository}/blobs/${layerDigest}?download=${key}`, layerDigest };
    },
  },
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
