// DescribeEndpoint's answer from the row.
import type {
  DescribeEndpointOutput,
  EndpointStatus,
  ProductionVariantSummary,
} from "../../../../../contract/sagemaker/types.ts";
import { toSeconds } from "../shared/noun.ts";
import { type EndpointRow, isServing, shownFleet, type Variant } from "./document.ts";

export function describe(row: EndpointRow): DescribeEndpointOutput {
  const { document } = row;
  const fleet = shownFleet(document);
  return {
    EndpointName: row.name,
    EndpointArn: document.arn,
    EndpointConfigName: fleet?.configName,
    ...(fleet ? { ProductionVariants: fleet.variants.map((variant) => summarize(variant, row)) } : {}),
    EndpointStatus: row.status as EndpointStatus,
    ...(document.failureReason === undefined ? {} : { FailureReason: document.failureReason }),
    CreationTime: toSeconds(row.createdAt),
    LastModifiedTime: toSeconds(row.modifiedAt),
    ...(document.deployment === undefined ? {} : { LastDeploymentConfig: document.deployment }),
  };
}

function summarize(variant: Variant, row: EndpointRow): ProductionVariantSummary {
  const serving = variant.instances.filter(isServing);
  const since = serving.flatMap(({ servingSince }) => servingSince ?? []);
  const { image, specifiedImage = image } = variant.container;
  return {
    VariantName: variant.name,
    DeployedImages: [
      {
        SpecifiedImage: specifiedImage,
        ResolvedImage: image,
        ResolutionTime: toSeconds(Math.min(row.modifiedAt, ...since)),
      },
    ],
    CurrentWeight: variant.weight,
    DesiredWeight: variant.weight,
    CurrentInstanceCount: serving.length,
    DesiredInstanceCount: variant.count,
  };
}
