// Requests to a transform job's container: at most so many at once, tried again when the container fails, answers in
// the order of the records.
import { setTimeout as pause } from "node:timers/promises";
import type { ContainerClient, ContainerRequest } from "../../../engine/container-client.ts";
import { ContainerUnreachable } from "../../../engine/container-exchange.ts";

/** What went wrong with one input file, in words for people. `isClient`: by the user's data, not the container. */
export class FileFailure extends Error {
  override readonly name = "FileFailure";
  readonly isClient: boolean;
  constructor(message: string, isClient: boolean) {
    super(message);
    this.isClient = isClient;
  }
}

export interface Calling {
  readonly client: ContainerClient;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Further tries after one that failed by the container's fault. */
  readonly retries: number;
  readonly signal: AbortSignal;
}

/** Characters of the container's own words that go into a failure's text. */
const MESSAGE_CHARACTERS = 400;
const FIRST_PAUSE_MS = 100;

/** The container's answer to one piece. `what` names the piece in failures. @throws FileFailure */
export async function call(
  calling: Calling,
  body: NonNullable<ContainerRequest["body"]>,
  what: string,
): Promise<Buffer> {
  // A stream can be read once only, so it cannot be tried again.
  const retries = Buffer.isBuffer(body) ? calling.retries : 0;
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await tryOnce(calling, body, what);
    if (!(outcome instanceof FileFailure)) return outcome;
    if (outcome.isClient || attempt >= retries) throw outcome;
    await pause(FIRST_PAUSE_MS * 2 ** attempt, undefined, { signal: calling.signal });
  }
}

async function tryOnce(
  { client, headers, timeoutMs, signal }: Calling,
  body: NonNullable<ContainerRequest["body"]>,
  what: string,
): Promise<Buffer | FileFailure> {
  try {
    const answer = await client.ask({ method: "POST", path: "/invocations", headers, body, timeoutMs, signal });
    if (answer.status === 200) return answer.body;
    const text = answer.body.toString("utf8").trim().slice(0, MESSAGE_CHARACTERS);
    return new FileFailure(
      `${what}: the container answered ${answer.status}${text === "" ? "" : `: ${text}`}`,
      answer.status < 500,
    );
  } catch (cause) {
    if (cause instanceof ContainerUnreachable) return new FileFailure(`${what}: ${cause.message}`, false);
    throw cause;
  }
}

/** Lets at most `size` calls run at once; the others wait their turn. */
export function createLimit(size: number): <Result>(run: () => Promise<Result>) => Promise<Result> {
  let free = size;
  const waiting: (() => void)[] = [];
  return async (run) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/**
 * Results of `run` for each item, in the items' order, with up to `ahead` under way. The source is read only as fast as
 * results are taken. The first failure ends it; what is under way then is waited for, so that nothing goes on unseen.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  ahead: number,
  run: (item: Item) => Promise<Result>,
): AsyncIterable<Result> {
  const underWay: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = run(item);
      // Heard of in order below; until then a failure is not unhandled.
      result.catch(() => undefined);
      underWay.push(result);
      if (underWay.length < ahead) continue;
      const first = underWay.shift();
      if (first !== undefined) yield await first;
    }
    for (let first = underWay.shift(); first !== undefined; first = underWay.shift()) yield await first;
  } finally {
    await Promise.allSettled(underWay);
  }
}
