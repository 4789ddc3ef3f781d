// The forwarders that this process has started, for tests that kill or stop them.
import { readFileSync } from "node:fs";

export function forwarders(): number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
  return children.filter((id) => commandLine(id).includes("forwarder.ts")).map(Number);
}

/** Empty for a child that has ended just now. */
function commandLine(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
