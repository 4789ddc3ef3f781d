// Disk held by files that a unit has open and that have no name any more, which no walk over its folders finds. proc(5)
import { readdir, readFile, stat } from "node:fs/promises";

/** Bytes of nameless files on the devices that processes below `init` have open; processes that end meanwhile count nothing. */
export async function deletedUse(init: number, devices: ReadonlySet<number>): Promise<number> {
  const sizes = new Map<number, number>();
  const processes = [init];
  for (let process = processes.pop(); process !== undefined; process = processes.pop()) {
    processes.push(...(await childrenOf(process)));
    for (const descriptor of await orNone(readdir(`/proc/${process}/fd`))) {
      const facts = await stat(`/proc/${process}/fd/${descriptor}`).catch(() => undefined);
      if (facts?.isFile() && facts.nlink === 0 && devices.has(facts.dev)) sizes.set(facts.ino, facts.blocks * 512);
    }
  }
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

async function childrenOf(process: number): Promise<number[]> {
  const children: number[] = [];
  for (const task of await orNone(readdir(`/proc/${process}/task`))) {
    const ids = await readFile(`/proc/${process}/task/${task}/children`, "utf8").catch(() => "");
    children.push(...ids.split(" ").filter(Boolean).map(Number));
  }
  return children;
}

/** What cannot be read is gone, or another user's. */
const orNone = (names: Promise<string[]>): Promise<string[]> => names.catch(() => []);
