// Pipe mode is not there yet: no job has pipes.
import type { CreateTrainingJobRequest } from "../../../../../contract/sagemaker/types.ts";

/** What feeding the pipes of a host, or collecting what it left, may find out. */
export interface Fed {
  /** An epoch was cut short by a death of the server: the attempt is void. */
  readonly cut?: boolean;
}

export const hasPipes = (_request: CreateTrainingJobRequest): boolean => false;
