// The user namespace that all units of a server share: that of units an earlier server left running, else a new one.
import { closeSync } from "node:fs";
import { openIfThere } from "../shared/read-if-there.ts";
import { type Identity, makeUserNamespace } from "./identity.ts";
import type { UnitFolder } from "./unit-folder.ts";

export class OwnNamespace {
  readonly #units: () => readonly UnitFolder[];
  readonly #identity: Identity;
  #descriptor: Promise<number> | undefined;

  constructor(units: () => readonly UnitFolder[], identity: Identity) {
    this.#units = units;
    this.#identity = identity;
  }

  /** A descriptor of it. @throws Error in words for people when this machine does not let us */
  get(): Promise<number> {
    this.#descriptor ??= this.#find().catch((cause: unknown) => {
      this.#descriptor = undefined; // the next one who needs it tries again
      throw cause;
    });
    return this.#descriptor;
  }

  async close(): Promise<void> {
    const descriptor = await this.#descriptor;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  async #find(): Promise<number> {
    for (const folder of this.#units()) {
      const { supervisor } = folder;
      // A supervisor that ends holds its lock for a moment longer than its descriptors.
      const user = supervisor === undefined ? undefined : openIfThere(`/proc/${supervisor}/fd/3`);
      if (user === undefined) continue;
      if (folder.isSupervised()) return user;
      closeSync(user);
    }
    return makeUserNamespace(this.#identity);
  }
}
