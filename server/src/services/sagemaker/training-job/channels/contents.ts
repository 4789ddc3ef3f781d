// What the channels of a job hold, looked up once for all hosts of an attempt: only from the same list can each host
// take its share.
import type { Channel, CreateTrainingJobRequest } from "../../../../../../contract/sagemaker/types.ts";
import type { Principal } from "../../../../core/call.ts";
import type { ObjectFacts, Objects } from "../../../../core/ports.ts";
import type { ActivityContext } from "../../../../engine/job-kind.ts";
import { JobFailure } from "../../../../engine/job-kind.ts";
import { explained, type InputObject, listInputs, listObjects } from "../../shared/inputs.ts";
import { needS3Uri, s3Uri } from "../../shared/s3-uri.ts";
import { groupOf, type TrainingDocument } from "../document.ts";
import { isPipe } from "./channel.ts";

export type Content = { readonly objects: readonly InputObject[] } | { readonly manifest: ObjectFacts };

/** Content of each channel, by name. */
export type Contents = ReadonlyMap<string, Content>;

/** An augmented manifest is kept in memory while it is streamed. */
const AUGMENTED_LIMIT_BYTES = 2 ** 30;

/** Lists kept for as long as any host of the attempt downloads. */
export class ContentLists {
  readonly #objects: Objects;
  readonly #lists = new Map<string, Promise<Contents>>();

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /** @throws JobFailure ClientError naming channel and place */
  of(work: ActivityContext<TrainingDocument>): Promise<Contents> {
    const { document } = work.row;
    const key = groupOf(document);
    const known = this.#lists.get(key) ?? this.#look(work);
    this.#lists.set(key, known);
    // Aborted for all hosts alike, at the latest when the job trains.
    work.signal.addEventListener("abort", () => this.#lists.delete(key), { once: true });
    if (work.signal.aborted) this.#lists.delete(key);
    return known;
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
    throw inChannel(channel.ChannelName, cause);
  }
}

/** Names the channel in a failure's text. */
export function inChannel(channel: string, cause: unknown): unknown {
  if (!(cause instanceof JobFailure)) return cause;
  const text = cause.message.replace(/^ClientError: /, "");
  return new JobFailure(`ClientError: Data download failed for channel "${channel}": ${text}`);
}
