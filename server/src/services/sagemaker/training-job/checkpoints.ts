// Checkpoints of a training job: the activity `restore` brings those that are in S3 before the programs start, `checkpoints`
// puts those they write there while they run, until the last when they have ended.

import { join } from "node:path";
import type { Objects } from "../../../core/ports.ts";
import type { ActivityContext } from "../../../engine/job-kind.ts";
import { JobFailure } from "../../../engine/job-kind.ts";
import { type FolderSyncParts, fillFolder, keepFolder } from "../shared/folder-sync.ts";
import { checkpointPath, hostsOf, logGroup, logStream, type TrainingDocument } from "./document.ts";

type Work = ActivityContext<TrainingDocument>;

export const restore =
  (objects: Objects) =>
  async (work: Work): Promise<undefined> => {
    const { root, names } = await work.unitPlace(work.of ?? "", checkpointPath(work.row.document.request));
    await fillFolder(await syncParts(objects, work), join(root, ...names));
    return undefined;
  };

export const checkpoints =
  (objects: Objects) =>
  async (work: Work): Promise<undefined> => {
    const unitId = work.of ?? "";
    const { document } = work.row;
    const host = hostsOf(document).find((each) => each.unitId === unitId)?.name;
    const log = { group: logGroup, stream: logStream(document, host) };
    await keepFolder({
      ...(await syncParts(objects, work)),
      place: await work.unitPlace(unitId, checkpointPath(document.request)),
      over: work.unitOver(unitId),
      // A line that is lost is no reason to end the job.
      skipped: (name, why) =>
        void work.note(log, `Left out of the checkpoints: ${name}: ${why}.`).catch(() => undefined),
    });
    return undefined;
  };

async function syncParts(objects: Objects, work: Work): Promise<FolderSyncParts> {
  const { RoleArn: roleArn, CheckpointConfig, ResourceConfig } = work.row.document.request;
  if (!CheckpointConfig) throw new JobFailure("ClientError: The job has no CheckpointConfig.");
  return {
    objects,
    principal: async () => (await work.session(roleArn)).principal,
    roleArn,
    uri: CheckpointConfig.S3Uri,
    state: await work.keptFile(work.of ?? "", "checkpoints"),
    what: "Checkpoint",
    mostBytes: (ResourceConfig?.VolumeSizeInGB ?? 1) * 2 ** 30,
    signal: work.signal,
  };
}
