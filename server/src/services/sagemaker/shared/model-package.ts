// Model packages, read by models that are made from one.
import type { ContainerDefinition, CreateModelPackageInput } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Parts } from "./noun.ts";
import { alreadyThere, type RecordParts, Records } from "./records.ts";
import type { ValidatedDocument } from "./validation-runs.ts";

export const modelPackageKind = "sagemaker:model-package";

export type ModelPackageDocument = Omit<CreateModelPackageInput, "ModelPackageName" | "Tags" | "ClientToken"> &
  ValidatedDocument;

export const modelPackageRecords = (parts: RecordParts): Records<ModelPackageDocument> =>
  new Records(parts, {
    kind: modelPackageKind,
    type: "model-package",
    sort: { sortBy: "CreationTime", sortOrder: "Ascending" },
    missing: (arn) => errors.validation(`ModelPackage ${arn} does not exist.`),
    duplicate: alreadyThere("model package"),
    quota: "Maximum number of SageMaker Model Package allowed per account",
  });

/**
 * A container of CreateModel that names a package by name or ARN, as one with the package's image and artifact; its own
 * environment goes before the package's. @throws ApiError Validation when there is no such package, or none to use
 */
export async function unpacked(
  parts: Pick<Parts, "rows" | "clock">,
  call: Call,
  given: ContainerDefinition,
): Promise<ContainerDefinition> {
  const { ModelPackageName, ...container } = given;
  if (ModelPackageName === undefined) return given;
  const { status, document } = await modelPackageRecords(parts).need(call, ModelPackageName);
  if (status !== "Completed")
    throw errors.validation(`ModelPackage ${ModelPackageName} is ${status}; expected one that is Completed.`);
  const [packed] = document.InferenceSpecification?.Containers ?? [];
  if (!packed) throw errors.validation(`ModelPackage ${ModelPackageName} has no container.`);
  const Environment = { ...packed.Environment, ...container.Environment };
  const { Image, ModelDataUrl } = packed;
  return { ...container, Image, Environment, ...(ModelDataUrl === undefined ? {} : { ModelDataUrl }) };
}
