// Nouns that cannot be made yet: to describe, stop, change or delete one answers as AWS does where there is none, and their
// lists are empty, so that code which looks before it creates goes on. What makes or starts one is refused by name (index.ts).
import type { Operations as Contract } from "../../../../../contract/sagemaker/types.ts";
import { type ApiError, errors } from "../../../core/errors.ts";
import type { AnyOperation, Operations } from "../../../core/service.ts";
import { refuseToken } from "../shared/list.ts";
import { type Noun, onResource } from "../shared/noun.ts";

type Name = keyof Contract;
type Input = Readonly<Record<string, string | undefined>>;

interface AbsentNoun {
  /** What stands before its name in an ARN. */
  readonly type: string;
  /** Members of a request that make up its name in an ARN. */
  readonly members: readonly string[];
  /** Operations on one that has to be there. */
  readonly onOne: readonly Name[];
  /** Operations that would make, start or open one: refused by name, to those who might do it. */
  readonly refused: readonly Name[];
  /** Operations that list, with what their answer calls the list. */
  readonly lists: Readonly<Partial<Record<Name, string>>>;
  /** Default: ResourceNotFound, in the words of the jobs. */
  readonly missing?: (name: string) => ApiError;
}

const nouns: readonly AbsentNoun[] = [
  {
    type: "automl-job",
    members: ["AutoMLJobName"],
    refused: ["CreateAutoMLJob"],
    onOne: ["DescribeAutoMLJob", "StopAutoMLJob", "ListCandidatesForAutoMLJob"],
    lists: { ListAutoMLJobs: "AutoMLJobSummaries" },
  },
  {
    type: "compilation-job",
    members: ["CompilationJobName"],
    refused: ["CreateCompilationJob"],
    onOne: ["DescribeCompilationJob", "StopCompilationJob"],
    lists: { ListCompilationJobs: "CompilationJobSummaries" },
  },
  {
    type: "hyper-parameter-tuning-job",
    members: ["HyperParameterTuningJobName"],
    refused: ["CreateHyperParameterTuningJob"],
    onOne: [
      "DescribeHyperParameterTuningJob",
      "StopHyperParameterTuningJob",
      "ListTrainingJobsForHyperParameterTuningJob",
    ],
    lists: { ListHyperParameterTuningJobs: "HyperParameterTuningJobSummaries" },
  },
  {
    type: "labeling-job",
    members: ["LabelingJobName"],
    refused: ["CreateLabelingJob"],
    onOne: ["DescribeLabelingJob", "StopLabelingJob"],
    lists: { ListLabelingJobs: "LabelingJobSummaryList" },
  },
  {
    type: "monitoring-schedule",
    members: ["MonitoringScheduleName"],
    refused: ["CreateMonitoringSchedule", "StartMonitoringSchedule"],
    onOne: [
      "DeleteMonitoringSchedule",
      "DescribeMonitoringSchedule",
      "StopMonitoringSchedule",
      "UpdateMonitoringSchedule",
    ],
    lists: {
      ListMonitoringExecutions: "MonitoringExecutionSummaries",
      ListMonitoringSchedules: "MonitoringScheduleSummaries",
    },
  },
  {
    type: "notebook-instance",
    members: ["NotebookInstanceName"],
    refused: ["CreateNotebookInstance", "CreatePresignedNotebookInstanceUrl", "StartNotebookInstance"],
    onOne: ["DeleteNotebookInstance", "DescribeNotebookInstance", "StopNotebookInstance", "UpdateNotebookInstance"],
    lists: { ListNotebookInstances: "NotebookInstances" },
    // Waiters for a deleted instance look for this code (botocore's waiters); the text is that of the service.
    missing: () => errors.validation("RecordNotFound"),
  },
  {
    type: "domain",
    members: ["DomainId"],
    refused: ["CreateDomain"],
    onOne: ["DeleteDomain", "DescribeDomain", "UpdateDomain"],
    lists: { ListDomains: "Domains" },
    missing: (name) => errors.resourceNotFound(`Domain [${name}] does not exist.`),
  },
  {
    type: "user-profile",
    members: ["DomainId", "UserProfileName"],
    refused: ["CreatePresignedDomainUrl", "CreateUserProfile"],
    onOne: ["DeleteUserProfile", "DescribeUserProfile", "UpdateUserProfile"],
    lists: { ListUserProfiles: "UserProfiles" },
    missing: (name) => errors.resourceNotFound(`User profile [${name}] does not exist.`),
  },
  {
    type: "app",
    members: ["DomainId", "UserProfileName", "AppType", "AppName"],
    refused: ["CreateApp"],
    onOne: ["DeleteApp", "DescribeApp"],
    lists: { ListApps: "Apps" },
    missing: (name) => errors.resourceNotFound(`App [${name}] does not exist.`),
  },
];

/** For the compatibility page. */
export const absentOperations: readonly string[] = nouns.flatMap(({ onOne, lists }) => [
  ...onOne,
  ...Object.keys(lists),
]);

export const absent = (): Noun => ({
  operations: Object.fromEntries(nouns.flatMap(operationsOf)) as Operations<Contract>,
});

/** The name in an ARN; a star for what only the service will know, such as the id of a domain. */
const nameOf = (noun: AbsentNoun, input: Input): string => noun.members.map((member) => input[member] ?? "*").join("/");

const permissionsOn = (noun: AbsentNoun): Pick<AnyOperation, "permissions"> => ({
  permissions: (input: Input, call) => [onResource(call, noun.type, nameOf(noun, input))],
});

/** Permissions of an operation that is refused by name. */
export function absentPermissions(name: Name): Pick<AnyOperation, "permissions"> {
  const noun = nouns.find(({ refused }) => refused.includes(name));
  return noun ? permissionsOn(noun) : {};
}

function operationsOf(noun: AbsentNoun): readonly (readonly [string, AnyOperation])[] {
  const missing = noun.missing ?? (() => errors.resourceNotFound("Requested resource not found."));
  const one: AnyOperation = {
    ...permissionsOn(noun),
    run: (input: Input) => {
      throw missing(nameOf(noun, input));
    },
  };
  return [
    ...noun.onOne.map((name) => [name, one] as const),
    ...Object.entries(noun.lists).map(([name, list]) => [name, emptyList(list)] as const),
  ];
}

const emptyList = (list: string): AnyOperation => ({
  run: ({ NextToken }: Input) => {
    refuseToken(NextToken);
    return { [list]: [] };
  },
});
