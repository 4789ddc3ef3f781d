// The row of a transform job: the request as given, the model as it was then, and what became of it.
import type { ContainerDefinition, CreateTransformJobRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Row } from "../../../store/rows/rows.ts";

export const transformJobKind = "sagemaker:transform-job";

/** `preparing`: the model is unpacked. `starting`: its container is not yet well. `transforming`. */
export type TransformPhase = "preparing" | "starting" | "transforming";

export interface TransformDocument {
  /** Without its tags, which have a row of their own. */
  readonly request: CreateTransformJobRequest;
  /** A model may be deleted or made anew while the job runs; the job goes on with what it was created with. */
  readonly model: {
    readonly container: ContainerDefinition;
    readonly roleArn: string;
    readonly isolated: boolean;
  };
  readonly arn: string;
  /** Random; names the units of all attempts. */
  readonly id: string;
  /** 1 at first, one more for each unit that was lost. */
  readonly attempt: number;
  readonly phase: TransformPhase;
  /** Milliseconds since 1970. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly failureReason?: string;
}

export type TransformRow = Row<TransformDocument>;

export const unitIdOf = ({ id, attempt }: TransformDocument): string => `${id}-${attempt}`;
