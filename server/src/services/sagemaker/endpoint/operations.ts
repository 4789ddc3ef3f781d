// Endpoints: create, describe, update, weights and capacities, delete, list.
// Gap: DeploymentConfig moves all traffic at once; canary, linear and rolling updates and roll-back by alarm are refused.
// Gap: ResolvedImage of an image of the catalogue, or of another registry, is the image as specified.
// Gap: no data capture, asynchronous, serverless or shadow variants; endpoint configurations refuse them.
// Gap: OutOfService and SystemUpdating are never seen: there is no patching of instances.
import type {
  Operations as Contract,
  CreateEndpointInput,
  CreateEndpointOutput,
  EndpointStatus,
  UpdateEndpointInput,
  UpdateEndpointOutput,
} from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { newId, sagemakerArn } from "../../../core/ids.ts";
import type { Operations } from "../../../core/service.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { needEndpointConfig } from "../shared/endpoint-config.ts";
import { listRows } from "../shared/list.ts";
import { arnOf, type Noun, onResource, type Parts, scopeOf, toSeconds } from "../shared/noun.ts";
import { arnIsFree, tagKey, tagRow } from "../shared/tags.ts";
import { checkVolumeKey, volumeKeyOf } from "../shared/volume-key.ts";
import { endpointActivities } from "./activities.ts";
import { checkDeployment, checkInService, inProgress, resized } from "./checks.ts";
import { describe } from "./describe.ts";
import { type EndpointDocument, type EndpointRow, endpointKind, settled } from "./document.ts";
import { comingFleet, retain } from "./fleet.ts";
import { allLeaving, next } from "./job.ts";
import { moreInstances } from "./quota.ts";
import { routeOf } from "./routes.ts";
import { changeEndpoint, endpointKey, needEndpoint } from "./rows.ts";
import { searchable } from "./search.ts";
import { stateChanges } from "./state-changes.ts";
import { wants } from "./units.ts";

export const endpoint = (parts: Parts): Noun => ({
  job: {
    kind: endpointKind,
    settled,
    wants,
    next,
    activities: endpointActivities(parts),
    published: ({ scope, name }, seen) => parts.routes.publish(scope, name, seen && routeOf(seen)),
  },
  searchable: searchable(parts.rows),
  stateChanges,
  operations: { ...changingOperations(parts), ...readingOperations(parts) },
});

const onEndpoint = ({ EndpointName }: { readonly EndpointName: string }, call: Call) => [
  onResource(call, "endpoint", EndpointName),
];

const onEndpointAndConfig = (
  input: { readonly EndpointName: string; readonly EndpointConfigName: string },
  call: Call,
) => [...onEndpoint(input, call), onResource(call, "endpoint-config", input.EndpointConfigName)];

function changingOperations(parts: Parts): Operations<Contract> {
  return {
    CreateEndpoint: {
      newer: ["DeploymentConfig"],
      permissions: onEndpointAndConfig,
      run: (input, call) => create(parts, input, call),
    },
    UpdateEndpoint: {
      newer: ["DeploymentConfig", "RetainDeploymentConfig"],
      permissions: onEndpointAndConfig,
      run: (input, call) => update(parts, input, call),
    },
    UpdateEndpointWeightsAndCapacities: {
      permissions: onEndpoint,
      run: async ({ EndpointName: name, DesiredWeightsAndCapacities }, call) => {
        const edit = (row: EndpointRow) => {
          checkInService(row);
          return { status: "Updating", document: resized(row.document, DesiredWeightsAndCapacities) } as const;
        };
        return { EndpointArn: await changeEndpoint(parts, call, { name, edit }) };
      },
    },
    DeleteEndpoint: {
      permissions: onEndpoint,
      run: async ({ EndpointName: name }, call) => {
        const edit = (row: EndpointRow) => {
          if (!["InService", "Failed", "OutOfService"].includes(row.status)) throw inProgress(row);
          return { status: "Deleting", document: allLeaving(row.document) } as const;
        };
        const tags = tagKey(scopeOf(call), sagemakerArn(call, "endpoint", name));
        await changeEndpoint(parts, call, { name, edit, with: { remove: [tags] } });
        return {};
      },
    },
  };
}

