// API destinations: addresses that events are sent to.
// Gap: addresses may be http:// as well as https://.
import { randomUUID } from "node:crypto";
import type { Operations as Contract } from "../../../../../contract/events/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { cutPage } from "../../../core/pages.ts";
import type { Operations } from "../../../core/service.ts";
import { again } from "../../../store/rows/again.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { alreadyExists, validation } from "../errors.ts";
import { connectionArn, destinationArn } from "../shared/arns.ts";
import { findConnection, requireConnection } from "../shared/connections.ts";
import {
  DESTINATION,
  type DestinationDocument,
  type DestinationRow,
  destinationKey,
  findDestination,
  namedIn,
  requireDestination,
} from "../shared/destinations.ts";
import { afterOf } from "../shared/paging.ts";
import type { Parts } from "../shared/parts.ts";
import { scopeOf } from "../shared/place.ts";

const PAGE = 100;
/** EventBridge user guide, "API destinations": without a limit of its own. */
const DEFAULT_PER_SECOND = 300;

export const apiDestination = (parts: Parts): Operations<Contract> => ({
  CreateApiDestination: {
    permissions: (input, call) => onDestination(parts, call, input.Name),
    async run(input, call) {
      const { Name, Description, ConnectionArn, InvocationEndpoint, HttpMethod, InvocationRateLimitPerSecond } = input;
      checkEndpoint(InvocationEndpoint);
      await checkConnection(parts, call, ConnectionArn);
      const key = destinationKey(call, Name);
      const document: DestinationDocument = {
        id: randomUUID(),
        description: Description,
        connectionArn: ConnectionArn,
        endpoint: InvocationEndpoint,
        method: HttpMethod,
        perSecond: InvocationRateLimitPerSecond ?? DEFAULT_PER_SECOND,
      };
      const put = [{ ...key, status: "Active", createdAt: call.at, modifiedAt: call.at, document }];
      try {
        await parts.rows.commit({ expect: [{ key, version: "absent" }], put });
      } catch (cause) {
        if (!(cause instanceof Conflict)) throw cause;
        throw alreadyExists(`An api-destination '${Name}' already exists.`);
      }
      return await facts(parts, call, await requireDestination(parts, call, Name));
    },
  },
  UpdateApiDestination: {
    permissions: (input, call) => onDestination(parts, call, input.Name),
    async run(input, call) {
      if (input.InvocationEndpoint !== undefined) checkEndpoint(input.InvocationEndpoint);
      if (input.ConnectionArn !== undefined) await checkConnection(parts, call, input.ConnectionArn);
      await again(async () => {
        const row = await requireDestination(parts, call, input.Name);
        const { version, ...kept } = row;
        const old = row.document;
        const document: DestinationDocument = {
          id: old.id,
          description: input.Description ?? old.description,
          connectionArn: input.ConnectionArn ?? old.connectionArn,
          endpoint: input.InvocationEndpoint ?? old.endpoint,
          method: input.HttpMethod ?? old.method,
          perSecond: input.InvocationRateLimitPerSecond ?? old.perSecond,
        };
        await parts.rows.commit({
          expect: [{ key: row, version }],
          put: [{ ...kept, modifiedAt: call.at, document }],
        });
      });
      return await facts(parts, call, await requireDestination(parts, call, input.Name));
    },
  },
  DeleteApiDestination: {
    permissions: (input, call) => onDestination(parts, call, input.Name),
    async run({ Name }, call) {
      await parts.rows.commit({ remove: [await requireDestination(parts, call, Name)] });
      return {};
    },
  },
  DescribeApiDestination: {
    permissions: (input, call) => onDestination(parts, call, input.Name),
    async run({ Name }, call) {
      const row = await requireDestination(parts, call, Name);
      const { description } = row.document;
      return {
        ...(await listed(parts, call, row)),
        ...(description === undefined ? {} : { Description: description }),
      };
    },
  },
  ListApiDestinations: {
    async run({ NamePrefix: prefix, ConnectionArn, NextToken, Limit: limit = PAGE }, call) {
      const after = afterOf(NextToken);
      const range = { kind: DESTINATION, scope: scopeOf(call), prefix, after, limit: limit + 1 };
      const { items, next } = cutPage(await parts.rows.scan<DestinationDocument>(range), ({ name }) => name, limit);
      const wanted = items.filter(({ document }) => !ConnectionArn || document.connectionArn === ConnectionArn);
      const ApiDestinations = await Promise.all(wanted.map((row) => listed(parts, call, row)));
      return { ApiDestinations, ...(next && { NextToken: next }) };
    },
  },
});

/** A destination's ARN has its id, which a name alone does not say. */
async function onDestination(parts: Parts, call: Call, name: string): Promise<readonly Permission[]> {
  const row = await findDestination(parts, call, name);
  const resource = destinationArn(call, name, row?.document.id ?? "");
  return [{ action: `events:${call.operation}`, resource }];
}

/** @throws ApiError ValidationException */
function checkEndpoint(endpoint: string): void {
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint.replaceAll("*", "x"))) {
    throw validation("Parameter InvocationEndpoint is not valid. Reason: expected https:// or http:// and a host.");
  }
}

/** @throws ApiError ResourceNotFound */
async function checkConnection(parts: Parts, call: Call, arn: string): Promise<void> {
  await requireConnection(parts, call, namedIn(arn).name);
}

/** A destination is active when its connection is authorized. */
async function facts(parts: Parts, call: Call, row: DestinationRow) {
  const { id, connectionArn: wanted } = row.document;
  const found = await findConnection(parts, call, namedIn(wanted).name);
  const isThere = found !== undefined && connectionArn(call, found.name, found.document.id) === wanted;
  return {
    ApiDestinationArn: destinationArn(call, row.name, id),
    ApiDestinationState: isThere && found.status === "AUTHORIZED" ? ("ACTIVE" as const) : ("INACTIVE" as const),
    CreationTime: row.createdAt / 1000,
    LastModifiedTime: row.modifiedAt / 1000,
  };
}

async function listed(parts: Parts, call: Call, row: DestinationRow) {
  const { connectionArn: ConnectionArn, endpoint, method, perSecond } = row.document;
  return {
    ...(await facts(parts, call, row)),
    Name: row.name,
    ConnectionArn,
    InvocationEndpoint: endpoint,
    HttpMethod: method,
    InvocationRateLimitPerSecond: perSecond,
  };
}
