// Validation of an algorithm or a model package: the jobs that its profile asks for are really run, one after the other,
// under the role of the profile (guide, "Create an Algorithm Resource"). They are jobs of the account like any other.
import { setTimeout } from "node:timers/promises";
import type {
  ContainerDefinition,
  CreateTrainingJobRequest,
  TransformJobDefinition,
} from "../../../../../contract/sagemaker/types.ts";
import type { Call, Principal } from "../../../core/call.ts";
import { ApiError, errors } from "../../../core/errors.ts";
import { newId, newRequestId } from "../../../core/ids.ts";
import type { ActivityContext, JobKind } from "../../../engine/job-kind.ts";
import { JobFailure } from "../../../engine/job-kind.ts";
import type { Change } from "../../../store/rows/rows.ts";
import type { Parts } from "./noun.ts";

/** What is kept of a validation beside the request. */
export interface Validation {
  /** The names of its jobs end so. */
  readonly id: string;
  /** Why it failed, in words for people. */
  readonly failure?: string;
}

/** What a profile asks for, in the order in which it is run. */
export interface ValidationPlan {
  readonly roleArn: string;
  readonly training?: Omit<CreateTrainingJobRequest, "TrainingJobName" | "RoleArn">;
  /** Of the model that is tried; its artifact is what was trained, unless it has one. */
  readonly container?: ContainerDefinition;
  readonly transform?: TransformJobDefinition;
}

export interface ValidatedDocument {
  readonly validation?: Validation;
}

type Inside = Pick<Parts, "inside" | "clock">;

const settled = ["Completed", "Failed"];

/** Between two looks at a job that is waited for. */
const LOOK_MILLISECONDS = 200;

/** Longest part of a name before the id: names of jobs have 63 characters. */
const STEM_LENGTH = 40;

/** Status of a thing that has a profile, until its jobs are started. */
const unvalidated = "Pending";

/** Status and document of a new thing: without a profile there is nothing to run. */
export const newValidation = <Request extends object>(
  request: Request,
  specification: object | undefined,
): { readonly status: string; readonly document: Request & ValidatedDocument } =>
  specification
    ? { status: unvalidated, document: { ...request, validation: { id: newId().slice(0, 16) } } }
    : { status: "Completed", document: { ...request } };

/** To delete a thing. @throws ApiError Conflict while its validation runs */
export function unlessValidated({ name, status }: { readonly name: string; readonly status: string }): Change {
  if (!settled.includes(status))
    throw errors.conflict(`"${name}" is being validated (${status}); delete it when that has ended.`);
  return {};
}

/** Of the jobs and the model of a validation: that of what is validated, with the id. */
export const validationName = (name: string, id: string): string => `${name.slice(0, STEM_LENGTH)}-${id}`;

/** Runs the plan of each row that is not settled; a repeated step finds the jobs that are there. */
export const validationJob = <Document extends ValidatedDocument>(
  parts: Inside,
  kind: string,
  planOf: (document: Document) => ValidationPlan,
): JobKind<Document> => ({
  kind,
  settled,
  wants: ({ status }) => ({ units: [], activities: status === unvalidated ? [] : [{ name: "validate" }] }),
  next: ({ status, document }, observed) => {
    if (status === unvalidated) return { do: "store", status: "InProgress", document };
    const work = observed.activity("validate");
    if (work.state === "done") return { do: "store", status: "Completed", document };
    if (work.state !== "failed") return { do: "wait" };
    const validation = { ...(document.validation as Validation), failure: work.reason };
    return { do: "store", status: "Failed", document: { ...document, validation } };
  },
  activities: { validate: (work) => validate(parts, work, planOf(work.row.document)) },
});

async function validate(
  { inside, clock }: Inside,
  work: ActivityContext<ValidatedDocument>,
  plan: ValidationPlan,
): Promise<void> {
  const name = validationName(work.row.name, work.row.document.validation?.id ?? "");
  const { principal } = await work.session(plan.roleArn);
  const call = callOf(work, principal, clock.now());
  let artifact = plan.container?.ModelDataUrl;

  if (plan.training) {
    const request = { ...plan.training, TrainingJobName: name, RoleArn: plan.roleArn };
    const look = () => inside("DescribeTrainingJob", { TrainingJobName: name }, call);
    await unlessThere(look, () => inside("CreateTrainingJob", request, call));
    const job = await ended(look, ({ TrainingJobStatus }) => TrainingJobStatus, work.signal);
    failUnless(job.TrainingJobStatus, `Training job ${name}`, job.FailureReason);
    artifact = job.ModelArtifacts.S3ModelArtifacts;
  }
  if (!plan.transform || !plan.container) return;
  const { container, transform } = plan;
  await unlessThere(
    () => inside("DescribeModel", { ModelName: name }, call),
    () => {
      const PrimaryContainer = { ...container, ...(artifact === undefined ? {} : { ModelDataUrl: artifact }) };
      return inside(
        "CreateModel",
        { ModelName: name, ExecutionRoleArn: plan.roleArn, PrimaryContainer, EnableNetworkIsolation: true },
        call,
      );
    },
  );
  const look = () => inside("DescribeTransformJob", { TransformJobName: name }, call);
  await unlessThere(look, () =>
    inside("CreateTransformJob", { ...transform, TransformJobName: name, ModelName: name }, call),
  );
  const job = await ended(look, ({ TransformJobStatus }) => TransformJobStatus, work.signal);
  failUnless(job.TransformJobStatus, `Transform job ${name}`, job.FailureReason);
}

/** Nobody else has names with the id in them, so a refusal to describe means that it is not there. */
async function unlessThere(look: () => Promise<unknown>, create: () => Promise<unknown>): Promise<void> {
  try {
    await look();
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.status >= 500) throw cause;
    await create();
  }
}

async function ended<Job>(look: () => Promise<Job>, statusOf: (job: Job) => string, signal: AbortSignal): Promise<Job> {
  for (;;) {
    const job = await look();
    if (["Completed", "Failed", "Stopped"].includes(statusOf(job))) return job;
    await setTimeout(LOOK_MILLISECONDS, undefined, { signal });
  }
}

function failUnless(status: string, job: string, reason: string | undefined): void {
  if (status !== "Completed") throw new JobFailure(`ClientError: ${job} is ${status}${reason ? `: ${reason}` : "."}`);
}

/** The service's own call: that the caller may pass the role was asked when the validation was asked for. */
function callOf(work: ActivityContext<unknown>, principal: Principal, at: number): Call {
  const { account, region, signal } = work;
  return {
    service: "sagemaker",
    operation: "",
    requestId: newRequestId(),
    account,
    region,
    principal,
    at,
    sourceIp: "",
    userAgent: "sagemaker.amazonaws.com",
    secure: true,
    origin: "",
    headers: {},
    signal,
    authorize: async () => {},
    invoke: (service, name) => Promise.reject(new Error(`${service}:${name} was called from within a validation.`)),
  };
}