function readingOperations({ rows }: Parts): Operations<Contract> {
  return {
    DescribeEndpoint: {
      permissions: onEndpoint,
      run: async ({ EndpointName }, call) => describe(await needEndpoint(rows, call, EndpointName)),
    },
    ListEndpoints: {
      run: async (input, call) => {
        const { rows: found, ...more } = await listRows<EndpointDocument>(
          rows,
          { kind: endpointKind, scope: scopeOf(call), sortBy: "CreationTime", sortOrder: "Descending" },
          input,
        );
        return {
          Endpoints: found.map(({ name, status, createdAt, modifiedAt, document }) => ({
            EndpointName: name,
            EndpointArn: document.arn,
            CreationTime: toSeconds(createdAt),
            LastModifiedTime: toSeconds(modifiedAt),
            EndpointStatus: status as EndpointStatus,
          })),
          ...more,
        };
      },
    },
  };
}

const alreadyExists = (arn: string) => errors.validation(`Cannot create already existing endpoint "${arn}".`);

/** The configuration; whoever calls may hand its key to volumes. @throws ApiError Validation, AccessDenied */
async function openConfig(parts: Parts, call: Call, name: string) {
  const config = await needEndpointConfig(parts.rows, call, name);
  await checkVolumeKey(parts, call, { ...volumeKeyOf(config.document.request), roleArn: undefined });
  return config;
}

async function create(parts: Parts, input: CreateEndpointInput, call: Call): Promise<CreateEndpointOutput> {
  const { rows, clock, engine, quotas } = parts;
  checkDeployment(input.DeploymentConfig);
  const key = endpointKey(call, input.EndpointName);
  const arn = arnOf(key, "endpoint");
  if (await rows.get(key)) throw alreadyExists(arn);
  const config = await openConfig(parts, call, input.EndpointConfigName);
  const fleets = [await comingFleet(parts, call, config)];
  await engine.needDisk();
  const deployment = input.DeploymentConfig === undefined ? {} : { deployment: input.DeploymentConfig };
  const document: EndpointDocument = { arn, id: newId(), made: 0, fleets, ...deployment };
  const now = clock.now();
  const uses = [quotas.one("Number of endpoints", key), ...moreInstances(parts, key.scope, document)];
  try {
    await quotas.within(key.scope, uses).commit({
      expect: [{ key, version: "absent" }, arnIsFree(key.scope, arn)],
      put: [
        { ...key, status: "Creating", createdAt: now, modifiedAt: now, document },
        tagRow(key.scope, arn, input.Tags, now),
      ],
      events: [{ ...key, type: "created", detail: "Creating" }],
    });
  } catch (cause) {
    if (cause instanceof Conflict) throw alreadyExists(arn);
    throw cause;
  }
  return { EndpointArn: arn };
}

async function update(parts: Parts, input: UpdateEndpointInput, call: Call): Promise<UpdateEndpointOutput> {
  const { rows, engine } = parts;
  const name = input.EndpointName;
  checkDeployment(input.DeploymentConfig);
  checkInService(await needEndpoint(rows, call, name));
  const config = await openConfig(parts, call, input.EndpointConfigName);
  const fleet = await comingFleet(parts, call, config);
  await engine.needDisk();
  const edit = (row: EndpointRow) => {
    checkInService(row);
    const { failureReason: _, deployment: last, ...document } = row.document;
    const deployment = input.DeploymentConfig ?? (input.RetainDeploymentConfig ? last : undefined);
    const serving = document.fleets.find(({ role }) => role === "serving");
    const fleets = [...document.fleets, retain(fleet, serving, input)];
    return { status: "Updating", document: { ...document, fleets, ...(deployment ? { deployment } : {}) } } as const;
  };
  return { EndpointArn: await changeEndpoint(parts, call, { name, edit }) };
}
