// What changes of an endpoint must hold to, and the change of its weights and counts. Pure.
import type { DeploymentConfig, DesiredWeightAndCapacity } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import type { EndpointDocument, EndpointRow } from "./document.ts";

export const inProgress = ({ document }: EndpointRow) =>
  errors.validation(`Cannot update in-progress endpoint "${document.arn}".`);

/** @throws ApiError Validation when a change is under way, or nothing is there to change */
export function checkInService(row: EndpointRow): void {
  if (row.status === "Failed")
    throw errors.validation(
      `Cannot update endpoint "${row.document.arn}" since its status is Failed; delete it and create it again.`,
    );
  if (row.status !== "InService") throw inProgress(row);
}

/** @throws ApiError Validation naming what is not built */
export function checkDeployment(config: DeploymentConfig | undefined): void {
  const refuse = (member: string) => errors.validation(`DeploymentConfig.${member} is not yet available in Sagebrush.`);
  if (config?.RollingUpdatePolicy) throw refuse("RollingUpdatePolicy");
  if (config?.AutoRollbackConfiguration?.Alarms?.length) throw refuse("AutoRollbackConfiguration.Alarms");
  const type = config?.BlueGreenUpdatePolicy?.TrafficRoutingConfiguration.Type;
  if (type !== undefined && type !== "ALL_AT_ONCE")
    throw errors.validation(
      `DeploymentConfig.BlueGreenUpdatePolicy: traffic routing of type ${type} is not yet available in Sagebrush, expected ALL_AT_ONCE.`,
    );
}

/** @throws ApiError Validation for a variant that is not there, or weights without any share */
export function resized(document: EndpointDocument, desired: readonly DesiredWeightAndCapacity[]): EndpointDocument {
  const { failureReason: _, ...rest } = document;
  const serving = document.fleets.find(({ role }) => role === "serving");
  if (!serving) throw new Error(`Endpoint ${document.arn} is InService without a fleet.`);
  const names = new Set(serving.variants.map(({ name }) => name));
  for (const { VariantName } of desired)
    if (!names.has(VariantName))
      throw errors.validation(
        `Could not find production variant "${VariantName}" of endpoint "${document.arn}"; it has ${[...names].join(", ")}.`,
      );
  const variants = serving.variants.map((variant) => {
    const wish = desired.find(({ VariantName }) => VariantName === variant.name);
    return {
      ...variant,
      weight: wish?.DesiredWeight ?? variant.weight,
      count: wish?.DesiredInstanceCount ?? variant.count,
    };
  });
  const empty = variants.find(({ count }) => count < 1);
  if (empty)
    throw errors.validation(`DesiredInstanceCount of variant "${empty.name}" must be 1 or more, got ${empty.count}.`);
  const endless = variants.find(({ weight }) => !Number.isFinite(weight));
  if (endless)
    throw errors.validation(`DesiredWeight of variant "${endless.name}" must be finite, got ${endless.weight}.`);
  if (variants.every(({ weight }) => weight === 0))
    throw errors.validation("At least one production variant must have a weight above 0.");
  const before = serving.variants.map(({ name, weight, count }) => ({ name, weight, count }));
  return {
    ...rest,
    before,
    fleets: document.fleets.map((fleet) => (fleet === serving ? { ...serving, variants } : fleet)),
  };
}
