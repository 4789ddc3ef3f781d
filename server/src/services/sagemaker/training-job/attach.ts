// The activity `attach`: finds the folders of file systems that channels name, before the containers start.
import type { ActivityContext, WantedMount } from "../../../engine/job-kind.ts";
import { inSource } from "../shared/copy-inputs.ts";
import { attachFileSystem, type FileSystems } from "../shared/file-systems.ts";
import { fileSystemChannels, sourceOf } from "./channels/channel.ts";
import type { TrainingDocument } from "./document.ts";

export interface Attached {
  readonly mounts: readonly WantedMount[];
}

export const attach =
  (fileSystems: FileSystems) =>
  async (work: ActivityContext<TrainingDocument>): Promise<Attached> => {
    const mounts: WantedMount[] = [];
    for (const channel of fileSystemChannels(work.row.document.request)) {
      const source = channel.DataSource.FileSystemDataSource;
      if (!source) continue;
      try {
        mounts.push(await attachFileSystem(source, fileSystems, `/opt/ml/input/data/${channel.ChannelName}`));
      } catch (cause) {
        throw inSource(sourceOf(channel), cause);
      }
    }
    return { mounts };
  };
