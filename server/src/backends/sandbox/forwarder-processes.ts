// The forwarders that this process has started, for tests that kill or stop them.
import { readFileSync } from "node:fs";

export function forwarders(): number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
  return children.filter((id) => readFileSync(`/proc/${id}/cmdline`, "utf8").includes("forwarder.ts")).map(Number);
}
