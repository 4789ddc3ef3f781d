// Names in one run of bytes, so that a part of a name is sought in a hundred thousand of them at once.

/** Between names; no byte of UTF-8. */
const SEPARATOR = 0xff;

/** As databases lower text that they compare by bytes: letters of ASCII only. */
export const lowered = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

export class NameText {
  #bytes = Buffer.alloc(1024);
  #length = 0;
  /** Where each name begins. */
  readonly #starts: number[] = [];

  add(name: string): void {
    const text = Buffer.from(lowered(name));
    const end = this.#length + text.length + 1;
    if (end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes.subarray(0, this.#length)], 2 * end);
    this.#starts.push(this.#length);
    text.copy(this.#bytes, this.#length);
    this.#bytes[end - 1] = SEPARATOR;
    this.#length = end;
  }

  /** 1 for each name that has the part, in any case, by the order in which names were added. */
  containing(part: string): Uint8Array {
    const found = new Uint8Array(this.#starts.length);
    const wanted = Buffer.from(lowered(part));
    const all = this.#bytes.subarray(0, this.#length);
    for (let at = all.indexOf(wanted); at >= 0; ) {
      const index = this.#nameAt(at);
      found[index] = 1;
      const next = this.#starts[index + 1];
      if (next === undefined) break;
      at = all.indexOf(wanted, next);
    }
    return found;
  }

  /** The name that a byte belongs to. */
  #nameAt(offset: number): number {
    let [low, high] = [0, this.#starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return low;
  }
}
