// SageMaker: the list of nouns, one line each, and the operations that are not built yet, by name.
import type { Operations as Contract } from "../../../../contract/sagemaker/types.ts";
import type { Call } from "../../core/call.ts";
import { errors } from "../../core/errors.ts";
import type { EndpointDirectory } from "../../core/ports.ts";
import type { AnyOperation, Controls, Service } from "../../core/service.ts";
import type { JobKind } from "../../engine/job-kind.ts";
import { absent, absentOperations, absentPermissions } from "./absent/operations.ts";
import { algorithm } from "./algorithm/operations.ts";
import { codeRepository } from "./code-repository/operations.ts";
import { endpoint } from "./endpoint/operations.ts";
import { endpointConfig } from "./endpoint-config/operations.ts";
import { experiment } from "./experiment/operations.ts";
import { flowDefinition } from "./flow-definition/operations.ts";
import { humanTaskUi } from "./human-task-ui/operations.ts";
import { model } from "./model/operations.ts";
import { modelPackage } from "./model-package/operations.ts";
import { notebookInstanceLifecycleConfig } from "./notebook-instance-lifecycle-config/operations.ts";
import { tagsOf, withPermissions } from "./permissions.ts";
import { EndpointRoutes } from "./port.ts";
import { processingJob } from "./processing-job/operations.ts";
import { search } from "./search/operations.ts";
import type { Noun, Parts } from "./shared/noun.ts";
import { Quotas } from "./shared/quotas.ts";
import type { StateChanges } from "./shared/state-changes/state-changes.ts";
import { tag } from "./tag/operations.ts";
import { trainingJob } from "./training-job/operations.ts";
import { transformJob } from "./transform-job/operations.ts";
import { trial } from "./trial/operations.ts";
import { trialComponent } from "./trial-component/operations.ts";
import { workforce } from "./workforce/operations.ts";
import { workteam } from "./workteam/operations.ts";

export { openTemplateDoor } from "./human-task-ui/door.ts";
export { openSealingKey } from "./shared/secrets.ts";
export { startTelling } from "./shared/state-changes/reader.ts";

const nouns: Readonly<Record<string, (parts: Parts) => Noun>> = {
  absent,
  algorithm,
  "code-repository": codeRepository,
  endpoint,
  "endpoint-config": endpointConfig,
  experiment,
  "flow-definition": flowDefinition,
  "human-task-ui": humanTaskUi,
  model,
  "model-package": modelPackage,
  "notebook-instance-lifecycle-config": notebookInstanceLifecycleConfig,
  "processing-job": processingJob,
  search,
  tag,
  "training-job": trainingJob,
  "transform-job": transformJob,
  trial,
  "trial-component": trialComponent,
  workforce,
  workteam,
};

/** Every operation of the contract without a handler. A test holds this list and the nouns to exactly the contract. */
export const notYetAvailable: readonly (keyof Contract)[] = [
  "CreateApp",
  "CreateAutoMLJob",
  "CreateCompilationJob",
  "CreateDomain",
  "CreateHyperParameterTuningJob",
  "CreateLabelingJob",
  "CreateMonitoringSchedule",
  "CreateNotebookInstance",
  "CreatePresignedDomainUrl",
  "CreatePresignedNotebookInstanceUrl",
  "CreateUserProfile",
  "StartMonitoringSchedule",
  "StartNotebookInstance",
];

export interface SageMaker {
  readonly service: Service;
  /** For the engine. */
  // biome-ignore lint/suspicious/noExplicitAny: a list holds job kinds of every document type
  readonly jobs: readonly JobKind<any>[];
  /** For whoever tells the event bus of them. */
  // biome-ignore lint/suspicious/noExplicitAny: a list holds things of every document type
  readonly stateChanges: readonly StateChanges<any>[];
  /** For whoever runs the server. */
  readonly controls: Controls;
  /** For the inference router. */
  readonly endpoints: EndpointDirectory;
  readonly tagsOf: (call: Call, arn: string) => Promise<Readonly<Record<string, string>>>;
  /** For the compatibility page: operations whose things are kept and nothing acts on, and those on nothing. */
  readonly recorded: readonly string[];
  readonly absent: readonly string[];
}

/** `limits`: quotas that are set, by name. */
export function createSageMaker(
  given: Omit<Parts, "routes" | "nouns" | "inside" | "quotas"> & { readonly limits: Readonly<Record<string, number>> },
): SageMaker {
  const { limits, ...parts } = given;
  const quotas = new Quotas(parts.rows, limits);
  const routes = new EndpointRoutes();
  const operations: Record<string, AnyOperation> = {};
  const inside: Parts["inside"] = async (name, input, call) => await operations[name]?.run(input, call);
  const built: readonly Noun[] = Object.values(nouns).map((noun) =>
    noun({ ...parts, quotas, routes, inside, nouns: () => built }),
  );
  for (const noun of built) Object.assign(operations, noun.operations);
  for (const name of notYetAvailable) {
    if (operations[name]) throw new Error(`${name} is built; take it off the list notYetAvailable.`);
    operations[name] = refusal(name);
  }
  const permitted = Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [name, withPermissions(name, operation, parts.rows)]),
  );
  return {
    service: { name: "sagemaker", iamPrefix: "sagemaker", operations: permitted },
    jobs: built.flatMap((noun) => noun.job ?? []),
    stateChanges: built.flatMap((noun) => noun.stateChanges ?? []),
    controls: Object.assign({}, ...built.map(({ controls }) => controls)) as Controls,
    endpoints: routes,
    tagsOf: (call, arn) => tagsOf(parts.rows, call, arn),
    recorded: built.flatMap((noun) => (noun.isRecord ? Object.keys(noun.operations) : [])),
    absent: absentOperations,
  };
}

const refusal = (name: keyof Contract): AnyOperation => ({
  ...absentPermissions(name),
  run: () => {
    throw errors.notYetAvailable(`${name} is known to AWS but is not yet available in Sagebrush.`);
  },
});
