// Which of many names have a part: by three characters that follow each other, the numbers of the names that they are in.

/** As databases lower text that they compare by bytes: letters of ASCII only. */
export const lowered = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** Characters beyond ASCII share their places with others; the names themselves are looked at anyway. */
const CHARACTERS = 128;

/** Stands twice behind each name, so that each of its characters begins three. */
const EDGE = 0;

export class NameParts {
  /** By three characters that follow each other. */
  readonly #threes = new Map<number, Numbers>();
  readonly #names: string[] = [];

  /** Takes the next name, in lower case. */
  add(name: string): void {
    for (let at = 0; at < name.length; at++) {
      const three = threeAt(name, at);
      const numbers = this.#threes.get(three) ?? new Numbers();
      if (numbers.isEmpty) this.#threes.set(three, numbers);
      numbers.add(this.#names.length);
    }
    this.#names.push(name);
  }

  /** Leaves marks only at the numbers of names that have the part, in lower case. */
  narrow(marks: Uint8Array, part: string): Uint8Array {
    const left = new Uint8Array(marks.length);
    for (const numbers of this.#candidates(part))
      for (const number of numbers) if (marks[number] === 1 && this.#names[number]?.includes(part)) left[number] = 1;
    return left;
  }

  /** Numbers of names that may have the part: those with the rarest three of its characters. */
  #candidates(part: string): readonly Uint32Array[] {
    if (part.length < 3) {
      const beginning = threeAt(part, 0);
      const size = part.length === 1 ? CHARACTERS ** 2 : CHARACTERS;
      const beginAlike = [...this.#threes].filter(([three]) => three >= beginning && three < beginning + size);
      return beginAlike.map(([, numbers]) => numbers.all());
    }
    const threes = Array.from({ length: part.length - 2 }, (_, at) => this.#threes.get(threeAt(part, at))?.all());
    const [rarest = none] = threes.map((numbers = none) => numbers).sort((one, other) => one.length - other.length);
    return [rarest];
  }
}

function threeAt(text: string, at: number): number {
  const code = (index: number) => (index < text.length ? text.charCodeAt(index) % CHARACTERS : EDGE);
  return (code(at) * CHARACTERS + code(at + 1)) * CHARACTERS + code(at + 2);
}

const none = new Uint32Array();

/** Rising numbers, each once. */
class Numbers {
  #kept = new Uint32Array(2);
  #length = 0;

  add(number: number): void {
    if (this.#length > 0 && this.#kept[this.#length - 1] === number) return;
    if (this.#length === this.#kept.length) {
      const larger = new Uint32Array(2 * this.#length);
      larger.set(this.#kept);
      this.#kept = larger;
    }
    this.#kept[this.#length++] = number;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  all(): Uint32Array {
    return this.#kept.subarray(0, this.#length);
  }
}
