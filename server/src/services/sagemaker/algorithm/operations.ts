// Algorithm resources: a training image with what it understands, and how its models answer
// (guide, "Create an Algorithm Resource"). A validation profile is run; without one the algorithm is Completed at once.
// Gap: an algorithm whose validation runs cannot be deleted; AWS has a status Deleting.
// Gap: CertifyForMarketplace is kept and given back; there is no marketplace and images are not scanned.
import type { AlgorithmStatus, CreateAlgorithmInput } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import { algorithmKind, algorithmRecords } from "../shared/algorithm.ts";
import { checkHyperParameters } from "../shared/hyper-parameters.ts";
import { checkImage, checkInference, describingMembers } from "../shared/inference-specification.ts";
import { type Noun, type Parts, toSeconds } from "../shared/noun.ts";
import { checkRole } from "../shared/roles.ts";
import { newValidation, unlessValidated, validationJob } from "../shared/validation-runs.ts";
import { statusDetails } from "../shared/validation-statuses.ts";
import { checkProfile, planOf } from "./validation.ts";

export function algorithm(parts: Parts): Noun {
  const records = algorithmRecords(parts);
  return {
    job: validationJob(parts, algorithmKind, planOf),
    operations: {
      CreateAlgorithm: {
        newer: ["Tags", ...describingMembers],
        permissions: ({ AlgorithmName }, call) => [records.on(call, AlgorithmName)],
        run: async ({ AlgorithmName, Tags, ...request }, call) => {
          const { TrainingSpecification, InferenceSpecification, ValidationSpecification } = request;
          checkTraining(TrainingSpecification);
          await checkImage(parts.engine, call, TrainingSpecification.TrainingImage);
          if (InferenceSpecification) await checkInference(parts, call, InferenceSpecification);
          if (ValidationSpecification) {
            checkProfile(request, ValidationSpecification);
            await checkRole(parts.roles, ValidationSpecification.ValidationRole);
          }
          const record = { name: AlgorithmName, tags: Tags, ...newValidation(request, ValidationSpecification) };
          return { AlgorithmArn: await records.create(call, record) };
        },
      },
      DescribeAlgorithm: {
        permissions: ({ AlgorithmName }, call) => [records.on(call, AlgorithmName)],
        run: async ({ AlgorithmName }, call) => {
          const row = await records.need(call, AlgorithmName);
          const { validation: _, ...request } = row.document;
          const AlgorithmStatusDetails = await statusDetails(parts, call, row, planOf(row.document));
          return {
            CertifyForMarketplace: false,
            ...request,
            AlgorithmName: row.name,
            AlgorithmArn: records.arn(call, row.name),
            CreationTime: toSeconds(row.createdAt),
            AlgorithmStatus: row.status as AlgorithmStatus,
            AlgorithmStatusDetails,
          };
        },
      },
      DeleteAlgorithm: {
        permissions: ({ AlgorithmName }, call) => [records.on(call, AlgorithmName)],
        run: async ({ AlgorithmName }, call) => {
          await records.remove(call, AlgorithmName, unlessValidated);
          return {};
        },
      },
      ListAlgorithms: {
        run: async (input, call) => {
          const { rows, ...more } = await records.list(call, input);
          return {
            AlgorithmSummaryList: rows.map(({ name, status, createdAt, document: { AlgorithmDescription } }) => ({
              AlgorithmName: name,
              AlgorithmArn: records.arn(call, name),
              ...(AlgorithmDescription === undefined ? {} : { AlgorithmDescription }),
              CreationTime: toSeconds(createdAt),
              AlgorithmStatus: status as AlgorithmStatus,
            })),
            ...more,
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
