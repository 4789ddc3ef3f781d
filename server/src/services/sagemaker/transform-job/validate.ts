// Rules of CreateTransformJob that cross members or ask for what is not built; single members are checked by the wire.
import type { CreateTransformJobRequest } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import { instanceSize } from "../../../engine/instance-types.ts";
import { notBuilt } from "../shared/not-built.ts";
import { needS3Uri } from "../shared/s3-uri.ts";
import { BadPath, parseJsonPath } from "./processing/json-path.ts";
import { familyOf } from "./processing/media-types.ts";

/** Most megabytes of all requests that are under way together (API reference, MaxPayloadInMB). */
const PAYLOADS_MB = 100;

/** @throws ApiError Validation */
export function checkTransformJob(request: CreateTransformJobRequest): void {
  const { TransformInput: input, TransformOutput: output, TransformResources: resources } = request;
  instanceSize(resources.InstanceType);
  if (resources.InstanceCount > 1)
    throw notBuilt(`TransformResources.InstanceCount ${resources.InstanceCount} (transforming on several instances)`);
  const source = input.DataSource.S3DataSource;
  if (source.S3DataType !== "S3Prefix" && source.S3DataType !== "ManifestFile")
    throw errors.validation(
      `S3DataType must be S3Prefix or ManifestFile for transform jobs, got ${source.S3DataType}.`,
    );
  needS3Uri(source.S3Uri, "TransformInput.DataSource.S3DataSource.S3Uri");
  needS3Uri(output.S3OutputPath, "TransformOutput.S3OutputPath");
  checkProcessing(request);
  const concurrent = request.MaxConcurrentTransforms ?? 0;
  const payload = request.MaxPayloadInMB ?? 0;
  if (concurrent * payload > PAYLOADS_MB)
    throw errors.validation(
      `MaxConcurrentTransforms × MaxPayloadInMB must be at most ${PAYLOADS_MB} MB, got ${concurrent} × ${payload}.`,
    );
}

/** Only lines of CSV, lines of JSON and whole JSON files can be filtered and joined (guide, data processing). */
function checkProcessing({ DataProcessing, TransformInput, TransformOutput }: CreateTransformJobRequest): void {
  const { InputFilter = "$", OutputFilter = "$", JoinSource = "None" } = DataProcessing ?? {};
  if (InputFilter === "$" && OutputFilter === "$" && JoinSource === "None") return;
  const { ContentType, SplitType = "None" } = TransformInput;
  const { Accept, AssembleWith = "None" } = TransformOutput;
  const family = familyOf(ContentType);
  if (family === undefined || family !== familyOf(Accept))
    throw errors.validation(
      `DataProcessing needs ContentType and Accept to be both text/csv, or both application/json or application/jsonlines; got ${ContentType ?? "no ContentType"} and ${Accept ?? "no Accept"}.`,
    );
  const hasLines = SplitType === "Line" && AssembleWith === "Line";
  const isWhole = family === "json" && SplitType === "None" && AssembleWith === "None";
  if (!hasLines && !isWhole)
    throw errors.validation(
      `DataProcessing of ${ContentType} needs SplitType and AssembleWith to be ${family === "csv" ? "Line" : "both Line or both None"}; got ${SplitType} and ${AssembleWith}.`,
    );
  checkPath("InputFilter", InputFilter);
  checkPath("OutputFilter", OutputFilter);
}

function checkPath(member: string, text: string): void {
  try {
    parseJsonPath(text);
  } catch (cause) {
    if (cause instanceof BadPath) throw errors.validation(`DataProcessing.${member}: ${cause.message}.`);
    throw cause;
  }
}
