// What a job tells its trial component. The component's row only names the job; the rest is derived when somebody looks, so
// that it never lags behind the job and nothing has to be written when the job moves on.
import type {
  MetricData,
  TrialComponentArtifact,
  TrialComponentParameterValue,
  TrialComponentSourceDetail,
  TrialComponentStatus,
} from "../../../../../../contract/sagemaker/types.ts";
import type { Row } from "../../../../store/rows/rows.ts";

export interface JobComponent {
  readonly Status: TrialComponentStatus;
  /** Seconds since 1970. */
  readonly StartTime?: number;
  readonly EndTime?: number;
  readonly Parameters: Readonly<Record<string, TrialComponentParameterValue>>;
  readonly InputArtifacts: Readonly<Record<string, TrialComponentArtifact>>;
  readonly OutputArtifacts: Readonly<Record<string, TrialComponentArtifact>>;
  /** Last values that the job's own row has. */
  readonly finalMetrics: readonly MetricData[];
  /** Where the whole of them lies. */
  readonly series?: {
    readonly namespace: string;
    readonly dimensions: Readonly<Record<string, string>>;
    readonly names: readonly string[];
  };
  readonly detail: TrialComponentSourceDetail;
}

/** A kind of job that has trial components. */
export interface TrackedJobs<Document> {
  /** Of its rows. */
  readonly kind: string;
  readonly component: (row: Row<Document>) => JobComponent;
}

/** A parameter as a number where the text is one, as AWS shows hyperparameters. */
export function parameterValue(text: string | number): TrialComponentParameterValue {
  const value = typeof text === "number" ? text : text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? { NumberValue: value } : { StringValue: String(text) };
}

/** The parameters for what a job runs on; those that are not known are left out. */
export function resourceParameters(facts: {
  readonly ImageUri?: string | undefined;
  readonly InstanceCount?: number | undefined;
  readonly InstanceType?: string | undefined;
  readonly VolumeSizeInGB?: number | undefined;
}): Readonly<Record<string, TrialComponentParameterValue>> {
  const known = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [[`SageMaker.${name}`, parameterValue(value)] as const],
  );
  return Object.fromEntries(known);
}

/** An artifact, as an entry of a map; none when there is no value. */
export const artifact = (
  name: string,
  value: string | undefined,
  mediaType?: string | undefined,
): Readonly<Record<string, TrialComponentArtifact>> =>
  value ? { [name]: { ...(mediaType ? { MediaType: mediaType } : {}), Value: value } } : {};

/** Several artifacts as one map; of two with one name the later counts. */
export const artifacts = (
  all: readonly Readonly<Record<string, TrialComponentArtifact>>[],
): Readonly<Record<string, TrialComponentArtifact>> => Object.fromEntries(all.flatMap((each) => Object.entries(each)));
