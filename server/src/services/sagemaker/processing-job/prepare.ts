// The activity `prepare`: what a processing container finds below /opt/ml before its program starts.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Objects } from "../../../core/ports.ts";
import type { ActivityContext } from "../../../engine/job-kind.ts";
import { copyInputs } from "../shared/copy-inputs.ts";
import { FEED_FOLDER } from "../shared/feeding/feed.ts";
import { layPipes } from "../shared/feeding/lay.ts";
import { configFiles } from "./config-files.ts";
import type { ProcessingDocument } from "./document.ts";
import { copiesOf, InputLists, inputsOf, isPipe, streamOf } from "./inputs.ts";
import { localPath, ML, VOLUME } from "./paths.ts";

/** Fills /opt/ml of the unit `of`; begins afresh when repeated. */
export function prepare(objects: Objects): (work: ActivityContext<ProcessingDocument>) => Promise<undefined> {
  const lists = new InputLists(objects);
  return async (work) => {
    const { document } = work.row;
    const { RoleArn: roleArn, ProcessingResources } = document.request;
    const unitId = work.of ?? "";
    const folder = await work.unitFolder(unitId);
    const pathOf = (inside: string) => join(folder, inside.slice(ML.length));
    // What a server that was killed left half-written is not data.
    await rm(pathOf(VOLUME), { recursive: true, force: true });
    for (const path of [`${ML}/config`, `${ML}/output`, VOLUME, ...folders(document)])
      await mkdir(pathOf(path), { recursive: true });
    for (const [name, content] of Object.entries(configFiles(document, unitId)))
      await writeFile(join(pathOf(`${ML}/config`), name), JSON.stringify(content));
    const inputs = await lists.of(work);
    const copies = [];
    for (const input of inputs) if (!isPipe(input)) copies.push(...(await copiesOf(input, work, pathOf)));
    const { VolumeSizeInGB: volumeSizeGb } = ProcessingResources.ClusterConfig;
    await copyInputs(objects, copies, { work, roleArn, volumeSizeGb });
    const streams = inputs.filter(isPipe).map((input) => streamOf(input, work));
    if (streams.length > 0) await layPipes(streams, folder, await work.keptFolder(unitId, FEED_FOLDER));
    return undefined;
  };
}

/** Folders of inputs and outputs, as the container sees them; programs write to an output's without making it. */
function folders(document: ProcessingDocument): readonly string[] {
  const inputs = inputsOf(document).map((input) =>
    isPipe(input) ? posix.dirname(localPath(input.s3)) : localPath(input.s3),
  );
  const outputs = document.request.ProcessingOutputConfig?.Outputs ?? [];
  return [...inputs, ...outputs.flatMap(({ S3Output }) => (S3Output ? localPath(S3Output) : []))];
}
