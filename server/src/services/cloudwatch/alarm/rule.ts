// Rules of composite alarms: `(ALARM(a) OR ALARM("b c")) AND NOT OK(arn:…)`.
// Source: CloudWatch user guide, "Creating a composite alarm"; CloudWatch API reference, PutCompositeAlarm.
import type { StateValue } from "../../../../../contract/cloudwatch/types.ts";
import { errors } from "../../../core/errors.ts";

export interface AlarmRule {
  /** Names and ARNs, as they were written. */
  readonly children: readonly string[];
  /** Whether it holds; a child that is gone is in no state. */
  readonly holds: (stateOf: (child: string) => StateValue | undefined) => boolean;
}

type Holds = AlarmRule["holds"];

/** CloudWatch API reference, PutCompositeAlarm: elements of a rule, and alarms that one may name. */
const MOST_ELEMENTS = 500;
const MOST_CHILDREN = 100;
const MAX_DEPTH = 100;

const states: Readonly<Record<string, StateValue>> = {
  ALARM: "ALARM",
  OK: "OK",
  INSUFFICIENT_DATA: "INSUFFICIENT_DATA",
};

/** @throws ApiError Validation */
export function parseRule(source: string): AlarmRule {
  const reader = new RuleReader(source);
  const holds = reader.whole();
  const children = [...new Set(reader.children)];
  if (children.length > MOST_CHILDREN)
    throw errors.validation(`AlarmRule must name at most ${MOST_CHILDREN} alarms, got ${children.length}.`);
  return { children, holds };
}

class RuleReader {
  readonly children: string[] = [];
  readonly #source: string;
  #at = 0;
  #depth = 0;
  #elements = 0;

  constructor(source: string) {
    this.#source = source;
  }

  whole(): Holds {
    const holds = this.#either();
    this.#space();
    if (this.#at < this.#source.length) throw this.#wrong("AND, OR or the end");
    return holds;
  }

  #either(): Holds {
    let holds = this.#both();
    while (this.#word("OR")) {
      const [one, other] = [holds, this.#both()];
      holds = (of) => one(of) || other(of);
    }
    return holds;
  }

  #both(): Holds {
    let holds = this.#one();
    while (this.#word("AND")) {
      const [one, other] = [holds, this.#one()];
      holds = (of) => one(of) && other(of);
    }
    return holds;
  }

  #one(): Holds {
    if (++this.#elements > MOST_ELEMENTS)
      throw errors.validation(`AlarmRule must have at most ${MOST_ELEMENTS} elements.`);
    if (++this.#depth > MAX_DEPTH) throw errors.validation(`AlarmRule must nest at most ${MAX_DEPTH} deep.`);
    try {
      if (this.#word("NOT")) {
        const holds = this.#one();
        return (of) => !holds(of);
      }
      if (this.#sign("(")) {
        const holds = this.#either();
        if (!this.#sign(")")) throw this.#wrong(")");
        return holds;
      }
      if (this.#word("TRUE")) return () => true;
      if (this.#word("FALSE")) return () => false;
      return this.#state();
    } finally {
      this.#depth--;
    }
  }

  #state(): Holds {
    for (const [name, state] of Object.entries(states)) {
      if (!this.#word(name)) continue;
      if (!this.#sign("(")) throw this.#wrong("(");
      const child = this.#child();
      if (!this.#sign(")")) throw this.#wrong(")");
      this.children.push(child);
      return (of) => of(child) === state;
    }
    throw this.#wrong("ALARM, OK, INSUFFICIENT_DATA, TRUE, FALSE, NOT or (");
  }

  /** In quotes, with `\"` for one of them, or up to the closing parenthesis. */
  #child(): string {
    this.#space();
    const found = this.#match(/"((?:[^"\\]|\\.)*)"|([^\s()"][^()"]*)/y);
    const name = found?.[1]?.replaceAll(/\\(.)/g, "$1") ?? found?.[2]?.trim();
    if (!name) throw this.#wrong("the name or the ARN of an alarm");
    return name;
  }

  #word(word: string): boolean {
    this.#space();
    const found = this.#match(/\w+/y);
    if (found?.[0].toUpperCase() === word) return true;
    if (found) this.#at -= found[0].length;
    return false;
  }

  #sign(sign: string): boolean {
    this.#space();
    if (this.#source[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    this.#match(/\s*/y);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found) this.#at += found[0].length;
    return found;
  }

  #wrong(expected: string) {
    const got = this.#source.slice(this.#at, this.#at + 40) || "the end";
    return errors.validation(`Error in AlarmRule at position ${this.#at}: expected ${expected}, got ${got}`);
  }
}
