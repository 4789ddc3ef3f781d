// Algorithm resources: a training image with what it understands, and how its models answer
// (guide, "Create an Algorithm Resource"). Without a validation profile nothing has to run, so it is Completed at once.
// Gap: ValidationSpecification, which means a training and a transform job, is refused by name.
// Gap: training jobs cannot name an algorithm resource yet.
// Gap: CertifyForMarketplace is kept and given back; there is no marketplace and images are not scanned.
import type { CreateAlgorithmInput } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import { algorithmRecords } from "../shared/algorithm.ts";
import { checkImage, checkInference, describingMembers } from "../shared/inference-specification.ts";
import { type Noun, type Parts, toSeconds } from "../shared/noun.ts";
import { checkHyperParameters } from "./hyper-parameters.ts";

const STATUS = "Completed";

export function algorithm(parts: Parts): Noun {
  const records = algorithmRecords(parts);
  return {
    isRecord: true,
    operations: {
      CreateAlgorithm: {
        newer: ["Tags", ...describingMembers],
        permissions: ({ AlgorithmName }, call) => [records.on(call, AlgorithmName)],
        run: async ({ AlgorithmName, Tags, ...document }, call) => {
          checkTraining(document.TrainingSpecification);
          await checkImage(parts.engine, call, document.TrainingSpecification.TrainingImage);
          if (document.InferenceSpecification) await checkInference(parts, call, document.InferenceSpecification);
          if (document.ValidationSpecification)
            throw errors.notYetAvailable(
              "CreateAlgorithm with ValidationSpecification is not yet available in Sagebrush. Leave it out to keep the algorithm unvalidated.",
            );
          const record = { name: AlgorithmName, status: STATUS, document, tags: Tags };
          return { AlgorithmArn: await records.create(call, record) };
        },
      },
      DescribeAlgorithm: {
        permissions: ({ AlgorithmName }, call) => [records.on(call, AlgorithmName)],
        run: async ({ AlgorithmName }, call) => {
          const { name, createdAt, document } = await records.need(call, AlgorithmName);
          return {
            CertifyForMarketplace: false,
            ...document,
            AlgorithmName: name,
            AlgorithmArn: records.arn(call, name),
            CreationTime: toSeconds(createdAt),
            AlgorithmStatus: STATUS,
            AlgorithmStatusDetails: { ValidationStatuses: [], ImageScanStatuses: [] },
          };
        },
      },
      DeleteAlgorithm: {
        permissions: ({ AlgorithmName }, call) => [records.on(call, AlgorithmName)],
        run: async ({ AlgorithmName }, call) => {
          await records.remove(call, AlgorithmName);
          return {};
        },
      },
      ListAlgorithms: {
        run: async (input, call) => {
          const { rows, token } = await records.list(call, input);
          return {
            AlgorithmSummaryList: rows.map(({ name, createdAt, document: { AlgorithmDescription } }) => ({
              AlgorithmName: name,
              AlgorithmArn: records.arn(call, name),
              ...(AlgorithmDescription === undefined ? {} : { AlgorithmDescription }),
              CreationTime: toSeconds(createdAt),
              AlgorithmStatus: STATUS,
            })),
            ...token,
          };
        },
      },
    },
  };
}

/** @throws ApiError Validation for what crosses members */
function checkTraining(training: CreateAlgorithmInput["TrainingSpecification"]): void {
  const channels = training.TrainingChannels.map(({ Name }) => Name);
  checkUnique("TrainingChannels", channels);
  const metrics = (training.MetricDefinitions ?? []).map(({ Name }) => Name);
  checkUnique("MetricDefinitions", metrics);
  for (const { MetricName } of training.SupportedTuningJobObjectiveMetrics ?? [])
    if (!metrics.includes(MetricName))
      throw errors.validation(
        `SupportedTuningJobObjectiveMetrics: expected a metric of MetricDefinitions, got "${MetricName}".`,
      );
  const parameters = training.SupportedHyperParameters ?? [];
  checkUnique(
    "SupportedHyperParameters",
    parameters.map(({ Name }) => Name),
  );
  checkHyperParameters(parameters);
}

function checkUnique(member: string, names: readonly string[]): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw errors.validation(`${member}: names must be unique, got "${twice}" more than once.`);
}
