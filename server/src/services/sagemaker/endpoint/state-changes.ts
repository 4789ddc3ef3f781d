// What is told of an endpoint: each status, in capitals, with its variants; times in milliseconds, as the guide's sample has
// them.
import { type StateChanges, statusChanges } from "../shared/state-changes/state-changes.ts";
import { describe } from "./describe.ts";
import { type EndpointDocument, type EndpointRow, endpointKind } from "./document.ts";

export const stateChanges: StateChanges<EndpointDocument> = {
  kind: endpointKind,
  detailType: "SageMaker Endpoint State Change",
  arn: ({ document }) => document.arn,
  states: statusChanges(detailOf),
  restated: (last, status) => ({ ...last, EndpointStatus: upperSnake(status) }),
};

/** `InService` is `IN_SERVICE`. */
const upperSnake = (status: string): string => status.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();

function detailOf(row: EndpointRow): object {
  const { EndpointName, EndpointArn, EndpointConfigName, ProductionVariants, FailureReason } = describe(row);
  return {
    EndpointName,
    EndpointArn,
    EndpointConfigName,
    ProductionVariants: (ProductionVariants ?? []).map(
      ({ VariantName, CurrentWeight, DesiredWeight, CurrentInstanceCount, DesiredInstanceCount }) => ({
        VariantName,
        CurrentWeight,
        DesiredWeight,
        CurrentInstanceCount,
        DesiredInstanceCount,
      }),
    ),
    EndpointStatus: upperSnake(row.status),
    ...(FailureReason === undefined ? {} : { FailureReason }),
    CreationTime: row.createdAt,
    LastModifiedTime: row.modifiedAt,
  };
}
