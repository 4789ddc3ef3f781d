// Connections: how API destinations are authorized, by name and password, by a key, or by OAuth client credentials.
// A connection is there with its secret or not at all: it is CREATING until the secret is made and DELETING until that is
// gone, and a start of the server removes what was left in between.
// Gap: private connectivity (ConnectivityParameters, InvocationConnectivityParameters) and KmsKeyIdentifier are refused.
import { randomUUID } from "node:crypto";
import type { ConnectionState, Operations as Contract } from "../../../../../contract/events/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { cutPage } from "../../../core/pages.ts";
import type { Operations } from "../../../core/service.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { alreadyExists, notYet } from "../errors.ts";
import { connectionArn } from "../shared/arns.ts";
import { forgetParameters, keepParameters, openParameters, removeConnection } from "../shared/connection-secret.ts";
import {
  type AuthorizationType,
  type AuthParameters,
  CONNECTION,
  type ConnectionDocument,
  type ConnectionRow,
  changeConnection,
  checkParameters,
  connectionKey,
  findConnection,
  mergeParameters,
  refuseUnsettled,
  requireConnection,
  shownParameters,
  stateOf,
} from "../shared/connections.ts";
import { afterOf } from "../shared/paging.ts";
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
      const key = connectionKey(call, Name);
      const document: ConnectionDocument = {
        id: randomUUID(),
        description: Description,
        authorizationType: type,
        secretName: `events!connection/${Name}/${randomUUID()}`,
        authorizedAt: call.at,
      };
      const row = { ...key, status: "CREATING", createdAt: call.at, modifiedAt: call.at, document };
      try {
        await parts.rows.commit({ expect: [{ key, version: "absent" }], put: [row] });
      } catch (cause) {
        if (!(cause instanceof Conflict)) throw cause;
        throw alreadyExists(`Connection ${Name} already exists.`);
      }
      const { LastAuthorizedTime: _, ...made } = facts(call, await withSecret(parts, call, row, AuthParameters));
      if (type === "OAUTH_CLIENT_CREDENTIALS") parts.authorize(call, Name);
      return made;
    },
  },
  UpdateConnection: {
    permissions: (input, call) => onConnection(parts, call, input.Name),
    async run(input, call) {
      refuseUnbuilt(input);
      const { Name, Description, AuthorizationType: given, AuthParameters = {} } = input;
      const row = await changeWithSecret(parts, call, Name, async (there) => {
        const { document } = there;
        const type = given ?? document.authorizationType;
        const old = await openParameters(parts, call, there);
        const isSameType = type === document.authorizationType;
        const { InvocationHttpParameters: http } = old;
        const parameters = mergeParameters(isSameType ? old : { InvocationHttpParameters: http }, AuthParameters);
        checkParameters(type, parameters);
        const secretArn = await keepParameters(parts, call, there, parameters);
        return {
          status: firstState(type),
          document: {
            ...document,
            description: Description ?? document.description,
            authorizationType: type,
            secretArn,
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
      const row = await changeConnection(parts, call, Name, async (there) => {
        refuseUnsettled(there);
        await forgetParameters(parts, call, there);
        return { status: "DEAUTHORIZED", document: { ...there.document, secretArn: undefined } };
      });
      return facts(call, row);
    },
  },
  DeleteConnection: {
    permissions: (input, call) => onConnection(parts, call, input.Name),
    async run({ Name }, call) {
      const row = await changeConnection(parts, call, Name, ({ document }) => ({ status: "DELETING", document }));
      await removeConnection(parts, call, row);
      return facts(call, row);
    },
  },
  DescribeConnection: {
    permissions: (input, call) => onConnection(parts, call, input.Name),
    async run({ Name }, call) {
      const row = await requireConnection(parts, call, Name);
      const { description, stateReason, secretArn } = row.document;
      return {
        ...listed(call, row),
        ...(description === undefined ? {} : { Description: description }),
        ...(stateReason === undefined ? {} : { StateReason: stateReason }),
        ...(secretArn === undefined ? {} : { SecretArn: secretArn }),
        AuthParameters: shownParameters(await openParameters(parts, call, row)),
      };
    },
  },
  ListConnections: {
    async run({ NamePrefix: prefix, ConnectionState: state, NextToken, Limit: limit = PAGE }, call) {
      const after = afterOf(NextToken);
      const range = { kind: CONNECTION, scope: scopeOf(call), prefix, after, limit: limit + 1 };
      const { items, next } = cutPage(await parts.rows.scan<ConnectionDocument>(range), ({ name }) => name, limit);
      const wanted = items.filter((row) => state === undefined || row.status === state);
      return { Connections: wanted.map((row) => listed(call, row)), ...(next && { NextToken: next }) };
    },
  },
});

/** The new connection, once its secret is there; without one there is no connection. */
async function withSecret(
  parts: Parts,
  call: Call,
  row: Omit<ConnectionRow, "version">,
  parameters: AuthParameters,
): Promise<ConnectionRow> {
  const made = { ...row, version: 1 };
  try {
    const secretArn = await keepParameters(parts, call, made, parameters);
    return await changeConnection(parts, call, row.name, ({ document }) => ({
      status: firstState(document.authorizationType),
      document: { ...document, secretArn },
    }));
  } catch (cause) {
    await removeConnection(parts, call, made);
    throw cause;
  }
}

/** As `changeConnection`; a secret that was made while another call deleted the connection goes with it. */
async function changeWithSecret(
  parts: Parts,
  call: Call,
  name: string,
  change: (row: ConnectionRow) => ReturnType<Parameters<typeof changeConnection>[3]>,
): Promise<ConnectionRow> {
  let seen: ConnectionRow | undefined;
  try {
    return await changeConnection(parts, call, name, (row) => {
      refuseUnsettled(row);
      seen = row;
      return change(row);
    });
  } catch (cause) {
    const there = seen && (await findConnection(parts, call, name));
    const isGone = there === undefined || there.document.id !== seen?.document.id || there.status === "DELETING";
    if (seen && isGone) await forgetParameters(parts, call, seen);
    throw cause;
  }
}

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
