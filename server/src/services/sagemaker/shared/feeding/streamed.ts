// What an input streams, whichever epoch: the objects of a listing, or what the lines of an augmented manifest name.
import { BadLine, Lines, valuesOf } from "./augmented.ts";
import { type AskedObject, type Door, FeedFailure, type Held } from "./door.ts";
import { type PlannedInput, readList } from "./plan.ts";
import { bytesOf } from "./stored.ts";

export interface Streamed {
  readonly count: number;
  /** What one entry of the listing, or one line, stands for. */
  at(index: number): readonly StreamedItem[];
}

export type StreamedItem = { readonly object: AskedObject } | { readonly text: string };

/** `folder`: of the feeder. @throws FeedFailure for a manifest with a line that is wrong, or without any */
export async function streamedOf(input: PlannedInput, folder: string, door: Door): Promise<Streamed> {
  const { content } = input;
  if (!("list" in content)) return linesOf(await door.hold(content.manifest), content.attributes);
  const objects = await readList(`${folder}/${content.list}`);
  return { count: objects.length, at: (index) => objects.slice(index, index + 1).map((object) => ({ object })) };
}

async function linesOf(manifest: Held, attributes: readonly string[]): Promise<Streamed> {
  const lines = new Lines(await wholeOf(manifest));
  if (lines.count === 0) throw new FeedFailure(`The manifest ${manifest.uri} has no line.`);
  const at = (index: number) => {
    try {
      return valuesOf(lines.at(index), attributes);
    } catch (cause) {
      if (!(cause instanceof BadLine)) throw cause;
      throw new FeedFailure(`The manifest ${manifest.uri}, line ${lines.number(index)}, ${cause.message}.`, { cause });
    }
  };
  // A line that is wrong is told before anything is trained on those before it.
  for (let index = 0; index < lines.count; index++) at(index);
  return { count: lines.count, at };
}

async function wholeOf(held: Held): Promise<Buffer> {
  const whole = Buffer.allocUnsafe(held.sizeBytes);
  let count = 0;
  try {
    for await (const chunk of bytesOf(held)) {
      whole.set(chunk, count);
      count += chunk.length;
    }
  } finally {
    held.release();
  }
  return whole;
}
