// User namespaces that belong to users of images, one for each user id, made when the first unit of it starts.
import { closeSync } from "node:fs";
import { type Identity, makeNamespaceOf } from "./identity.ts";

export class UserNamespaces {
  readonly #units: () => Promise<number>;
  readonly #identity: Identity;
  readonly #made = new Map<number, Promise<number>>();

  /** `units`: descriptor of the user namespace of all units. */
  constructor(units: () => Promise<number>, identity: Identity) {
    this.#units = units;
    this.#identity = identity;
  }

  /** Descriptor of the one that belongs to the user. */
  of(uid: number): Promise<number> {
    const known = this.#made.get(uid);
    if (known !== undefined) return known;
    const made = this.#units().then((units) => makeNamespaceOf(uid, units, this.#identity));
    this.#made.set(uid, made);
    made.catch(() => this.#made.delete(uid)); // the next one who needs it tries again
    return made;
  }

  async close(): Promise<void> {
    for (const made of this.#made.values()) await made.then(closeSync, () => undefined); // not made: nothing to close
    this.#made.clear();
  }
}
