// How the validation of an algorithm or a model package stands: read from its jobs whenever somebody looks.
import type { AlgorithmStatusItem, ModelPackageStatusDetails } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Parts } from "./noun.ts";
import { type ValidatedDocument, type ValidationPlan, validationName } from "./validation-runs.ts";

interface ValidatedRow {
  readonly name: string;
  readonly document: ValidatedDocument;
}

/** StatusDetails of an algorithm or a model package, which have one shape. Nothing is looked for in images. */
export async function statusDetails(
  parts: Pick<Parts, "inside">,
  call: Call,
  row: ValidatedRow,
  plan: ValidationPlan,
): Promise<ModelPackageStatusDetails> {
  return { ValidationStatuses: await validationStatuses(parts, call, row, plan), ImageScanStatuses: [] };
}

async function validationStatuses(
  { inside }: Pick<Parts, "inside">,
  call: Call,
  row: ValidatedRow,
  plan: ValidationPlan,
): Promise<readonly AlgorithmStatusItem[]> {
  const { validation } = row.document;
  if (!validation) return [];
  const name = validationName(row.name, validation.id);
  const training = () => inside("DescribeTrainingJob", { TrainingJobName: name }, call);
  const transform = () => inside("DescribeTransformJob", { TransformJobName: name }, call);
  const items = [
    ...(plan.training ? [await itemOf(`${name}-training`, training, (job) => job.TrainingJobStatus)] : []),
    ...(plan.transform ? [await itemOf(`${name}-transform`, transform, (job) => job.TransformJobStatus)] : []),
  ];
  const { failure } = validation;
  const at = items.findIndex(({ Status }) => Status !== "Completed");
  if (failure === undefined || at < 0) return items;
  return items.map((item, index) => (index === at ? { ...item, Status: "Failed", FailureReason: failure } : item));
}

async function itemOf<Job>(
  Name: string,
  look: () => Promise<Job>,
  statusOf: (job: Job) => string,
): Promise<AlgorithmStatusItem> {
  try {
    const status = statusOf(await look());
    if (status === "Completed") return { Name, Status: "Completed" };
    return { Name, Status: status === "Failed" || status === "Stopped" ? "Failed" : "InProgress" };
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.status >= 500) throw cause;
    return { Name, Status: "NotStarted" };
  }
}
