// Model packages: a container with its artifact that models are made from, given as such or as what an algorithm trained
// (guide, "Create a Model Package Resource"). Without a validation profile nothing has to run, so it is Completed at once.
// Gap: ValidationSpecification, which means a transform job, is refused by name.
// Gap: models cannot be made from a model package yet; artifacts are not looked for when the package is made.
// Gap: model package groups and approval are newer than September 2020 and refused by name.
// Gap: CertifyForMarketplace is kept and given back; there is no marketplace and images are not scanned.
import type {
  CreateModelPackageInput,
  InferenceSpecification,
  SourceAlgorithmSpecification,
} from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { algorithmRecords } from "../shared/algorithm.ts";
import { checkArtifact, checkInference, describingMembers } from "../shared/inference-specification.ts";
import { type Noun, type Parts, toSeconds } from "../shared/noun.ts";
import { alreadyThere, Records } from "../shared/records.ts";

type ModelPackageDocument = Omit<CreateModelPackageInput, "ModelPackageName" | "Tags" | "ClientToken">;

const STATUS = "Completed";

/** Newer members that only describe the package; kept and given back. */
const described = [
  "CustomerMetadataProperties",
  "Domain",
  "MetadataProperties",
  "SamplePayloadUrl",
  "SourceUri",
  "Tags",
  "Task",
];

export function modelPackage(parts: Parts): Noun {
  const records = new Records<ModelPackageDocument>(parts, {
    kind: "sagemaker:model-package",
    type: "model-package",
    sort: { sortBy: "CreationTime", sortOrder: "Ascending" },
    missing: (arn) => errors.validation(`ModelPackage ${arn} does not exist.`),
    duplicate: alreadyThere("model package"),
  });
  const algorithms = algorithmRecords(parts);

  /** The algorithm's own specification with the artifact that it trained. @throws ApiError Validation */
  const fromAlgorithm = async (call: Call, source: SourceAlgorithmSpecification): Promise<InferenceSpecification> => {
    const [{ AlgorithmName = "", ModelDataUrl } = {}] = source.SourceAlgorithms;
    checkArtifact("SourceAlgorithms.ModelDataUrl", ModelDataUrl);
    const { InferenceSpecification: found } = (await algorithms.need(call, AlgorithmName)).document;
    if (!found)
      throw errors.validation(`Algorithm ${AlgorithmName} has no InferenceSpecification to make models with.`);
    if (ModelDataUrl === undefined) return found;
    return { ...found, Containers: found.Containers.map((container) => ({ ...container, ModelDataUrl })) };
  };

  return {
    isRecord: true,
    operations: {
      CreateModelPackage: {
        newer: [...described, ...describingMembers],
        permissions: ({ ModelPackageName = "" }, call) => [records.on(call, ModelPackageName)],
        run: async ({ ModelPackageName, Tags, ClientToken: _, ...request }, call) => {
          if (ModelPackageName === undefined) throw errors.validation("ModelPackageName must be given.");
          const { InferenceSpecification: given, SourceAlgorithmSpecification: source } = request;
          if ((given === undefined) === (source === undefined))
            throw errors.validation(
              `Expected either InferenceSpecification or SourceAlgorithmSpecification, got ${given ? "both" : "neither"}.`,
            );
          if (given) await checkInference(parts, call, given);
          const InferenceSpecification = source ? await fromAlgorithm(call, source) : given;
          if (request.ValidationSpecification)
            throw errors.notYetAvailable(
              "CreateModelPackage with ValidationSpecification is not yet available in Sagebrush. Leave it out to keep the package unvalidated.",
            );
          const document = { ...request, InferenceSpecification };
          const record = { name: ModelPackageName, status: STATUS, document, tags: Tags };
          return { ModelPackageArn: await records.create(call, record) };
        },
      },
      DescribeModelPackage: {
        permissions: ({ ModelPackageName }, call) => [records.on(call, ModelPackageName)],
        run: async ({ ModelPackageName }, call) => {
          const { name, createdAt, document } = await records.need(call, ModelPackageName);
          return {
            CertifyForMarketplace: false,
            ...document,
            ModelPackageName: name,
            ModelPackageArn: records.arn(call, name),
            CreationTime: toSeconds(createdAt),
            ModelPackageStatus: STATUS,
            ModelPackageStatusDetails: { ValidationStatuses: [], ImageScanStatuses: [] },
          };
        },
      },
      DeleteModelPackage: {
        permissions: ({ ModelPackageName }, call) => [records.on(call, ModelPackageName)],
        run: async ({ ModelPackageName }, call) => {
          await records.remove(call, ModelPackageName);
          return {};
        },
      },
      ListModelPackages: {
        permissions: (_, call) => [records.on(call, "*")],
        run: async (input, call) => {
          const { rows, token } = await records.list(call, input);
          return {
            ModelPackageSummaryList: rows.map(({ name, createdAt, document: { ModelPackageDescription } }) => ({
              ModelPackageName: name,
              ModelPackageArn: records.arn(call, name),
              ...(ModelPackageDescription === undefined ? {} : { ModelPackageDescription }),
              CreationTime: toSeconds(createdAt),
              ModelPackageStatus: STATUS,
            })),
            ...token,
          };
        },
      },
    },
  };
}
