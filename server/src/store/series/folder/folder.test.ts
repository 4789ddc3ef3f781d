// Series in a folder: the shared suite.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realClock } from "../../../core/clock.ts";
import { seriesSuite } from "../suite.ts";
import { openFolderSeries } from "./open.ts";

const report = (error: unknown): never => {
  throw error;
};

seriesSuite("folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-series-"));
  const open = () => openFolderSeries({ folder, clock: realClock, report });
  let series = await open();
  return {
    series: () => series,
    async reopen() {
      await series.close();
      series = await open();
    },
    async close() {
      await series.close();
      await rm(folder, { recursive: true });
    },
  };
});
