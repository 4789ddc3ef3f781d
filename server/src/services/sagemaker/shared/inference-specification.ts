// How models made from an algorithm or a model package answer: their containers, checked as far as a request can be.
import type { InferenceSpecification } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { notBuilt } from "./not-built.ts";
import type { Parts } from "./noun.ts";

/** Newer members of a container that only describe it, or that its model is started with; kept and given back. */
export const describingMembers = ["Environment", "Framework", "FrameworkVersion", "NearestModelName"].map(
  (member) => `InferenceSpecification.Containers.${member}`,
);

/** @throws ApiError Validation for what is missing, is not built, or an image that is not there */
export async function checkInference(
  { engine }: Pick<Parts, "engine">,
  call: Call,
  specification: InferenceSpecification,
): Promise<void> {
  const [container, ...more] = specification.Containers;
  if (more.length > 0)
    throw notBuilt(`InferenceSpecification.Containers: more than one container, got ${more.length + 1},`);
  if (!container?.Image) throw errors.validation("InferenceSpecification.Containers: Image must be given.");
  for (const member of ["SupportedContentTypes", "SupportedResponseMIMETypes"] as const)
    if (!specification[member]?.length) throw errors.validation(`InferenceSpecification.${member} must be given.`);
  // Optional for packages of a group only, which are newer (API reference, InferenceSpecification).
  for (const member of ["SupportedTransformInstanceTypes", "SupportedRealtimeInferenceInstanceTypes"] as const)
    if (!specification[member]) throw errors.validation(`InferenceSpecification.${member} must be given.`);
  await checkImage(engine, call, container.Image);
  checkArtifact("InferenceSpecification.Containers.ModelDataUrl", container.ModelDataUrl);
}

/** @throws ApiError Validation */
export async function checkImage(engine: Parts["engine"], call: Call, image: string): Promise<void> {
  const { problem } = await engine.lookAtImage(image, call);
  if (problem) throw errors.validation(problem);
}

/** @throws ApiError Validation unless an address of an artifact that is given is that of one compressed tar */
export function checkArtifact(member: string, url: string | undefined): void {
  if (url !== undefined && !/^(?:s3|https):\/\/[^/]+\/.+\.tar\.gz$/.test(url))
    throw errors.validation(`${member}: expected s3://bucket/key.tar.gz, got "${url}".`);
}
