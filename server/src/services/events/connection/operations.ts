// Connections: how API destinations are authorized, by name and password, by a key, or by OAuth client credentials.
// Gap: SecretArn is left out: what a connection authorizes with is sealed in the database and is no secret of Secrets Manager.
// Gap: private connectivity (ConnectivityParameters, InvocationConnectivityParameters) and KmsKeyIdentifier are refused.
import { randomUUID } from "node:crypto";
import type { ConnectionState, Operations as Contract } from "../../../../../contract/events/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { cutPage, readMarker } from "../../../core/pages.ts";
import type { Operations } from "../../../core/service.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { alreadyExists, notYet } from "../errors.ts";
import { connectionArn } from "../shared/arns.ts";
import {
  type AuthorizationType,
  CONNECTION,
  type ConnectionDocument,
  type ConnectionRow,
  changeConnection,
  checkParameters,
  connectionKey,
  findConnection,
  mergeParameters,
  openParameters,
  requireConnection,
  sealParameters,
  shownParameters,
  stateOf,
} from "../shared/connections.ts";
import type { Parts } from "../shared/parts.ts";
import { scopeOf } from "../shared/place.ts";

const PAGE = 100;

export const connection = (parts: Parts): Operations<Contract> => ({
  CreateConnection: {
    permissions: (input, call) => onConnection(parts, call, input.Name),
    async run(input, call) {
      refuseUnbuilt(input);
      const { Name, Description, AuthorizationType: type, AuthParameters } = input;
      checkParameters(type, AuthParameters);
      const id = randomUUID();
      const key = connectionKey(call, Name);
      const document: ConnectionDocument = {
        id,
        description: Description,
        authorizationType: type,
        sealed: sealParameters(parts, id, AuthParameters),
        authorizedAt: call.at,
      };
      const put = [{ ...key, status: firstState(type), createdAt: call.at, modifiedAt: call.at, document }];
      try {
        await parts.rows.commit({ expect: [{ key, version: "absent" }], put });
      } catch (cause) {
        if (!(cause instanceof Conflict)) throw cause;
        throw alreadyExists(`Connection ${Name} already exists.`);
      }
      if (type === "OAUTH_CLIENT_CREDENTIALS") parts.authorize(call, Name);
      const { LastAuthorizedTime: _, ...made } = facts(call, await requireConnection(parts, call, Name));
      return made;
    },
  },
  UpdateConnection: {
    permissions: (input, call) => onConnection(parts, call, input.Name),
    async run(input, call) {
      refuseUnbuilt(input);
      const { Name, Description, AuthorizationType: given, AuthParameters = {} } = input;
      const row = await changeConnection(parts, call, Name, ({ document }) => {
        const type = given ?? document.authorizationType;
        const old = openParameters(parts, document);
        const isSameType = type === document.authorizationType;
        const { InvocationHttpParameters: http } = old;
        const parameters = mergeParameters(isSameType ? old : { InvocationHttpParameters: http }, AuthParameters);
        checkParameters(type, parameters);
        return {
          status: firstState(type),
          document: {
            ...document,
            description: Description ?? document.description,
            authorizationType: type,
            sealed: sealParameters(parts, document.id, parameters),
            authorizedAt: call.at,
            stateReason: undefined,
          },
        };
      });
      if (row.document.authorizationType === "OAUTH_CLIENT_CREDENTIALS") parts.authorize(call, Name);
      return facts(call, row);
    },
  },
  DeauthorizeConnection: {
    permissions: (input, call) => onConnection(parts, call, input.Name),
    async run({ Name }, call) {
      const row = await changeConnection(parts, call, Name, ({ document }) => {
        const empty = sealParameters(parts, document.id, {});
        return { status: "DEAUTHORIZED", document: { ...document, sealed: empty } };
      });
      return facts(call, row);
    },
  },
  DeleteConnection: {
    permissions: (input, call) => onConnection(parts, call, input.Name),
    async run({ Name }, call) {
      const row = await requireConnection(parts, call, Name);
      await parts.rows.commit({ remove: [row] });
      return { ...facts(call, row), ConnectionState: "DELETING" as const };
    },
  },
  DescribeConnection: {
    permissions: (input, call) => onConnection(parts, call, input.Name),
    async run({ Name }, call) {
      const row = await requireConnection(parts, call, Name);
      const { description, stateReason } = row.document;
      return {
        ...listed(call, row),
        ...(description === undefined ? {} : { Description: description }),
        ...(stateReason === undefined ? {} : { StateReason: stateReason }),
        AuthParameters: shownParameters(openParameters(parts, row.document)),
      };
    },
  },
  ListConnections: {
    async run({ NamePrefix: prefix, ConnectionState: state, NextToken, Limit: limit = PAGE }, call) {
      const after = NextToken === undefined ? undefined : readMarker(NextToken);
      const range = { kind: CONNECTION, scope: scopeOf(call), prefix, after, limit: limit + 1 };
      const { items, next } = cutPage(await parts.rows.scan<ConnectionDocument>(range), ({ name }) => name, limit);
      const wanted = items.filter((row) => state === undefined || row.status === state);
      return { Connections: wanted.map((row) => listed(call, row)), ...(next && { NextToken: next }) };
    },
  },
});

/** A connection's ARN has its id, which a name alone does not say. */
async function onConnection(parts: Parts, call: Call, name: string): Promise<readonly Permission[]> {
  const row = await findConnection(parts, call, name);
  const resource = connectionArn(call, name, row?.document.id ?? "");
  return [{ action: `events:${call.operation}`, resource }];
}

function refuseUnbuilt(input: {
  readonly InvocationConnectivityParameters?: unknown;
  readonly KmsKeyIdentifier?: unknown;
}): void {
  if (input.InvocationConnectivityParameters !== undefined) throw notYet("InvocationConnectivityParameters");
  if (input.KmsKeyIdentifier !== undefined) throw notYet("KmsKeyIdentifier");
}

/** A token has to be asked for; the others are good as they are. */
const firstState = (type: AuthorizationType): ConnectionState =>
  type === "OAUTH_CLIENT_CREDENTIALS" ? "AUTHORIZING" : "AUTHORIZED";

const facts = (call: Call, row: ConnectionRow) => ({
  ConnectionArn: connectionArn(call, row.name, row.document.id),
  ConnectionState: stateOf(row),
  CreationTime: row.createdAt / 1000,
  LastModifiedTime: row.modifiedAt / 1000,
  LastAuthorizedTime: (row.document.authorizedAt ?? row.createdAt) / 1000,
});

const listed = (call: Call, row: ConnectionRow) => ({
  ...facts(call, row),
  Name: row.name,
  AuthorizationType: row.document.authorizationType,
});
