// What an instance type means in CPUs, memory and GPUs, from the public EC2 instance type tables of 2020. Types newer
// than the table follow from their size and the letter of their family.
import { errors } from "../core/errors.ts";

export interface InstanceSize {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
}

interface Family {
  /** Memory for each CPU, which is the same for every size of a family but a few. */
  readonly gibPerCpu: number;
  readonly gpus?: Readonly<Record<string, number>>;
}

const GIB = 2 ** 30;

const families: Readonly<Record<string, Family>> = {
  t2: { gibPerCpu: 4 },
  t3: { gibPerCpu: 4 },
  m4: { gibPerCpu: 4 },
  m5: { gibPerCpu: 4 },
  m5d: { gibPerCpu: 4 },
  c4: { gibPerCpu: 1.875 },
  c5: { gibPerCpu: 2 },
  c5d: { gibPerCpu: 2 },
  c5n: { gibPerCpu: 2.625 },
  r5: { gibPerCpu: 8 },
  r5d: { gibPerCpu: 8 },
  inf1: { gibPerCpu: 2 },
  p2: { gibPerCpu: 15.25, gpus: { xlarge: 1, "8xlarge": 8, "16xlarge": 16 } },
  p3: { gibPerCpu: 7.625, gpus: { "2xlarge": 1, "8xlarge": 4, "16xlarge": 8 } },
  p3dn: { gibPerCpu: 8, gpus: { "24xlarge": 8 } },
  p4d: { gibPerCpu: 12, gpus: { "24xlarge": 8 } },
  g4dn: {
    gibPerCpu: 4,
    gpus: { xlarge: 1, "2xlarge": 1, "4xlarge": 1, "8xlarge": 1, "12xlarge": 4, "16xlarge": 1 },
  },
};

/** Families that the table does not know, by their first letter. */
const letters: Readonly<Record<string, Family>> = {
  c: { gibPerCpu: 2 },
  i: { gibPerCpu: 8 },
  r: { gibPerCpu: 8 },
  x: { gibPerCpu: 16 },
};

/** Sizes that do not follow from their family. */
const exceptions: Readonly<Record<string, InstanceSize>> = {
  "ml.t2.medium": { cpus: 2, memoryBytes: 4 * GIB, gpus: 0 },
  "ml.t3.medium": { cpus: 2, memoryBytes: 4 * GIB, gpus: 0 },
  "ml.c4.8xlarge": { cpus: 36, memoryBytes: 60 * GIB, gpus: 0 },
  "ml.p2.16xlarge": { cpus: 64, memoryBytes: 732 * GIB, gpus: 16 },
};

/** @throws ApiError Validation for a name that is no instance type */
export function instanceSize(type: string): InstanceSize {
  const known = exceptions[type];
  if (known) return known;
  const match = /^ml\.([a-z]+[0-9]*[a-z0-9-]*)\.(\w+)$/.exec(type);
  const cpus = match?.[2] === undefined ? undefined : cpusOf(match[2]);
  if (!match?.[1] || cpus === undefined)
    throw errors.validation(`Expected an instance type such as ml.m5.large, got "${type}".`);
  const family = families[match[1]] ?? letters[match[1].charAt(0)] ?? { gibPerCpu: 4 };
  const gpus = family.gpus?.[match[2] ?? ""] ?? (/^(p|g)\d/.test(match[1]) ? 1 : 0);
  return { cpus, memoryBytes: cpus * family.gibPerCpu * GIB, gpus };
}

function cpusOf(size: string): number | undefined {
  if (size === "medium") return 1;
  if (size === "large") return 2;
  const factor = /^(\d*)xlarge$/.exec(size)?.[1];
  return factor === undefined ? undefined : 4 * Number(factor || "1");
}

/** What there is to give out. */
export interface Machine {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
}

export interface Fitted {
  readonly size: InstanceSize;
  /** What the user should know: an instance was cut down to the machine, a GPU is missing. */
  readonly notes: readonly string[];
  /** Why it cannot run here at all (only with `strict`). */
  readonly refusal?: string;
}

/** Cuts an instance type down to the machine, or refuses what does not fit when `strict`. */
export function fitToMachine(type: string, machine: Machine, strict: boolean): Fitted {
  const asked = instanceSize(type);
  const short: string[] = [];
  if (asked.cpus > machine.cpus) short.push(`${asked.cpus} CPUs where there are ${machine.cpus}`);
  if (asked.memoryBytes > machine.memoryBytes)
    short.push(`${gib(asked.memoryBytes)} GiB of memory where there are ${gib(machine.memoryBytes)}`);
  if (asked.gpus > machine.gpus) short.push(`${asked.gpus} GPUs where there are ${machine.gpus}`);
  const size = {
    cpus: Math.min(asked.cpus, machine.cpus),
    memoryBytes: Math.min(asked.memoryBytes, machine.memoryBytes),
    gpus: Math.min(asked.gpus, machine.gpus),
  };
  if (short.length === 0) return { size, notes: [] };
  const lack = `${type} means ${short.join(", ")}`;
  if (strict) return { size, notes: [], refusal: `${lack}; choose a smaller type or run with --capacity clamp.` };
  const without = asked.gpus > 0 && size.gpus === 0 ? " There is no GPU: this runs on the CPU." : "";
  return { size, notes: [`${lack}: it runs with what this machine has.${without}`] };
}

/** What is to be known of a group whose instances do not all find CPUs here; they run all the same, at once. */
export function crowding(type: string, instances: number, cpus: number, machineCpus: number): string | undefined {
  if (instances === 1 || cpus <= machineCpus) return undefined;
  return `${instances} instances of ${type} need ${cpus} CPUs where there are ${machineCpus}`;
}

const gib = (bytes: number): string => (bytes / GIB).toFixed(1).replace(/\.0$/, "");
