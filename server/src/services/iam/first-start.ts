// The identities of a new data folder: the account's root, and a role that SageMaker code can work under at once.
import { Conflict } from "../../store/rows/rows.ts";
import type { Identities } from "./shared/identities.ts";
import {
  ACCESS_KEY,
  type AccessKeyRecord,
  accessKeyKey,
  iamArn,
  keysOfRoot,
  ROLE,
  type Role,
  roleKey,
} from "./shared/nouns.ts";
import { newSecret, newUniqueId } from "./shared/vault.ts";

export const FIRST_ACCOUNT = "123456789012";
const ROLE_NAME = "SageMakerRole";
const SESSION_NAME = "local";
/** One hour, as CreateRole's default. */
const SESSION_SECONDS = 3600;

/** Which keys the profiles have; the row also says that first start is over. */
interface FirstKeys {
  readonly profiles: Readonly<Record<string, string>>;
}

/**
 * Makes the first identities where there are none, and gives the text of DIR/credentials (AWS ini format). What the
 * user has deleted since is not made again and not in the text.
 */
export async function ensureFirstIdentities(identities: Identities, account = FIRST_ACCOUNT): Promise<string> {
  const key = { kind: "iam:first-start", scope: account, name: "profiles" };
  const read = async () => (await identities.rows.get<FirstKeys>(key))?.document.profiles;
  const profiles = (await read()) ?? (await create(identities, account, key)) ?? (await read()) ?? {};
  const sections: string[] = [];
  for (const [profile, id] of Object.entries(profiles)) {
    const found = await identities.accessKey(id);
    if (!found) continue;
    sections.push(`[${profile}]\naws_access_key_id = ${id}\naws_secret_access_key = ${found.secret}\n`);
  }
  return sections.join("\n");
}

/** Undefined when another server of the same database was faster. */
async function create(
  identities: Identities,
  account: string,
  marker: { readonly kind: string; readonly scope: string; readonly name: string },
): Promise<FirstKeys["profiles"] | undefined> {
  const at = identities.now();
  const row = { status: "Active", createdAt: at, modifiedAt: at };
  const owners: Readonly<Record<string, AccessKeyRecord["owner"]>> = {
    // A session that never ends: get_execution_role() of the SageMaker SDK refuses users and root.
    default: { kind: "role", roleName: ROLE_NAME, sessionName: SESSION_NAME },
    root: { kind: "root" },
  };
  const keys = Object.entries(owners).map(([profile, owner]) => {
    const id = newUniqueId("AKIA");
    const secret = identities.vault.seal(newSecret(), id);
    const document: AccessKeyRecord = { account, owner, status: "Active", secret, createdAt: at };
    const parent = owner.kind === "root" ? keysOfRoot(account).parent : undefined;
    return { profile, id, write: { ...accessKeyKey(id), ...row, parent, document } };
  });
  const profiles = Object.fromEntries(keys.map(({ profile, id }) => [profile, id]));
  const role = { ...roleKey(account, ROLE_NAME), ...row, document: firstRole(account, at) };
  try {
    await identities.commit({
      expect: [{ key: marker, version: "absent" }],
      put: [{ ...marker, ...row, document: { profiles } }, role, ...keys.map(({ write }) => write)],
      events: [
        { kind: ROLE, scope: account, name: role.name, type: "created" },
        ...keys.map(({ id }) => ({ kind: ACCESS_KEY, scope: "all", name: id, type: "created" })),
      ],
    });
  } catch (cause) {
    if (!(cause instanceof Conflict)) throw cause;
    return undefined;
  }
  return profiles;
}

function firstRole(account: string, createdAt: number): Role {
  const trust = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "sagemaker.amazonaws.com", AWS: `arn:aws:iam::${account}:root` },
        Action: "sts:AssumeRole",
      },
    ],
  };
  return {
    name: ROLE_NAME,
    path: "/",
    id: newUniqueId("AROA"),
    arn: iamArn(account, "role", "/", ROLE_NAME),
    createdAt,
    inline: {},
    attached: ["arn:aws:iam::aws:policy/AdministratorAccess"],
    tags: {},
    trust: JSON.stringify(trust),
    description: "Made at first start, with every permission until you narrow it.",
    maxSessionSeconds: SESSION_SECONDS,
  };
}
