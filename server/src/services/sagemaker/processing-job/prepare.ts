// The activity `prepare`: what a processing container finds below /opt/ml before its program starts.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Objects } from "../../../core/ports.ts";
import type { ActivityContext } from "../../../engine/job-kind.ts";
import { configFiles } from "./config-files.ts";
import type { ProcessingDocument } from "./document.ts";
import { copyAll, inputsOf } from "./inputs.ts";
import { localPath, VOLUME } from "./paths.ts";

const ML = "/opt/ml";

/** Fills /opt/ml of the unit `of`; begins afresh when repeated. */
export const prepare =
  (objects: Objects) =>
  async (work: ActivityContext<ProcessingDocument>): Promise<undefined> => {
    const { document } = work.row;
    const unitId = work.of ?? "";
    const folder = await work.unitFolder(unitId);
    const pathOf = (inside: string) => join(folder, inside.slice(ML.length));
    // What a server that was killed left half-written is not data.
    await rm(pathOf(VOLUME), { recursive: true, force: true });
    const outputs = document.request.ProcessingOutputConfig?.Outputs ?? [];
    const paths = [...inputsOf(document).map(({ s3 }) => s3), ...outputs.flatMap(({ S3Output }) => S3Output ?? [])];
    for (const path of [`${ML}/config`, `${ML}/output`, VOLUME, ...paths.map(localPath)])
      await mkdir(pathOf(path), { recursive: true });
    for (const [name, content] of Object.entries(configFiles(document, unitId)))
      await writeFile(join(pathOf(`${ML}/config`), name), JSON.stringify(content));
    await copyAll(objects, work, pathOf);
    return undefined;
  };
