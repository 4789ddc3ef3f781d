// The row of an endpoint configuration, read by endpoints: the request as given, and its ARN.
import type { CreateEndpointConfigInput } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { sagemakerArn } from "../../../core/ids.ts";
import type { Row, Rows } from "../../../store/rows/rows.ts";
import { scopeOf } from "./noun.ts";

export const endpointConfigKind = "sagemaker:endpoint-config";

export interface EndpointConfigDocument {
  readonly request: Omit<CreateEndpointConfigInput, "Tags">;
  readonly arn: string;
}

/** @throws ApiError Validation in AWS's words when there is no such configuration */
export async function needEndpointConfig(rows: Rows, call: Call, name: string): Promise<Row<EndpointConfigDocument>> {
  const row = await rows.get<EndpointConfigDocument>({ kind: endpointConfigKind, scope: scopeOf(call), name });
  if (!row)
    throw errors.validation(`Could not find endpoint configuration "${sagemakerArn(call, "endpoint-config", name)}".`);
  return row;
}
