// Who is reading which blob: the collector leaves those alone.

export class Leases {
  readonly #readers = new Map<string, number>();

  has(id: string): boolean {
    return this.#readers.has(id);
  }

  /** Takes a lease; call the result once when reading is over. */
  take(id: string): () => void {
    this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1);
    return () => {
      const left = (this.#readers.get(id) ?? 1) - 1;
      if (left > 0) this.#readers.set(id, left);
      else this.#readers.delete(id);
    };
  }
}
