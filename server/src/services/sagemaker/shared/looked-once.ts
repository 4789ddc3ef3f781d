// What is looked up once for all hosts of an attempt: only from the same list can each host take its share.

/** Answers kept for as long as any host asks for them. */
export class LookedOnce<Answer> {
  readonly #answers = new Map<string, Promise<Answer>>();

  /** `attempt`: whose hosts share the answer. `signal`: aborts for all of them alike, when it is needed no more. */
  of(attempt: string, signal: AbortSignal, look: () => Promise<Answer>): Promise<Answer> {
    const known = this.#answers.get(attempt) ?? look();
    this.#answers.set(attempt, known);
    const forget = () => this.#answers.delete(attempt);
    signal.addEventListener("abort", forget, { once: true });
    if (signal.aborted) forget();
    return known;
  }
}
