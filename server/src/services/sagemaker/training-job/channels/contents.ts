// What the channels of a job hold.
import type { Channel, CreateTrainingJobRequest } from "../../../../../../contract/sagemaker/types.ts";
import type { Principal } from "../../../../core/call.ts";
import type { ObjectFacts, Objects } from "../../../../core/ports.ts";
import type { ActivityContext } from "../../../../engine/job-kind.ts";
import { JobFailure } from "../../../../engine/job-kind.ts";
import { inSource } from "../../shared/copy-inputs.ts";
import { explained, type InputObject, listInputs, listObjects } from "../../shared/inputs.ts";
import { LookedOnce } from "../../shared/looked-once.ts";
import { needS3Uri, s3Uri } from "../../shared/s3-uri.ts";
import { groupOf, type TrainingDocument } from "../document.ts";
import { isPipe, sourceOf } from "./channel.ts";

export type Content = { readonly objects: readonly InputObject[] } | { readonly manifest: ObjectFacts };

/** Content of each channel, by name. */
export type Contents = ReadonlyMap<string, Content>;

/** An augmented manifest is kept in memory while it is streamed. */
const AUGMENTED_LIMIT_BYTES = 2 ** 30;

/** Lists kept for as long as any host of the attempt downloads. */
export class ContentLists {
  readonly #objects: Objects;
  readonly #lists = new LookedOnce<Contents>();

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /** @throws JobFailure ClientError naming channel and place */
  of(work: ActivityContext<TrainingDocument>): Promise<Contents> {
    return this.#lists.of(groupOf(work.row.document), work.signal, () => this.#look(work));
  }

  async #look(work: ActivityContext<TrainingDocument>): Promise<Contents> {
    const { request } = work.row.document;
    const channels = request.InputDataConfig ?? [];
    const found = new Map<string, Content>();
    if (channels.length === 0) return found;
    const { principal } = await work.session(request.RoleArn);
    for (const channel of channels)
      found.set(channel.ChannelName, await contentOf(channel, { objects: this.#objects, principal, request }));
    return found;
  }
}

interface Looking {
  readonly objects: Objects;
  readonly principal: Principal;
  readonly request: CreateTrainingJobRequest;
}

async function contentOf(channel: Channel, { objects, principal, request }: Looking): Promise<Content> {
  const source = channel.DataSource.S3DataSource;
  if (!source) return { objects: [] };
  const place = { uri: source.S3Uri, roleArn: request.RoleArn };
  try {
    if (source.S3DataType === "AugmentedManifestFile") {
      const manifest = await explained(place, () => objects.head(principal, needS3Uri(source.S3Uri, "S3Uri")));
      if (manifest.sizeBytes > AUGMENTED_LIMIT_BYTES)
        throw new JobFailure(
          `ClientError: The manifest ${s3Uri(manifest)} has ${manifest.sizeBytes} bytes; at most ${AUGMENTED_LIMIT_BYTES} are read.`,
        );
      return { manifest };
    }
    const type = source.S3DataType === "ManifestFile" ? "ManifestFile" : "S3Prefix";
    const list = isPipe(channel, request) ? listObjects : listInputs;
    return { objects: await list(objects, principal, { ...place, type }) };
  } catch (cause) {
    throw inSource(sourceOf(channel), cause);
  }
}
