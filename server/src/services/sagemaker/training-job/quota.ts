// The instances that a training job takes of the account's quotas, which are others for spot instances.
import type { CreateTrainingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Parts } from "../shared/noun.ts";
import type { InstanceUser } from "../shared/quota-names.ts";
import { type Instances, runningInstances, type Use } from "../shared/quotas.ts";
import { type TrainingDocument, trainingJobKind } from "./document.ts";

export const userOf = ({ EnableManagedSpotTraining }: CreateTrainingJobRequest): InstanceUser =>
  EnableManagedSpotTraining ? "spot training job" : "training job";

const instances = ({ ResourceConfig }: CreateTrainingJobRequest): Instances => ({
  type: ResourceConfig?.InstanceType ?? "",
  count: ResourceConfig?.InstanceCount ?? 1,
});

export function instancesOf(
  { rows, quotas }: Pick<Parts, "rows" | "quotas">,
  scope: string,
  request: CreateTrainingJobRequest,
): readonly Use[] {
  const user = userOf(request);
  return quotas.instances(user, [instances(request)], () =>
    runningInstances<TrainingDocument>(rows, trainingJobKind, scope, (job) =>
      userOf(job.request) === user ? instances(job.request) : undefined,
    ),
  );
}
