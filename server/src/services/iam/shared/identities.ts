// What IAM knows of principals, held ready for the check that every call needs. Entries are read anew after our own
// writes and when they are a second old, so that a write of another server is in force within that second.
import type { Principal } from "../../../core/call.ts";
import type { Change, Row, Rows } from "../../../store/rows/rows.ts";
import { awsPolicies } from "./aws-policies.ts";
import { compilePolicy, type Policy } from "./document.ts";
import type { NamedPolicy } from "./evaluation.ts";
import { LastUses } from "./last-used.ts";
import {
  type AccessKeyRecord,
  accessKeyKey,
  type Entity,
  GROUP,
  type Group,
  groupKey,
  type ManagedPolicy,
  parseIamArn,
  policyKey,
  type Role,
  roleKey,
  type User,
  userKey,
} from "./nouns.ts";
import type { Vault } from "./vault.ts";

const MAX_AGE_MS = 1000;
const MAX_ENTRIES = 10_000;

/** A user, group or role with its policies ready to be asked. */
export interface LoadedEntity {
  readonly entity: Entity;
  /** Its own, and of a user those of its groups. */
  readonly identity: readonly NamedPolicy[];
  readonly boundary?: NamedPolicy;
}

/** The account itself has neither policies nor an entity. */
export const noPolicies = { identity: [] } as const;

type Maybe<Value> = Value | Promise<Value>;

export class Identities {
  readonly rows: Rows;
  readonly vault: Vault;
  /** Real time in milliseconds: it ages entries and ends sessions. */
  readonly now: () => number;
  readonly uses: LastUses;
  #entries = new Map<string, { readonly value: unknown; readonly readAt: number }>();
  #generation = 0;
  #compiled = new Map<string, Policy>();

  constructor(parts: { readonly rows: Rows; readonly vault: Vault; readonly now: () => number }) {
    this.rows = parts.rows;
    this.vault = parts.vault;
    this.now = parts.now;
    this.uses = new LastUses(parts.rows);
  }

  /** Commits a change of identities; every check that starts after it sees it. @throws Conflict */
  async commit(change: Change): Promise<void> {
    try {
      await this.rows.commit(change);
    } finally {
      this.#generation++;
      this.#entries.clear();
    }
  }

