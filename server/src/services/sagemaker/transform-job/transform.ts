// The work of a transform job: each input object through the container to one output object, which appears whole or
// not at all. A file that fails does not hold up the others.
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Principal } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Dial, Objects } from "../../../core/ports.ts";
import { ContainerClient } from "../../../engine/container-client.ts";
import { ContainerUnreachable } from "../../../engine/container-exchange.ts";
import { type ActivityContext, JobFailure } from "../../../engine/job-kind.ts";
import { type InputObject, listInputs } from "../shared/inputs.ts";
import { parseS3Uri, s3Uri } from "../shared/s3-uri.ts";
import type { TransformDocument } from "./document.ts";
import { parametersOf, type TransformParameters } from "./parameters.ts";
import type { Processing } from "./processing/processing.ts";
import { BadRecord, linePieces, type Piece } from "./records.ts";
import { type Calling, call, createLimit, FileFailure, inOrder } from "./requests.ts";
import { wrappedPieces } from "./wrapped-records.ts";

/** Port of the container contract. */
export const SERVING_PORT = 8080;

/** Defaults of ModelClientConfig (API reference). */
const DEFAULT_TIMEOUT_SECONDS = 600;
const DEFAULT_RETRIES = 3;
const PARAMETERS_TIMEOUT_MS = 5_000;
const NEWLINE = Buffer.from("\n");
/** Pieces that are cut while others are answered, so that the container does not wait for the next. */
const AHEAD = 1;
/** Most bytes of a file that is filtered as a whole when the job sets no limit: the largest payload AWS allows. */
const LARGEST_PAYLOAD_BYTES = 100 * 2 ** 20;

interface Transforming extends TransformParameters {
  readonly work: ActivityContext<TransformDocument>;
  readonly objects: Objects;
  readonly principal: Principal;
  readonly calling: Calling;
  readonly limit: <Result>(run: () => Promise<Result>) => Promise<Result>;
  /** Filters and join; undefined when records go and come as they are. */
  readonly processing: Processing | undefined;
}

/** The activity `transform`. @throws JobFailure naming the first file that failed, after all others are done */
export const transform =
  (objects: Objects) =>
  async (work: ActivityContext<TransformDocument>): Promise<undefined> => {
    const { request, model } = work.row.document;
    const dial = await work.dial(work.of ?? "", SERVING_PORT);
    const { principal } = await work.session(model.roleArn);
    const parameters = parametersOf(request, await askParameters(dial));
    const source = request.TransformInput.DataSource.S3DataSource;
    const type = source.S3DataType === "ManifestFile" ? "ManifestFile" : "S3Prefix";
    const files = await listInputs(objects, principal, { type, uri: source.S3Uri, roleArn: model.roleArn });
    const client = new ContainerClient(dial, parameters.concurrency);
    try {
      const calling = callingOf(work, client);
      const limit = createLimit(parameters.concurrency);
      const { processingOf } = await import("./processing/processing.ts");
      const processing = processingOf(request);
      await transformAll(files, { ...parameters, work, objects, principal, calling, limit, processing });
    } finally {
      await client.close();
    }
    return undefined;
  };

function callingOf({ row, signal }: ActivityContext<TransformDocument>, client: ContainerClient): Calling {
  const { TransformInput, TransformOutput, ModelClientConfig } = row.document.request;
  return {
    client,
    headers: {
      ...(TransformInput.ContentType === undefined ? {} : { "content-type": TransformInput.ContentType }),
      ...(TransformOutput.Accept === undefined ? {} : { accept: TransformOutput.Accept }),
    },
    timeoutMs: (ModelClientConfig?.InvocationsTimeoutInSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
    retries: ModelClientConfig?.InvocationsMaxRetries ?? DEFAULT_RETRIES,
    signal,
  };
}

/** What the container says of how it wants to be called; undefined when it does not. */
async function askParameters(dial: Dial): Promise<string | undefined> {
  const client = new ContainerClient(dial, 1);
  try {
    const request = { method: "GET", path: "/execution-parameters", timeoutMs: PARAMETERS_TIMEOUT_MS } as const;
    const { status, body } = await client.ask(request);
    return status === 200 ? body.toString("utf8") : undefined;
  } catch (cause) {
    if (cause instanceof ContainerUnreachable) return undefined;
    throw cause;
  } finally {
    await client.close();
  }
}

async function transformAll(files: readonly InputObject[], transforming: Transforming): Promise<void> {
  const failures: FileFailure[] = [];
  const waiting = [...files].reverse();
  const transformNext = async () => {
    for (let file = waiting.pop(); file; file = waiting.pop()) {
      try {
        await transformFile(file, transforming);
      } catch (cause) {
        transforming.work.signal.throwIfAborted();
        failures.push(asFileFailure(cause, file));
      }
    }
  };
  // Small files are worked on together, so that the container always has as many requests as it may.
  await Promise.all(Array.from({ length: transforming.concurrency }, transformNext));
  const [first] = failures;
  if (!first) return;
  const others = failures.length === 1 ? "" : ` ${failures.length} of ${files.length} files failed, this one first.`;
  throw new JobFailure(`${first.isClient ? "ClientError" : "AlgorithmError"}: ${first.message}.${others}`);
}

function asFileFailure(cause: unknown, file: InputObject): FileFailure {
  if (cause instanceof FileFailure) return cause;
  if (cause instanceof BadRecord) return new FileFailure(`${s3Uri(file)}: ${cause.message}`, true);
  if (cause instanceof ApiError && cause.status < 500) return new FileFailure(`${s3Uri(file)}: ${cause.message}`, true);
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code?.startsWith("Z_"))
    return new FileFailure(
      `${s3Uri(file)}: CompressionType is Gzip, but the object cannot be unpacked (${message})`,
      true,
    );
  throw cause;
}

