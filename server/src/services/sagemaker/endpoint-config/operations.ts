// Endpoint configurations: which models serve, on what, and with which share of the traffic. Immutable.
// Gap: data capture, asynchronous, serverless and shadow variants, and accelerators are refused by name.
// Gap: KmsKeyId has to be there and open to whoever creates the endpoint; hosting volumes are not encrypted by it.
import type { CreateEndpointConfigInput } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { type EndpointConfigDocument, endpointConfigKind, needEndpointConfig } from "../shared/endpoint-config.ts";
import { listRows } from "../shared/list.ts";
import { needModel } from "../shared/model.ts";
import { arnOf, type Noun, onResource, type Parts, scopeOf, toSeconds } from "../shared/noun.ts";
import { arnIsFree, tagKey, tagRow } from "../shared/tags.ts";
import { checkLocalDisks, volumeKeyOf } from "../shared/volume-key.ts";

export function endpointConfig({ rows, clock, quotas }: Parts): Noun {
  const onConfig = ({ EndpointConfigName }: { readonly EndpointConfigName: string }, call: Call) => [
    onResource(call, "endpoint-config", EndpointConfigName),
  ];
  return {
    operations: {
      CreateEndpointConfig: {
        newer: ["ProductionVariants.ContainerStartupHealthCheckTimeoutInSeconds", "ProductionVariants.VolumeSizeInGB"],
        permissions: onConfig,
        run: async (input, call) => {
          checkVariants(input);
          checkLocalDisks(volumeKeyOf(input));
          for (const variant of input.ProductionVariants) await needModel(rows, call, variant.ModelName ?? "");
          const key = { kind: endpointConfigKind, scope: scopeOf(call), name: input.EndpointConfigName };
          const arn = arnOf(key, "endpoint-config");
          const now = clock.now();
          const { Tags, ...request } = input;
          const document: EndpointConfigDocument = { request, arn };
          const place = quotas.within(key.scope, [quotas.one("Number of endpoint configurations", key)]);
          try {
            await place.commit({
              expect: [{ key, version: "absent" }, arnIsFree(key.scope, arn)],
              put: [
                { ...key, status: "", createdAt: now, modifiedAt: now, document },
                tagRow(key.scope, arn, Tags, now),
              ],
              events: [{ ...key, type: "created" }],
            });
          } catch (cause) {
            if (cause instanceof Conflict)
              throw errors.validation(`Cannot create already existing endpoint configuration "${arn}".`);
            throw cause;
          }
          return { EndpointConfigArn: arn };
        },
      },
      DescribeEndpointConfig: {
        permissions: onConfig,
        run: async ({ EndpointConfigName }, call) => {
          const { document, createdAt } = await needEndpointConfig(rows, call, EndpointConfigName);
          return { ...document.request, EndpointConfigArn: document.arn, CreationTime: toSeconds(createdAt) };
        },
      },
      DeleteEndpointConfig: {
        permissions: onConfig,
        run: async ({ EndpointConfigName }, call) => {
          const { kind, scope, name, document } = await needEndpointConfig(rows, call, EndpointConfigName);
          const key = { kind, scope, name };
          await rows.commit({ remove: [key, tagKey(scope, document.arn)], events: [{ ...key, type: "deleted" }] });
          return {};
        },
      },
      ListEndpointConfigs: {
        run: async (input, call) => {
          const { rows: found, ...more } = await listRows<EndpointConfigDocument>(
            rows,
            { kind: endpointConfigKind, scope: scopeOf(call), sortBy: "CreationTime", sortOrder: "Descending" },
            input,
          );
          return {
            EndpointConfigs: found.map(({ name, createdAt, document }) => ({
              EndpointConfigName: name,
              EndpointConfigArn: document.arn,
              CreationTime: toSeconds(createdAt),
            })),
            ...more,
          };
        },
      },
    },
  };
}

/** @throws ApiError Validation for what crosses members or is not built */
function checkVariants({ ProductionVariants, DataCaptureConfig }: CreateEndpointConfigInput): void {
  if (DataCaptureConfig?.EnableCapture)
    throw errors.validation("DataCaptureConfig: data capture is not yet available in Sagebrush.");
  const names = new Set<string>();
  for (const variant of ProductionVariants) {
    const { VariantName, ModelName, InstanceType, InitialInstanceCount, AcceleratorType } = variant;
    if (names.has(VariantName))
      throw errors.validation(`Production variant names must be unique, got "${VariantName}" more than once.`);
    names.add(VariantName);
    for (const [member, value] of Object.entries({ ModelName, InstanceType, InitialInstanceCount }))
      if (value === undefined) throw errors.validation(`Production variant "${VariantName}" must have ${member}.`);
    if (AcceleratorType)
      throw errors.validation(
        `AcceleratorType: elastic inference is not yet available in Sagebrush, got ${AcceleratorType} for variant "${VariantName}".`,
      );
  }
  const endless = ProductionVariants.find(({ InitialVariantWeight: weight = 1 }) => !Number.isFinite(weight));
  if (endless)
    throw errors.validation(
      `InitialVariantWeight of "${endless.VariantName}" must be finite, got ${endless.InitialVariantWeight}.`,
    );
  if (ProductionVariants.every(({ InitialVariantWeight }) => InitialVariantWeight === 0))
    throw errors.validation("At least one production variant must have an InitialVariantWeight above 0.");
}
