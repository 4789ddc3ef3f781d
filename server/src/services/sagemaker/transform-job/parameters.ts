// How a transform job calls its container: the request's wish, else what the container answers to
// GET /execution-parameters, else the defaults of the API reference.
import type { CreateTransformJobRequest } from "../../../../../contract/sagemaker/types.ts";

export interface TransformParameters {
  readonly concurrency: number;
  /** Most bytes of one request; undefined: files are streamed as they are. */
  readonly payloadBytes: number | undefined;
  readonly strategy: "SingleRecord" | "MultiRecord";
}

const DEFAULT_PAYLOAD_MB = 6;
const MIB = 2 ** 20;

const strategies: Readonly<Record<string, TransformParameters["strategy"]>> = {
  SINGLE_RECORD: "SingleRecord",
  SINGLERECORD: "SingleRecord",
  MULTI_RECORD: "MultiRecord",
  MULTIRECORD: "MultiRecord",
};

/** `answer`: the container's body, undefined when it has no such path. What is not understood in it counts as absent. */
export function parametersOf(request: CreateTransformJobRequest, answer: string | undefined): TransformParameters {
  const wishes = readAnswer(answer);
  const megabytes = request.MaxPayloadInMB ?? wishes.payloadMb ?? DEFAULT_PAYLOAD_MB;
  return {
    concurrency: request.MaxConcurrentTransforms || wishes.concurrency || 1,
    payloadBytes: megabytes === 0 ? undefined : megabytes * MIB,
    strategy: request.BatchStrategy ?? wishes.strategy ?? "MultiRecord",
  };
}

interface Wishes {
  readonly concurrency?: number;
  readonly payloadMb?: number;
  readonly strategy?: TransformParameters["strategy"] | undefined;
}

function readAnswer(answer: string | undefined): Wishes {
  if (answer === undefined) return {};
  let wishes: unknown;
  try {
    wishes = JSON.parse(answer);
  } catch (cause) {
    if (cause instanceof SyntaxError) return {};
    throw cause;
  }
  if (typeof wishes !== "object" || wishes === null) return {};
  const { MaxConcurrentTransforms, MaxPayloadInMB, BatchStrategy } = wishes as Readonly<Record<string, unknown>>;
  return {
    ...(isCount(MaxConcurrentTransforms) ? { concurrency: MaxConcurrentTransforms } : {}),
    ...(isCount(MaxPayloadInMB) ? { payloadMb: MaxPayloadInMB } : {}),
    ...(typeof BatchStrategy === "string" ? { strategy: strategies[BatchStrategy.toUpperCase()] } : {}),
  };
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;

/** Variables that tell the container it serves a batch; those of wishes only when the request names them. */
export function batchEnvironment(request: CreateTransformJobRequest): Readonly<Record<string, string>> {
  const { MaxPayloadInMB, BatchStrategy, MaxConcurrentTransforms } = request;
  return {
    SAGEMAKER_BATCH: "true",
    ...(MaxPayloadInMB === undefined ? {} : { SAGEMAKER_MAX_PAYLOAD_IN_MB: String(MaxPayloadInMB) }),
    ...(BatchStrategy === undefined
      ? {}
      : { SAGEMAKER_BATCH_STRATEGY: BatchStrategy === "SingleRecord" ? "SINGLE_RECORD" : "MULTI_RECORD" }),
    ...(MaxConcurrentTransforms === undefined
      ? {}
      : { SAGEMAKER_MAX_CONCURRENT_TRANSFORMS: String(MaxConcurrentTransforms) }),
  };
}
