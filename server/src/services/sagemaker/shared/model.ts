// The row of a model, read by transform jobs and endpoints: the CreateModel request as given, and its ARN.
import type { ContainerDefinition, CreateModelInput } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { sagemakerArn } from "../../../core/ids.ts";
import type { Row, Rows } from "../../../store/rows/rows.ts";
import { scopeOf } from "./noun.ts";

export const modelKind = "sagemaker:model";

/** Status of a model's row; models have none in the API. */
export const modelStatus = "InService";

export interface ModelDocument {
  readonly request: CreateModelInput;
  readonly arn: string;
  /** What a container that names a model package means. */
  readonly unpacked?: ContainerDefinition;
}

export const findModel = (
  rows: Rows,
  at: { readonly account: string; readonly region: string },
  name: string,
): Promise<Row<ModelDocument> | undefined> => rows.get<ModelDocument>({ kind: modelKind, scope: scopeOf(at), name });

/** @throws ApiError Validation in AWS's words when there is no such model */
export async function needModel(rows: Rows, call: Call, name: string): Promise<Row<ModelDocument>> {
  const row = await findModel(rows, call, name);
  if (!row) throw errors.validation(`Could not find model "${sagemakerArn(call, "model", name)}".`);
  return row;
}

/** Containers of a model in the order requests pass them. */
export const containersOf = ({ request, unpacked }: ModelDocument): readonly ContainerDefinition[] =>
  unpacked ? [unpacked] : (request.Containers ?? (request.PrimaryContainer ? [request.PrimaryContainer] : []));
