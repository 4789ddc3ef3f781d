// Access keys of users and of the account's root. The secret is shown once, and kept sealed to check signatures.
import type { AccessKeyMetadata, Operations as Contract } from "../../../../../contract/iam/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { noSuchEntity } from "../errors.ts";
import {
  commitChecked,
  created,
  event,
  keyOf,
  lockOf,
  removeRow,
  retrying,
  rewritten,
  unchanged,
} from "../shared/changes.ts";
import { wholeSeconds } from "../shared/encoding.ts";
import { findEntity, onEntity, userNameOf, users } from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import { type AccessKeyRecord, accessKeyKey, keysOfRoot, keysOfUser } from "../shared/nouns.ts";
import { pageOf } from "../shared/paging.ts";
import { withinKeys } from "../shared/quotas.ts";
import { newSecret, newUniqueId } from "../shared/vault.ts";

/** Whose keys a call means: a named user's, or the caller's own. */
const isRootsOwn = (name: string | undefined, call: Call): boolean =>
  name === undefined && call.principal.kind === "root";

const keysFor = (name: string | undefined, call: Call) =>
  isRootsOwn(name, call) ? keysOfRoot(call.account) : keysOfUser(call.account, userNameOf(name, call));

export const accessKey = (identities: Identities): Operations<Contract> => {
  const onOwner = (input: { readonly UserName?: string | undefined }, call: Call): Promise<readonly Permission[]> =>
    isRootsOwn(input.UserName, call)
      ? Promise.resolve([])
      : onEntity(identities, users, call, userNameOf(input.UserName, call));

  /** @throws ApiError NoSuchEntity unless the key belongs to the one named */
  const find = async (name: string | undefined, call: Call, id: string): Promise<Row<AccessKeyRecord>> => {
    if (!isRootsOwn(name, call)) await findEntity(identities, users, call.account, userNameOf(name, call));
    const row = await identities.rows.get<AccessKeyRecord>(accessKeyKey(id));
    if (!row || row.parent !== keysFor(name, call).parent) {
      throw noSuchEntity(`The Access Key with id ${id} cannot be found.`);
    }
    return row;
  };

  return {
    CreateAccessKey: {
      permissions: onOwner,
      run: (input, call) => retrying(async () => ({ AccessKey: await create(identities, input.UserName, call) })),
    },
    ListAccessKeys: {
      permissions: onOwner,
      async run(input, call) {
        if (!isRootsOwn(input.UserName, call)) {
          await findEntity(identities, users, call.account, userNameOf(input.UserName, call));
        }
        const all = await identities.rows.list<AccessKeyRecord>({ ...keysFor(input.UserName, call), limit: 100 });
        const { items, ...page } = pageOf(all.rows, (row) => row.name, input);
        return { AccessKeyMetadata: items.map(metadata), ...page };
      },
    },
    UpdateAccessKey: {
      permissions: onOwner,
      async run(input, call) {
        const row = await find(input.UserName, call, input.AccessKeyId);
        const status = input.Status === "Active" ? "Active" : "Inactive";
        await commitChecked(identities, {
          expect: [unchanged(row)],
          put: [rewritten(row, { ...row.document, status }, call.at)],
          events: [event(row, "updated")],
        });
        return {};
      },
    },
    DeleteAccessKey: {
      permissions: onOwner,
      async run(input, call) {
        const row = await find(input.UserName, call, input.AccessKeyId);
        await removeRow(identities, row, identities.uses.forgetKey(call.account, row.name));
        return {};
      },
    },
    GetAccessKeyLastUsed: {
      permissions: (input, call) => onOwnerOf(identities, call, input.AccessKeyId),
      async run({ AccessKeyId: id }, { account }) {
        const owner = (await identities.accessKey(id))?.record.owner;
        const use = await identities.uses.ofKey(account, id);
        return {
          ...(owner?.kind === "user" ? { UserName: owner.userName } : {}),
          AccessKeyLastUsed: use
            ? { LastUsedDate: wholeSeconds(use.at), ServiceName: use.service, Region: use.region }
            : { ServiceName: "N/A", Region: "N/A" },
        };
      },
    },
  };
};

/** @throws ApiError LimitExceeded, NoSuchEntity, and Conflict when the user changed meanwhile */
async function createKey(identities: Identities, name: string | undefined, call: Call) {
  const keys = keysFor(name, call);
  const user = isRootsOwn(name, call)
    ? undefined
    : await findEntity(identities, users, call.account, userNameOf(name, call));
  const id = newUniqueId("AKIA");
  const secret = newSecret();
  const record: AccessKeyRecord = {
    account: call.account,
    owner: user ? { kind: "user", userName: user.document.name } : { kind: "root" },
    status: "Active",
    secret: identities.vault.seal(secret, id),
    createdAt: call.at,
  };
  const row = { ...created(accessKeyKey(id), record, call.at), parent: keys.parent };
  const { expect = [], put = [] } = user ? lockOf(user) : {};
  await withinKeys(identities, keys).commit({
    expect: [{ key: keyOf(row), version: "absent" }, ...expect],
    put: [row, ...put],
    events: [event(row, "created")],
  });
  return { id, record, secret };
}

/**
 * Permission on the user whose key it is. A key that the account does not have is nobody's: AWS refuses it in these words
 * (LocalStack's tests/aws/services/iam/test_iam_users.snapshot.json). @throws ApiError AccessDenied
 */
async function onOwnerOf(identities: Identities, call: Call, id: string): Promise<readonly Permission[]> {
  const found = await identities.accessKey(id);
  if (found?.record.account !== call.account) {
    throw errors.accessDenied(
      `User: ${call.principal.arn} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key ${id}`,
    );
  }
  const { owner } = found.record;
  return owner.kind === "user"
    ? onEntity(identities, users, call, owner.userName)
    : [{ action: `iam:${call.operation}`, resource: "*" }];
}

async function create(identities: Identities, name: string | undefined, call: Call) {
  const { id, record, secret } = await retrying(() => createKey(identities, name, call));
  return {
    UserName: record.owner.kind === "user" ? record.owner.userName : "root",
    AccessKeyId: id,
    Status: record.status,
    SecretAccessKey: secret,
    CreateDate: wholeSeconds(record.createdAt),
  };
}

const metadata = ({ name, document }: Row<AccessKeyRecord>): AccessKeyMetadata => ({
  ...(document.owner.kind === "user" ? { UserName: document.owner.userName } : {}),
  AccessKeyId: name,
  Status: document.status,
  CreateDate: wholeSeconds(document.createdAt),
});
