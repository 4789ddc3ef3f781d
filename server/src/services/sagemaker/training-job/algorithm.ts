// A training job that names an algorithm resource: the image, the metrics and the defaults are the algorithm's.
import type { AlgorithmSpecification, CreateTrainingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { algorithmRecords } from "../shared/algorithm.ts";
import { checkUse, withDefaults } from "../shared/algorithm-use.ts";
import type { Parts } from "../shared/noun.ts";

/** The request with what its algorithm says; as it is when it names none. @throws ApiError Validation */
export async function ofAlgorithm(
  parts: Pick<Parts, "rows" | "clock">,
  call: Call,
  request: CreateTrainingJobRequest,
): Promise<CreateTrainingJobRequest> {
  const { AlgorithmSpecification: given } = request;
  if (!given?.AlgorithmName) return request;
  if (given.TrainingImage !== undefined)
    throw errors.validation("AlgorithmSpecification: expected either TrainingImage or AlgorithmName, got both.");
  const { status, document } = await algorithmRecords(parts).need(call, given.AlgorithmName);
  if (status !== "Completed")
    throw errors.validation(`Algorithm ${given.AlgorithmName} is ${status}; expected one that is Completed.`);
  const { TrainingSpecification: algorithm } = document;
  const { TrainingInputMode } = given;
  checkUse(`Algorithm ${given.AlgorithmName}`, algorithm, { ...request, TrainingInputMode });
  const MetricDefinitions = given.MetricDefinitions ?? algorithm.MetricDefinitions;
  return {
    ...request,
    AlgorithmSpecification: {
      ...given,
      TrainingImage: algorithm.TrainingImage,
      ...(MetricDefinitions ? { MetricDefinitions } : {}),
    },
    HyperParameters: withDefaults(algorithm, request.HyperParameters),
  };
}

/** As callers see it: a job of an algorithm names that, and not its image. */
export function shownAlgorithm(specification: AlgorithmSpecification): AlgorithmSpecification {
  if (specification.AlgorithmName === undefined) return specification;
  const { TrainingImage: _, ...shown } = specification;
  return shown;
}
