// Models: a container image and where its artifact lies. Nothing runs until an endpoint or a transform job uses one.
// Gap: one container a model; inference pipelines (Containers with two to five) are refused by name.
// Gap: multi-model endpoints (Mode MultiModel) are refused by name.
// Gap: the artifact is looked for when the model is created, as on AWS, and again when it is used; only
// then a KMS key has to open it.
import type { ContainerDefinition, CreateModelInput } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { ApiError, errors } from "../../../core/errors.ts";
import type { ObjectReference } from "../../../core/ports.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { listRows } from "../shared/list.ts";
import { containersOf, type ModelDocument, modelKind, modelStatus, needModel } from "../shared/model.ts";
import { unpacked } from "../shared/model-package.ts";
import { checkVpc } from "../shared/network.ts";
import { arnOf, type Noun, onResource, type Parts, scopeOf, toSeconds } from "../shared/noun.ts";
import { arnIsFree, tagKey, tagRow } from "../shared/tags.ts";

export function model({ rows, objects, roles, clock, engine, quotas, networks }: Parts): Noun {
  /** Looks for the artifact under the execution role. @throws ApiError Validation in AWS's words */
  const checkArtifact = async (call: Call, roleArn: string, url: string): Promise<void> => {
    const object = artifactOf(url);
    try {
      const session = await roles.assume({
        roleArn,
        sessionName: "SageMaker",
        servicePrincipal: "sagemaker.amazonaws.com",
        durationSeconds: 900,
      });
      await objects.head(session.principal, object);
    } catch (cause) {
      if (!(cause instanceof ApiError) || cause.status >= 500) throw cause;
      if (cause.status === 404) throw errors.validation(`Could not find model data at ${url}.`);
      throw errors.validation(
        `Could not access model data at ${url}. Please ensure that the role "${roleArn}" exists and that its trust relationship policy allows the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the object is located in ${call.region}.`,
      );
    }
  };

  return {
    operations: {
      CreateModel: {
        permissions: (input, call) => [onResource(call, "model", input.ModelName)],
        run: async (input, call) => {
          const given = onlyContainer(input);
          const container = await unpacked({ rows, clock }, call, given);
          if (container.ModelDataUrl && !input.ExecutionRoleArn)
            throw errors.validation("ExecutionRoleArn must be given for a model with ModelDataUrl.");
          checkVpc(networks, call, input.VpcConfig);
          const { problem } = await engine.lookAtImage(container.Image ?? "", call);
          if (problem) throw errors.validation(problem);
          if (container.ModelDataUrl && input.ExecutionRoleArn)
            await checkArtifact(call, input.ExecutionRoleArn, container.ModelDataUrl);
          const key = { kind: modelKind, scope: scopeOf(call), name: input.ModelName };
          const arn = arnOf(key, "model");
          const now = clock.now();
          const { Tags, ...request } = input;
          const document: ModelDocument = { request, arn, ...(given === container ? {} : { unpacked: container }) };
          const place = quotas.within(key.scope, [quotas.one("Number of models", key)]);
          try {
            await place.commit({
              expect: [{ key, version: "absent" }, arnIsFree(key.scope, arn)],
              put: [
                { ...key, status: modelStatus, createdAt: now, modifiedAt: now, document },
                tagRow(key.scope, arn, Tags, now),
              ],
              events: [{ ...key, type: "created" }],
            });
          } catch (cause) {
            if (cause instanceof Conflict) throw errors.validation(`Cannot create already existing model "${arn}".`);
            throw cause;
          }
          return { ModelArn: arn };
        },
      },
      DescribeModel: {
        permissions: ({ ModelName }, call) => [onResource(call, "model", ModelName)],
        run: async ({ ModelName }, call) => {
          const { document, createdAt } = await needModel(rows, call, ModelName);
          return {
            EnableNetworkIsolation: false,
            ...document.request,
            CreationTime: toSeconds(createdAt),
            ModelArn: document.arn,
          };
        },
      },
      DeleteModel: {
        permissions: ({ ModelName }, call) => [onResource(call, "model", ModelName)],
        run: async ({ ModelName }, call) => {
          const { kind, scope, name, document } = await needModel(rows, call, ModelName);
          const key = { kind, scope, name };
          await rows.commit({ remove: [key, tagKey(scope, document.arn)], events: [{ ...key, type: "deleted" }] });
          return {};
        },
      },
      ListModels: {
        run: async (input, call) => {
          const defaults = {
            kind: modelKind,
            scope: scopeOf(call),
            sortBy: "CreationTime",
            sortOrder: "Descending",
          } as const;
          const { rows: found, ...more } = await listRows<ModelDocument>(rows, defaults, input);
          return {
            Models: found.map(({ name, createdAt, document }) => ({
              ModelName: name,
              ModelArn: document.arn,
              CreationTime: toSeconds(createdAt),
            })),
            ...more,
          };
        },
      },
    },
  };
}

/** The one container of the request. @throws ApiError Validation for what crosses members or is not built */
function onlyContainer(input: CreateModelInput): ContainerDefinition {
  if (input.PrimaryContainer && input.Containers)
    throw errors.validation("Both PrimaryContainer and Containers are given; expected one of them.");
  const containers = containersOf({ request: input, arn: "" });
  const [container] = containers;
  if (!container) throw errors.validation("PrimaryContainer or Containers must be given, got neither.");
  if (containers.length > 1)
    throw errors.validation(
      `Containers: inference pipelines are not yet available in Sagebrush, expected 1 container, got ${containers.length}.`,
    );
  if (container.Mode === "MultiModel")
    throw errors.validation("Mode: multi-model endpoints are not yet available in Sagebrush, expected SingleModel.");
  if ((container.Image === undefined) === (container.ModelPackageName === undefined))
    throw errors.validation(
      `Expected a container with either Image or ModelPackageName, got ${container.Image ? "both" : "neither"}.`,
    );
  if (container.ModelPackageName && container.ModelDataUrl)
    throw errors.validation("ModelDataUrl: the artifact is that of the model package, expected none beside it.");
  return container;
}

/** @throws ApiError Validation unless the URL is s3://bucket/key.tar.gz (container contract: one compressed tar) */
function artifactOf(url: string): ObjectReference {
  const match = /^s3:\/\/([^/]+)\/(.+\.tar\.gz)$/.exec(url);
  if (!match?.[1] || !match[2])
    throw errors.validation(`Expected a ModelDataUrl of the form s3://bucket/key.tar.gz, got "${url}".`);
  return { bucket: match[1], key: match[2] };
}