async function transformFile(file: InputObject, transforming: Transforming): Promise<void> {
  const { request } = transforming.work.row.document;
  const place = parseS3Uri(`${request.TransformOutput.S3OutputPath.replace(/\/+$/, "")}/${file.name}.out`);
  if (!place) throw new FileFailure(`${request.TransformOutput.S3OutputPath} is no place in S3`, true);
  const { Accept: contentType, KmsKeyId: kmsKeyId } = request.TransformOutput;
  const target = { ...place, ...(contentType ? { contentType } : {}), ...(kmsKeyId ? { kmsKeyId } : {}) };
  const answers = Readable.from(answersOf(file, transforming), { objectMode: false });
  await transforming.objects.put(transforming.principal, target, answers, transforming.work.signal);
}

/** The output object's bytes: every answer in the order of the input. */
async function* answersOf(file: InputObject, transforming: Transforming): AsyncIterable<Buffer> {
  const { request } = transforming.work.row.document;
  const hasLines = request.TransformOutput.AssembleWith === "Line";
  const { body } = await transforming.objects.open(transforming.principal, file);
  const bytes = request.TransformInput.CompressionType === "Gzip" ? unzipped(body) : body;
  try {
    for await (const answer of answers(file, bytes, transforming)) {
      if (answer.length > 0) yield answer;
      if (hasLines && answer.at(-1) !== NEWLINE[0]) yield NEWLINE;
    }
  } finally {
    bytes.destroy();
  }
}

function unzipped(body: Readable): Readable {
  const gunzip = createGunzip();
  body.on("error", (cause) => gunzip.destroy(cause));
  return body.pipe(gunzip);
}

async function* answers(file: InputObject, bytes: Readable, transforming: Transforming): AsyncIterable<Buffer> {
  const { calling, limit, concurrency, payloadBytes, processing } = transforming;
  const name = s3Uri(file);
  const { SplitType: split = "None" } = transforming.work.row.document.request.TransformInput;
  if (split !== "None") {
    const pieces = split === "Line" ? linePieces(bytes, transforming) : wrappedPieces(bytes, split, transforming);
    const unit = split === "Line" ? "line" : "record";
    const ask = (piece: Piece) => limit(() => processed(piece.body, nameOf(name, unit, piece), transforming));
    yield* inOrder(pieces, concurrency + AHEAD, ask);
  } else if (payloadBytes === undefined && !processing) yield await limit(() => call(calling, bytes, name));
  else {
    const whole = await wholeOf(bytes, payloadBytes ?? LARGEST_PAYLOAD_BYTES);
    yield await limit(() => processed(whole, name, transforming));
  }
}

const nameOf = (file: string, unit: string, { first, last }: Piece): string =>
  `${file}, ${unit} ${first === last ? first : `${first} to ${last}`}`;

/** The container's answer to some records, filtered and joined as the job asks. @throws FileFailure */
async function processed(
  records: Buffer,
  what: string,
  { calling, processing }: Pick<Transforming, "calling" | "processing">,
): Promise<Buffer> {
  if (!processing) return call(calling, records, what);
  try {
    return processing.fromModel(records, await call(calling, processing.toModel(records), what));
  } catch (cause) {
    if (cause instanceof BadRecord) throw new FileFailure(`${what}: ${cause.message}`, true);
    throw cause;
  }
}

/** @throws BadRecord when the file is larger than a payload */
async function wholeOf(bytes: AsyncIterable<Buffer>, payloadBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > payloadBytes)
      throw new BadRecord(
        `the file has more than the ${payloadBytes} bytes that MaxPayloadInMB allows; split it by SplitType or allow more`,
      );
  }
  return Buffer.concat(chunks);
}
