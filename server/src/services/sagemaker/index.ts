// SageMaker: the list of nouns, one line each, and the operations that are not built yet, by name.
import type { Operations as Contract } from "../../../../contract/sagemaker/types.ts";
import { errors } from "../../core/errors.ts";
import type { EndpointDirectory } from "../../core/ports.ts";
import type { AnyOperation, Controls, Service } from "../../core/service.ts";
import type { JobKind } from "../../engine/job-kind.ts";
import { endpoint } from "./endpoint/operations.ts";
import { endpointConfig } from "./endpoint-config/operations.ts";
import { experiment } from "./experiment/operations.ts";
import { model } from "./model/operations.ts";
import { EndpointRoutes } from "./port.ts";
import { processingJob } from "./processing-job/operations.ts";
import { search } from "./search/operations.ts";
import type { Noun, Parts } from "./shared/noun.ts";
import { tag } from "./tag/operations.ts";
import { trainingJob } from "./training-job/operations.ts";
import { transformJob } from "./transform-job/operations.ts";
import { trial } from "./trial/operations.ts";
import { trialComponent } from "./trial-component/operations.ts";

const nouns: Readonly<Record<string, (parts: Parts) => Noun>> = {
  endpoint,
  "endpoint-config": endpointConfig,
  experiment,
  model,
  "processing-job": processingJob,
  search,
  tag,
  "training-job": trainingJob,
  "transform-job": transformJob,
  trial,
  "trial-component": trialComponent,
};

/** Every operation of the contract without a handler. A test holds this list and the nouns to exactly the contract. */
export const notYetAvailable: readonly (keyof Contract)[] = [
  "CreateAlgorithm",
  "CreateApp",
  "CreateAutoMLJob",
  "CreateCodeRepository",
  "CreateCompilationJob",
  "CreateDomain",
  "CreateFlowDefinition",
  "CreateHumanTaskUi",
  "CreateHyperParameterTuningJob",
  "CreateLabelingJob",
  "CreateModelPackage",
  "CreateMonitoringSchedule",
  "CreateNotebookInstance",
  "CreateNotebookInstanceLifecycleConfig",
  "CreatePresignedDomainUrl",
  "CreatePresignedNotebookInstanceUrl",
  "CreateUserProfile",
  "CreateWorkforce",
  "CreateWorkteam",
  "DeleteAlgorithm",
  "DeleteApp",
  "DeleteCodeRepository",
  "DeleteDomain",
  "DeleteFlowDefinition",
  "DeleteHumanTaskUi",
  "DeleteModelPackage",
  "DeleteMonitoringSchedule",
  "DeleteNotebookInstance",
  "DeleteNotebookInstanceLifecycleConfig",
  "DeleteUserProfile",
  "DeleteWorkforce",
  "DeleteWorkteam",
  "DescribeAlgorithm",
  "DescribeApp",
  "DescribeAutoMLJob",
  "DescribeCodeRepository",
  "DescribeCompilationJob",
  "DescribeDomain",
  "DescribeFlowDefinition",
  "DescribeHumanTaskUi",
  "DescribeHyperParameterTuningJob",
  "DescribeLabelingJob",
  "DescribeModelPackage",
  "DescribeMonitoringSchedule",
  "DescribeNotebookInstance",
  "DescribeNotebookInstanceLifecycleConfig",
  "DescribeSubscribedWorkteam",
  "DescribeUserProfile",
  "DescribeWorkforce",
  "DescribeWorkteam",
  "ListAlgorithms",
  "ListApps",
  "ListAutoMLJobs",
  "ListCandidatesForAutoMLJob",
  "ListCodeRepositories",
  "ListCompilationJobs",
  "ListDomains",
  "ListFlowDefinitions",
  "ListHumanTaskUis",
  "ListHyperParameterTuningJobs",
  "ListLabelingJobs",
  "ListLabelingJobsForWorkteam",
  "ListModelPackages",
  "ListMonitoringExecutions",
  "ListMonitoringSchedules",
  "ListNotebookInstanceLifecycleConfigs",
  "ListNotebookInstances",
  "ListSubscribedWorkteams",
  "ListTrainingJobsForHyperParameterTuningJob",
  "ListUserProfiles",
  "ListWorkforces",
  "ListWorkteams",
  "RenderUiTemplate",
  "StartMonitoringSchedule",
  "StartNotebookInstance",
  "StopAutoMLJob",
  "StopCompilationJob",
  "StopHyperParameterTuningJob",
  "StopLabelingJob",
  "StopMonitoringSchedule",
  "StopNotebookInstance",
  "UpdateCodeRepository",
  "UpdateDomain",
  "UpdateMonitoringSchedule",
  "UpdateNotebookInstance",
  "UpdateNotebookInstanceLifecycleConfig",
  "UpdateUserProfile",
  "UpdateWorkforce",
  "UpdateWorkteam",
];

export interface SageMaker {
  readonly service: Service;
  /** For the engine. */
  // biome-ignore lint/suspicious/noExplicitAny: a list holds job kinds of every document type
  readonly jobs: readonly JobKind<any>[];
  /** For whoever runs the server. */
  readonly controls: Controls;
  /** For the inference router. */
  readonly endpoints: EndpointDirectory;
}

export function createSageMaker(parts: Omit<Parts, "routes" | "nouns">): SageMaker {
  const routes = new EndpointRoutes();
  const built: readonly Noun[] = Object.values(nouns).map((noun) => noun({ ...parts, routes, nouns: () => built }));
  const operations: Record<string, AnyOperation> = Object.assign({}, ...built.map((noun) => noun.operations));
  for (const name of notYetAvailable) {
    if (operations[name]) throw new Error(`${name} is built; take it off the list notYetAvailable.`);
    operations[name] = refusal(name);
  }
  return {
    service: { name: "sagemaker", iamPrefix: "sagemaker", operations },
    jobs: built.flatMap((noun) => noun.job ?? []),
    controls: Object.assign({}, ...built.map(({ controls }) => controls)) as Controls,
    endpoints: routes,
  };
}

const refusal = (name: string): AnyOperation => ({
  run: () => {
    throw errors.notYetAvailable(`${name} is known to AWS but is not yet available in Sagebrush.`);
  },
});
