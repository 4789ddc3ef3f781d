// Checkpoints of a training job: the activity `restore` brings those that are in S3 before the programs start, `checkpoints`
// puts those they write there while they run, until the last when they have ended.
import { join } from "node:path";
import type { Objects } from "../../../core/ports.ts";
import type { ActivityContext } from "../../../engine/job-kind.ts";
import { JobFailure } from "../../../engine/job-kind.ts";
import { fillFolder } from "../shared/folder-sync/fill.ts";
import { keepFolder } from "../shared/folder-sync/keep.ts";
import type { FolderSyncParts } from "../shared/folder-sync/synced.ts";
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
    await keepFolder({
      ...(await syncParts(objects, work)),
      place: await work.unitPlace(unitId, checkpointPath(document.request)),
      over: work.unitOver(unitId),
      log: { group: logGroup, stream: logStream(document, host) },
      whole: "the checkpoints",
    });
    return undefined;
  };

async function syncParts(objects: Objects, work: Work): Promise<FolderSyncParts> {
  const { RoleArn: roleArn, CheckpointConfig, ResourceConfig } = work.row.document.request;
  if (!CheckpointConfig) throw new JobFailure("ClientError: The job has no CheckpointConfig.");
  return {
    objects,
    work,
    roleArn,
    uri: CheckpointConfig.S3Uri,
    state: await work.keptFile(work.of ?? "", "checkpoints"),
    what: "Checkpoint",
    mostBytes: (ResourceConfig?.VolumeSizeInGB ?? 1) * 2 ** 30,
  };
}