  /** The record of an access key, with its secret in clear. */
  accessKey(id: string): Maybe<{ readonly record: AccessKeyRecord; readonly secret: string } | undefined> {
    return this.#remembered(`key ${id}`, async () => {
      const row = await this.rows.get<AccessKeyRecord>(accessKeyKey(id));
      if (!row) return undefined;
      const secret = this.vault.open(row.document.secret, id);
      if (secret === undefined) throw new Error(`The secret of access key ${id} was sealed with another key file.`);
      return { record: row.document, secret };
    });
  }

  user(account: string, name: string): Maybe<LoadedEntity | undefined> {
    return this.#remembered(`user ${account} ${name}`, async () =>
      this.#load(await this.rows.get(userKey(account, name))),
    );
  }

  group(account: string, name: string): Maybe<LoadedEntity | undefined> {
    return this.#remembered(`group ${account} ${name}`, async () =>
      this.#load(await this.rows.get(groupKey(account, name))),
    );
  }

  role(account: string, name: string): Maybe<LoadedEntity | undefined> {
    return this.#remembered(`role ${account} ${name}`, async () =>
      this.#load(await this.rows.get(roleKey(account, name))),
    );
  }

  /** The role of an ARN; its path has to fit. */
  async roleByArn(arn: string): Promise<(LoadedEntity & { readonly entity: Role }) | undefined> {
    const parts = parseIamArn(arn);
    if (parts?.type !== "role") return undefined;
    const loaded = await this.role(parts.account, parts.name);
    return loaded?.entity.arn === arn ? (loaded as LoadedEntity & { readonly entity: Role }) : undefined;
  }

  /**
   * The user or role behind a principal; undefined when it is gone, also when another was made under its name.
   * Root and services have none: ask `hasEntity` first.
   */
  entityOf(principal: Principal): Maybe<LoadedEntity | undefined> {
    const issuer = principal.sessionIssuer;
    const arn = issuer?.arn ?? (principal.kind === "user" ? principal.arn : principal.roleArn);
    const name = arn?.slice(arn.lastIndexOf("/") + 1);
    if (name === undefined) return undefined;
    const isRole = principal.kind === "assumed-role";
    const found = isRole ? this.role(principal.account, name) : this.user(principal.account, name);
    const id = (issuer?.userId ?? principal.userId).split(":", 1)[0];
    const same = (loaded: LoadedEntity | undefined) => (loaded?.entity.id === id ? loaded : undefined);
    return found instanceof Promise ? found.then(same) : same(found);
  }

  /** Document of a managed policy that entities of the account may have: one of its own or of AWS's. */
  async attachable(account: string, arn: string): Promise<string | undefined> {
    const owner = parseIamArn(arn)?.account;
    if (owner !== account && owner !== "aws") return undefined;
    return (await this.managedPolicies([arn]))[0];
  }

  /** Documents of managed policies by ARN, in the order asked; undefined where there is none. */
  async managedPolicies(arns: readonly string[]): Promise<readonly (string | undefined)[]> {
    const own = arns.filter((arn) => !awsPolicies.has(arn));
    const keys = own.map((arn) => {
      const parts = parseIamArn(arn);
      return policyKey(parts?.account ?? "", parts?.type === "policy" ? parts.name : "");
    });
    const rows = keys.length === 0 ? [] : await this.rows.getMany<ManagedPolicy>(keys);
    const documents = new Map(rows.flatMap((row) => (row ? [[row.document.arn, defaultDocument(row.document)]] : [])));
    return arns.map((arn) => awsPolicies.get(arn)?.document ?? documents.get(arn));
  }

  /** The policies that narrow a session; undefined when nothing narrows it. One that is gone allows nothing. */
  sessionPolicies(principal: Principal): Maybe<readonly NamedPolicy[] | undefined> {
    const { sessionPolicies, sessionPolicyArns } = principal;
    const given = sessionPolicies?.map((text) => this.named("session", "session", text));
    if (sessionPolicyArns === undefined) return given;
    const read = async () => {
      const texts = await this.managedPolicies(sessionPolicyArns);
      return sessionPolicyArns.map((arn, at) => this.named(arn, "session", texts[at] ?? NOTHING));
    };
    const managed = this.#remembered(`session ${sessionPolicyArns.join(" ")}`, read);
    const all = (found: readonly NamedPolicy[]) => [...(given ?? []), ...found];
    return managed instanceof Promise ? managed.then(all) : all(managed);
  }

  /** Compiled policies by text, since sessions and buckets bring the same text with each call. */
  compiled(text: string): Policy {
    const known = this.#compiled.get(text);
    if (known) return known;
    if (this.#compiled.size >= MAX_ENTRIES) this.#compiled.clear();
    const policy = compilePolicy(text);
    this.#compiled.set(text, policy);
    return policy;
  }

  named(name: string, type: string, text: string): NamedPolicy {
    return { name, type, policy: this.compiled(text), text };
  }

  #remembered<Value>(key: string, read: () => Promise<Value>): Maybe<Value> {
    const known = this.#entries.get(key);
    // Also when the clock was set back.
    if (known && Math.abs(this.now() - known.readAt) < MAX_AGE_MS) return known.value as Value;
    const generation = this.#generation;
    const readAt = this.now();
    return read().then((value) => {
      // A commit in between may have made this reading old: it serves this call, not the next.
      if (generation === this.#generation) {
        if (this.#entries.size >= MAX_ENTRIES) this.#entries.clear();
        this.#entries.set(key, { value, readAt });
      }
      return value;
    });
  }

  async #load(row: Row<Entity> | undefined): Promise<LoadedEntity | undefined> {
    if (!row) return undefined;
    const entity = row.document;
    const { boundary } = entity;
    const groups = (await this.groupsOf(row.scope, entity)).map((group) => ({ word: "group", entity: group }));
    const owners = [{ word: wordOf(row), entity }, ...groups];
    const attached = owners.flatMap((owner) => owner.entity.attached);
    const texts = await this.managedPolicies(boundary === undefined ? attached : [...attached, boundary]);
    const identity = owners.flatMap((owner) =>
      Object.entries(owner.entity.inline).map(([name, text]) =>
        this.named(`${owner.word}_${owner.entity.name}_${name}`, owner.word, text),
      ),
    );
    for (const [at, arn] of attached.entries()) {
      const text = texts[at];
      if (text !== undefined) identity.push(this.named(arn, "managed", text));
    }
    if (boundary === undefined) return { entity, identity };
    // A boundary that is gone allows nothing.
    return { entity, identity, boundary: this.named(boundary, "boundary", texts[attached.length] ?? NOTHING) };
  }

  /** The groups that a user is in, in the order in which it joined them. */
  async groupsOf(account: string, { groups = [] }: User): Promise<readonly Group[]> {
    if (groups.length === 0) return [];
    const rows = await this.rows.getMany<Group>(groups.map((name) => ({ kind: GROUP, scope: account, name })));
    return rows.flatMap((row) => row?.document ?? []);
  }
}

const NOTHING = `{"Version":"2012-10-17","Statement":[]}`;

/** `user`, `group` or `role`: who an inline policy belongs to. */
const wordOf = ({ kind }: Row<Entity>): string => kind.slice(kind.indexOf(":") + 1);

export const defaultDocument = (policy: ManagedPolicy): string =>
  policy.versions.find(({ id }) => id === policy.defaultVersion)?.document ?? NOTHING;

/** Also sessions of a federated user that a user made; those that root made have none. */
export const hasEntity = (principal: Principal): boolean =>
  principal.kind === "user" || principal.kind === "assumed-role" || principal.sessionIssuer !== undefined;
