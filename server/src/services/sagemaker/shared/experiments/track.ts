// The trial component that every training, processing and transform job has: written with the job's own row.
import type { ExperimentConfig, Tag } from "../../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../../core/call.ts";
import { errors } from "../../../../core/errors.ts";
import { newId, sagemakerArn } from "../../../../core/ids.ts";
import type { Change, RowKey, Rows } from "../../../../store/rows/rows.ts";
import {
  type ComponentDocument,
  caller,
  type EntityType,
  type ExperimentDocument,
  entityKey,
  type TrialDocument,
  type TrialRow,
} from "./documents.ts";
import { entityRows, guard, needEntity, present, sameKey } from "./entities.ts";
import { association } from "./membership.ts";

export interface TrackedJob {
  readonly key: RowKey;
  readonly arn: string;
  readonly tags: readonly Tag[] | undefined;
  readonly now: number;
  readonly sourceType: "SageMakerTrainingJob" | "SageMakerProcessingJob" | "SageMakerTransformJob";
  readonly config: ExperimentConfig | undefined;
  /** Rows whose names turned out to be taken when the job was last tried to be made. */
  readonly taken: readonly RowKey[];
}

/** What a new job's component adds to a component's name. */
const suffixes: Readonly<Record<TrackedJob["sourceType"], string>> = {
  SageMakerTrainingJob: "aws-training-job",
  SageMakerProcessingJob: "aws-processing-job",
  SageMakerTransformJob: "aws-transform-job",
};

type Tracking = Required<Pick<Change, "expect" | "put">>;

/**
 * What is committed with a job so that it has its component, in the trial that ExperimentConfig names. An experiment without
 * a trial gets a new one (API reference, ExperimentConfig).
 * @throws ApiError ResourceNotFound for an experiment or a trial that is not there, Validation for a trial of another experiment
 */
export async function trackJob(rows: Rows, call: Call, job: TrackedJob): Promise<Tracking> {
  const { key, arn, now, tags, config } = job;
  const trial = await trialOf(rows, call, job);
  const name = freeName(call, "experiment-trial-component", `${key.name}-${suffixes[job.sourceType]}`, job.taken);
  const componentKey = entityKey(call, "experiment-trial-component", name);
  const document: ComponentDocument = {
    name,
    arn: sagemakerArn(call, "experiment-trial-component", name),
    displayName: config?.TrialComponentDisplayName ?? name,
    createdBy: caller(call),
    told: {},
    job: { key, source: { SourceArn: arn, SourceType: job.sourceType } },
  };
  const made = entityRows({ key: componentKey, document, tags, now, parent: arn.toLowerCase() });
  const joined = trial ? association(trial.row, { ...componentKey, createdAt: now }, now) : [];
  return {
    expect: [{ key: componentKey, version: "absent" }, ...(trial?.expect ?? [])],
    put: [...(trial?.put ?? []), ...made, ...joined],
  };
}

type JobTrial = Tracking & { readonly row: Omit<TrialRow, "version"> };

async function trialOf(rows: Rows, call: Call, job: TrackedJob): Promise<JobTrial | undefined> {
  const { ExperimentName, TrialName } = job.config ?? {};
  const experiment =
    ExperimentName === undefined
      ? undefined
      : await needEntity<ExperimentDocument>(rows, entityKey(call, "experiment", ExperimentName), ExperimentName);
  if (TrialName === undefined) return experiment && newTrial(call, job, experiment);
  const row = await needEntity<TrialDocument>(rows, entityKey(call, "experiment-trial", TrialName), TrialName);
  if (experiment && row.parent !== experiment.name)
    throw errors.validation(
      `Trial '${TrialName}' is not part of experiment '${ExperimentName}', it belongs to '${row.document.experimentName}'.`,
    );
  return { row, expect: [present(row)], put: [] };
}

function newTrial(
  call: Call,
  { key, now, taken }: TrackedJob,
  experiment: Awaited<ReturnType<typeof needEntity<ExperimentDocument>>>,
): JobTrial {
  const name = freeName(call, "experiment-trial", `${key.name}-aws-trial`, taken);
  const trialKey = entityKey(call, "experiment-trial", name);
  const document: TrialDocument = {
    name,
    arn: sagemakerArn(call, "experiment-trial", name),
    displayName: name,
    experimentName: experiment.document.name,
    createdBy: caller(call),
  };
  const trial = { key: trialKey, document, tags: undefined, now, parent: experiment.name };
  return {
    row: { ...trialKey, status: "", createdAt: now, modifiedAt: now, parent: experiment.name, document },
    expect: [{ key: trialKey, version: "absent" }, present(experiment)],
    put: [...entityRows(trial), guard(experiment, now)],
  };
}

/** The name, with something random behind it once it was found that somebody has taken it. */
function freeName(call: Call, type: EntityType, name: string, taken: readonly RowKey[]): string {
  const key = entityKey(call, type, name);
  return taken.some((other) => sameKey(key, other)) ? `${name}-${newId().slice(0, 8)}` : name;
}
