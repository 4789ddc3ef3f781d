// A scale of time that nobody sets: durations and limits are counted on it, while times that people see are the clock's.
// It goes on over restarts of the server; after one of the machine it begins at the clock's time anew.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "../store/durable.ts";

/** The kernel's name for the time since the machine was started. random(4) */
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

interface Kept {
  readonly boot: string;
  /** The scale at the kernel's zero, milliseconds. */
  readonly zero: number;
}

/** Milliseconds on the scale. Without a boot id (other systems than Linux) each start begins it anew. */
export async function openSteady(folder: string, now: () => number): Promise<() => number> {
  const boot = await readFile(BOOT_ID, "utf8").catch(() => undefined);
  const file = join(folder, "steady");
  const kept = boot === undefined ? undefined : await readKept(file);
  const zero = kept !== undefined && kept.boot === boot ? kept.zero : now() - sinceBoot();
  if (boot !== undefined && kept?.boot !== boot) await replaceFile(file, JSON.stringify({ boot, zero } satisfies Kept));
  return () => zero + sinceBoot();
}

/** CLOCK_MONOTONIC, the same for all processes, in whole milliseconds. clock_gettime(2) */
const sinceBoot = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/** Undefined when nothing is kept, or nothing that can be read: then the scale begins anew. */
async function readKept(file: string): Promise<Kept | undefined> {
  try {
    const kept = JSON.parse(await readFile(file, "utf8")) as Kept;
    return Number.isFinite(kept.zero) ? kept : undefined;
  } catch {
    return undefined;
  }
}
