// When access keys and roles were last used: noted in memory with each call and written now and then, so that no call waits
// for it. What a crash takes along is that time's uses.
import type { CallRecord } from "../../../core/call-record.ts";
import type { RowKey, Rows } from "../../../store/rows/rows.ts";
import { wholeSeconds } from "./encoding.ts";
import type { Role } from "./nouns.ts";

export interface Use {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Name in signatures, `monitoring`. */
  readonly service: string;
  readonly region: string;
}

const KIND = "iam:last-use";

/** Where the folder of a service is not named as its signatures are. */
const SIGNING_NAMES: Readonly<Record<string, string>> = {
  cloudwatch: "monitoring",
  "sagemaker-runtime": "sagemaker",
  "sagemaker-a2i-runtime": "sagemaker",
};

export class LastUses {
  readonly #rows: Rows;
  /** Not written yet, by scope and name. */
  #pending = new Map<string, Use>();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Takes a call that was made, also one that was refused after its signature was found right. */
  note(call: CallRecord): void {
    if (call.status >= 400 && call.parameters === undefined) return;
    const { at, region } = call;
    const use = { at, region, service: SIGNING_NAMES[call.service] ?? call.service };
    if (call.accessKeyId?.startsWith("AKIA")) this.#pending.set(nameOf(call.account, keyName(call.accessKeyId)), use);
    const role = /^arn:aws:sts::\d{12}:assumed-role\/([^/]+)\//.exec(call.principalArn ?? "")?.[1];
    if (role !== undefined) this.#pending.set(nameOf(call.account, roleName(role)), use);
  }

  /** Writes what was noted since the last time. */
  async write(): Promise<void> {
    const pending = this.#pending;
    if (pending.size === 0) return;
    this.#pending = new Map();
    const put = [...pending].map(([key, use]) => {
      const [scope = "", ...name] = key.split("/");
      const { at } = use;
      return { kind: KIND, scope, name: name.join("/"), status: "Used", createdAt: at, modifiedAt: at, document: use };
    });
    try {
      await this.#rows.commit({ put });
    } catch (cause) {
      this.#pending = new Map([...pending, ...this.#pending]);
      throw cause;
    }
  }

  /** Rows to be removed with a key; what is noted of it goes at once. */
  forgetKey(account: string, accessKeyId: string): readonly RowKey[] {
    return this.#forget(account, keyName(accessKeyId));
  }

  forgetRole(account: string, name: string): readonly RowKey[] {
    return this.#forget(account, roleName(name));
  }

  #forget(account: string, name: string): readonly RowKey[] {
    this.#pending.delete(nameOf(account, name));
    return [{ kind: KIND, scope: account, name }];
  }

  /** Undefined for a key that was never used. */
  ofKey(account: string, accessKeyId: string): Promise<Use | undefined> {
    return this.#read(account, keyName(accessKeyId));
  }

  ofRole(account: string, name: string): Promise<Use | undefined> {
    return this.#read(account, roleName(name));
  }

  async #read(account: string, name: string): Promise<Use | undefined> {
    const noted = this.#pending.get(nameOf(account, name));
    return noted ?? (await this.#rows.get<Use>({ kind: KIND, scope: account, name }))?.document;
  }
}

const nameOf = (account: string, name: string): string => `${account}/${name}`;
const keyName = (accessKeyId: string): string => `key/${accessKeyId}`;
const roleName = (name: string): string => `role/${name.toLowerCase()}`;

/** The member `RoleLastUsed`; a use before the role was made was one of another by its name. */
export async function roleLastUsed(uses: LastUses, account: string, role: Role) {
  const use = await uses.ofRole(account, role.name);
  return use === undefined || use.at < role.createdAt ? {} : { LastUsedDate: wholeSeconds(use.at), Region: use.region };
}
