// A fleet from a configuration and its models, as they are when an endpoint takes them.
import type { UpdateEndpointInput } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Row } from "../../../store/rows/rows.ts";
import type { EndpointConfigDocument } from "../shared/endpoint-config.ts";
import { containersOf, type ModelDocument, needModel } from "../shared/model.ts";
import { START_LIMIT_SECONDS } from "../shared/model-files.ts";
import { networkOf } from "../shared/network.ts";
import type { Parts } from "../shared/noun.ts";
import type { ContainerPlan, Fleet, Variant } from "./document.ts";

/** Disk of an instance when the variant names none: hosting instances have one of a size of their own. */
const DEFAULT_VOLUME_GB = 30;

type VariantConfig = EndpointConfigDocument["request"]["ProductionVariants"][number];

/** @throws ApiError Validation when a model is gone */
export async function comingFleet(
  { rows, engine }: Pick<Parts, "rows" | "engine">,
  call: Call,
  config: Row<EndpointConfigDocument>,
): Promise<Fleet> {
  const variants: Variant[] = [];
  for (const variant of config.document.request.ProductionVariants) {
    const model = await needModel(rows, call, variant.ModelName ?? "");
    variants.push({
      name: variant.VariantName,
      container: await pinned(engine, call, containerPlan(variant, model)),
      weight: variant.InitialVariantWeight ?? 1,
      count: variant.InitialInstanceCount ?? 1,
      instances: [],
      deaths: 0,
    });
  }
  return { role: "coming", configName: config.name, variants };
}

function containerPlan(variant: VariantConfig, model: Row<ModelDocument>): ContainerPlan {
  const { request } = model.document;
  const [container] = containersOf(model.document);
  return {
    modelName: model.name,
    image: container?.Image ?? "",
    ...(container?.ModelDataUrl === undefined ? {} : { modelDataUrl: container.ModelDataUrl }),
    environment: container?.Environment ?? {},
    ...(request.ExecutionRoleArn === undefined ? {} : { roleArn: request.ExecutionRoleArn }),
    network: networkOf(request),
    instanceType: variant.InstanceType ?? "",
    volumeSizeGb: variant.VolumeSizeInGB ?? DEFAULT_VOLUME_GB,
    startLimitSeconds: variant.ContainerStartupHealthCheckTimeoutInSeconds ?? START_LIMIT_SECONDS,
  };
}

/** Every instance runs the image that the tag means now (API reference, ResolvedImage). */
async function pinned(engine: Parts["engine"], call: Call, plan: ContainerPlan): Promise<ContainerPlan> {
  const image = await engine.pinImage(plan.image, call);
  return image === plan.image ? plan : { ...plan, image, specifiedImage: plan.image };
}

/** Variants of the same name keep counts and weights, unless the request takes them from the new configuration. */
export function retain(fleet: Fleet, serving: Fleet | undefined, input: UpdateEndpointInput): Fleet {
  if (!input.RetainAllVariantProperties) return fleet;
  const excluded = new Set(
    input.ExcludeRetainedVariantProperties?.map(({ VariantPropertyType }) => VariantPropertyType),
  );
  const variants = fleet.variants.map((variant) => {
    const old = serving?.variants.find(({ name }) => name === variant.name);
    if (!old) return variant;
    return {
      ...variant,
      ...(excluded.has("DesiredWeight") ? {} : { weight: old.weight }),
      ...(excluded.has("DesiredInstanceCount") ? {} : { count: old.count }),
    };
  });
  return { ...fleet, variants };
}
