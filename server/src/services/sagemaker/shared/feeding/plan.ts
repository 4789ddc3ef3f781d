// What the feeder of a host has to know, written when the job downloads and read by the feeder's process: files in a
// folder that only the server sees.
import { createReadStream } from "node:fs";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Dealing } from "./deal.ts";

export interface FeedPlan {
  /** Folder that the unit sees as /opt/ml. */
  readonly ml: string;
  readonly inputs: readonly PlannedInput[];
}

export interface PlannedInput {
  /** What it is, for texts: `channel "train"`. */
  readonly source: string;
  /** Folder of its FIFOs, by names below /opt/ml. */
  readonly folder: readonly string[];
  /** What the names of its FIFOs begin with. */
  readonly name: string;
  readonly isGzip: boolean;
  readonly isRecordIo: boolean;
  readonly dealing: Dealing;
  readonly content:
    | { readonly list: string }
    | { readonly manifest: PlannedObject; readonly attributes: readonly string[] };
}

/** Name of the FIFO of an input's epoch. */
export const fifoName = (input: string, epoch: number): string => `${input}_${epoch}`;

/** Whether the path is that of a FIFO of the input, whatever the epoch, or below it. `input`: its name, or path. */
export const isFifoOf = (input: string, path: string): boolean =>
  path.startsWith(`${input}_`) && /^\d+(\/|$)/.test(path.slice(input.length + 1));

/** An object as it was when it was listed. */
export interface PlannedObject {
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
}

/** Files in the feeder's folder. */
export const feedFiles = {
  plan: "plan.json",
  socket: "socket",
  /** Written before the first byte of data: from then on nobody else can go on with it. */
  begun: "begun",
  /** Written once the program has ended while its feeder lived. */
  whole: "whole",
  log: "log",
} as const;

export async function writePlan(folder: string, plan: FeedPlan): Promise<void> {
  await writeFile(join(folder, feedFiles.plan), JSON.stringify(plan));
}

export async function readPlan(folder: string): Promise<FeedPlan> {
  return JSON.parse(await readFile(join(folder, feedFiles.plan), "utf8")) as FeedPlan;
}

/** Lines written together. */
const BATCH = 1000;

/** A line for each object: a list may be longer than one text can be. */
export async function writeList(path: string, objects: readonly PlannedObject[]): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    for (let from = 0; from < objects.length; from += BATCH) {
      const batch = objects.slice(from, from + BATCH);
      await file.write(batch.map(({ bucket, key, etag }) => `${JSON.stringify([bucket, key, etag])}\n`).join(""));
    }
  } finally {
    await file.close();
  }
}

export async function readList(path: string): Promise<readonly PlannedObject[]> {
  const objects: PlannedObject[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const [bucket, key, etag] = JSON.parse(line) as [string, string, string];
    objects.push({ bucket, key, etag });
  }
  return objects;
}
