import { deepEqual } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UnitFolder } from "./unit-folder.ts";
import { Watchdog } from "./watchdog.ts";

/** Removed by somebody else between the reading of its files and the look at its disk. */
class RemovedMeanwhile extends UnitFolder {
  override get init(): number {
    rmSync(this.path, { recursive: true, force: true });
    return process.pid;
  }
}

test("a unit that is removed while it is looked at is no failure, any other error is told", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "watchdog-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const plan = JSON.stringify({ id: "one/1", diskBytes: 2 ** 30, memoryBytes: 2 ** 30, pids: 100 });
  const units = [new RemovedMeanwhile(join(folder, "removed")), new UnitFolder(join(folder, "broken"))];
  for (const unit of units) {
    mkdirSync(unit.path);
    unit.write("start.json", JSON.stringify({ writable: [] }));
  }
  units[0]?.write("plan.json", plan);
  units[1]?.write("plan.json", "no plan");
  const told = await new Promise<readonly unknown[]>((resolve) => {
    const reports: unknown[] = [];
    const watchdog = new Watchdog({
      running: () => {
        if (reports.length > 0) resolve(reports);
        return units;
      },
      watchProcesses: false,
      end: () => undefined,
      report: (error) => reports.push(error),
    });
    t.after(() => watchdog.close());
  });
  deepEqual(
    told.map((error) => (error as Error).name),
    ["SyntaxError"],
  );
});
