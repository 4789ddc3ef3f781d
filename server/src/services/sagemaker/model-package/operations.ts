// Model packages: a container with its artifact that models are made from, given as such or as what an algorithm trained
// (guide, "Create a Model Package Resource"). A validation profile is run; without one the package is Completed at once.
// Gap: a package whose validation runs cannot be deleted; AWS has a status Deleting.
// Gap: the artifact is looked for when a model is made of the package; instance types that the package supports are kept
// and given back, and nobody is held to them.
// Gap: model package groups are newer than September 2020 and refused by name; ModelApprovalStatus, which the SageMaker SDK
// always sends, is kept and given back, and nothing waits for an approval.
// Gap: CertifyForMarketplace is kept and given back; there is no marketplace and images are not scanned.
import type {
  InferenceSpecification,
  ModelPackageStatus,
  SourceAlgorithmSpecification,
} from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { algorithmRecords } from "../shared/algorithm.ts";
import { checkArtifact, checkInference, describingMembers } from "../shared/inference-specification.ts";
import { refuseToken } from "../shared/list.ts";
import { type ModelPackageDocument, modelPackageKind, modelPackageRecords } from "../shared/model-package.ts";
import { notBuilt } from "../shared/not-built.ts";
import { type Noun, type Parts, toSeconds } from "../shared/noun.ts";
import { checkRole } from "../shared/roles.ts";
import { newValidation, unlessValidated, type ValidationPlan, validationJob } from "../shared/validation-runs.ts";
import { statusDetails } from "../shared/validation-statuses.ts";

/** Newer members that only describe the package, and SkipModelValidation, whose None says what is done anyway; kept and given back. */
const described = [
  "CustomerMetadataProperties",
  "Domain",
  "MetadataProperties",
  "ModelApprovalStatus",
  "SamplePayloadUrl",
  "SkipModelValidation",
  "SourceUri",
  "Tags",
  "Task",
];

export function modelPackage(parts: Parts): Noun {
  const records = modelPackageRecords(parts);
  const algorithms = algorithmRecords(parts);

  /** The algorithm's own specification with the artifact that it trained. @throws ApiError Validation */
  const fromAlgorithm = async (call: Call, source: SourceAlgorithmSpecification): Promise<InferenceSpecification> => {
    const [{ AlgorithmName = "", ModelDataUrl } = {}] = source.SourceAlgorithms;
    checkArtifact("SourceAlgorithms.ModelDataUrl", ModelDataUrl);
    const { status, document } = await algorithms.need(call, AlgorithmName);
    if (status !== "Completed")
      throw errors.validation(`Algorithm ${AlgorithmName} is ${status}; expected one that is Completed.`);
    const { InferenceSpecification: found } = document;
    if (!found)
      throw errors.validation(`Algorithm ${AlgorithmName} has no InferenceSpecification to make models with.`);
    if (ModelDataUrl === undefined) return found;
    return { ...found, Containers: found.Containers.map((container) => ({ ...container, ModelDataUrl })) };
  };

  return {
    job: validationJob(parts, modelPackageKind, planOf),
    operations: {
      CreateModelPackage: {
        newer: [...described, ...describingMembers],
        permissions: ({ ModelPackageName = "" }, call) => [records.on(call, ModelPackageName)],
        run: async ({ ModelPackageName, Tags, ClientToken: _, ...request }, call) => {
          if (ModelPackageName === undefined) throw errors.validation("ModelPackageName must be given.");
          if (request.SkipModelValidation === "All") throw notBuilt("SkipModelValidation: to skip what is checked");
          const { InferenceSpecification: given, SourceAlgorithmSpecification: source } = request;
          if ((given === undefined) === (source === undefined))
            throw errors.validation(
              `Expected either InferenceSpecification or SourceAlgorithmSpecification, got ${given ? "both" : "neither"}.`,
            );
          if (given) await checkInference(parts, call, given);
          const InferenceSpecification = source ? await fromAlgorithm(call, source) : given;
          const { ValidationSpecification } = request;
          if (ValidationSpecification) await checkRole(parts.roles, ValidationSpecification.ValidationRole);
          const made = newValidation({ ...request, InferenceSpecification }, ValidationSpecification);
          const record = { name: ModelPackageName, tags: Tags, ...made };
          return { ModelPackageArn: await records.create(call, record) };
        },
      },
      DescribeModelPackage: {
        permissions: ({ ModelPackageName }, call) => [records.on(call, ModelPackageName)],
        run: async ({ ModelPackageName }, call) => {
          const row = await records.need(call, ModelPackageName);
          const { validation: _, ...request } = row.document;
          const ModelPackageStatusDetails = await statusDetails(parts, call, row, planOf(row.document));
          return {
            CertifyForMarketplace: false,
            ...request,
            ModelPackageName: row.name,
            ModelPackageArn: records.arn(call, row.name),
            CreationTime: toSeconds(row.createdAt),
            ModelPackageStatus: row.status as ModelPackageStatus,
            ModelPackageStatusDetails,
          };
        },
      },
      DeleteModelPackage: {
        permissions: ({ ModelPackageName }, call) => [records.on(call, ModelPackageName)],
        run: async ({ ModelPackageName }, call) => {
          await records.remove(call, ModelPackageName, unlessValidated);
          return {};
        },
      },
      ListModelPackages: {
        newer: ["ModelPackageType"],
        permissions: (_, call) => [records.on(call, "*")],
        run: async (input, call) => {
          if (input.ModelPackageType === "Versioned") {
            // Those of groups, of which there are none.
            refuseToken(input.NextToken);
            return { ModelPackageSummaryList: [] };
          }
          const { rows, ...more } = await records.list(call, input);
          return {
            ModelPackageSummaryList: rows.map(({ name, status, createdAt, document }) => ({
              ModelPackageName: name,
              ModelPackageArn: records.arn(call, name),
              ModelPackageDescription: document.ModelPackageDescription,
              CreationTime: toSeconds(createdAt),
              ModelPackageStatus: status as ModelPackageStatus,
              ModelApprovalStatus: document.ModelApprovalStatus,
            })),
            ...more,
          };
        },
      },
    },
  };
}

/** A transform job of the package's container, which has no internet, as all that comes from a package. */
function planOf({ InferenceSpecification, ValidationSpecification }: ModelPackageDocument): ValidationPlan {
  const profile = ValidationSpecification?.ValidationProfiles[0];
  const container = InferenceSpecification?.Containers[0];
  if (!ValidationSpecification || !profile || !container) return { roleArn: "" };
  const { Image, Environment, ModelDataUrl } = container;
  return {
    roleArn: ValidationSpecification.ValidationRole,
    container: { Image, Environment, ModelDataUrl },
    transform: profile.TransformJobDefinition,
  };
}
