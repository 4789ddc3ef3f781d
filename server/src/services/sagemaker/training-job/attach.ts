// The activity `attach`: finds the folders of file systems that channels name, before the containers start.
import type { ActivityContext, WantedMount } from "../../../engine/job-kind.ts";
import { JobFailure } from "../../../engine/job-kind.ts";
import { attachFileSystem, type FileSystems } from "../shared/file-systems.ts";
import type { TrainingDocument } from "./document.ts";
import { fileSystemChannels } from "./wants.ts";

export interface Attached {
  readonly mounts: readonly WantedMount[];
}

export const attach =
  (fileSystems: FileSystems) =>
  async (work: ActivityContext<TrainingDocument>): Promise<Attached> => {
    const mounts: WantedMount[] = [];
    for (const { ChannelName, DataSource } of fileSystemChannels(work.row.document.request)) {
      const source = DataSource.FileSystemDataSource;
      if (!source) continue;
      try {
        mounts.push(await attachFileSystem(source, fileSystems, `/opt/ml/input/data/${ChannelName}`));
      } catch (cause) {
        if (!(cause instanceof JobFailure)) throw cause;
        const text = cause.message.replace(/^ClientError: /, "");
        throw new JobFailure(`ClientError: Data download failed for channel "${ChannelName}": ${text}`);
      }
    }
    return { mounts };
  };
