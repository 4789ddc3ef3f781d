// Outputs of a processing job on their way to S3: those of the mode Continuous while the programs run, by the activity
// `sync`; those of the mode EndOfJob when all of them have ended well. Links are not followed.
import type { ProcessingOutput, ProcessingS3Output } from "../../../../../contract/sagemaker/types.ts";
import type { Objects } from "../../../core/ports.ts";
import type { ActivityContext } from "../../../engine/job-kind.ts";
import { keepFolder } from "../shared/folder-sync/keep.ts";
import type { Host } from "../shared/hosts.ts";
import { walkFiles } from "../shared/open-folder.ts";
import { hostsOf, logOf, type ProcessingDocument } from "./document.ts";
import { localPath } from "./paths.ts";

type Work = ActivityContext<ProcessingDocument>;

const GIB = 2 ** 30;

/** More than of a folder that is looked at again and again. */
const MOST_FILES_AT_END = 1_000_000;

interface Output {
  readonly name: string;
  readonly s3: ProcessingS3Output;
  /** Names the file in which it is kept what S3 has. */
  readonly index: number;
}

const outputsOf = ({ request }: ProcessingDocument): readonly Output[] =>
  (request.ProcessingOutputConfig?.Outputs ?? []).flatMap(
    ({ OutputName: name, S3Output: s3 }: ProcessingOutput, index) => (s3 ? [{ name, s3, index }] : []),
  );

const isContinuous = ({ s3 }: Output): boolean => s3.S3UploadMode === "Continuous";

/** Whether outputs go to S3 while the programs run: the job wants the activity `sync`. */
export const hasContinuous = (document: ProcessingDocument): boolean => outputsOf(document).some(isContinuous);

/** The activity `sync` of one host. */
export const sync =
  (objects: Objects) =>
  async (work: Work): Promise<undefined> => {
    const { document } = work.row;
    const host = hostsOf(document).find(({ unitId }) => unitId === work.of);
    if (!host) return undefined;
    const over = work.unitOver(host.unitId);
    const outputs = outputsOf(document).filter(isContinuous);
    await Promise.all(outputs.map((output) => keep({ objects, work, host, output, over })));
    return undefined;
  };

/** What is there of the mode EndOfJob, host by host: of files with one name, that of the last is taken. */
export async function uploadOutputs(objects: Objects, work: Work, hosts: readonly Host[]): Promise<void> {
  for (const output of outputsOf(work.row.document)) {
    if (hosts.length > 1) await noteSameNames(work, output, hosts);
    if (isContinuous(output)) continue;
    for (const host of hosts) await keep({ objects, work, host, output, over: Promise.resolve() });
  }
}

interface Keeping {
  readonly objects: Objects;
  readonly work: Work;
  readonly host: Host;
  readonly output: Output;
  readonly over: Promise<void>;
}

async function keep({ objects, work, host, output, over }: Keeping): Promise<void> {
  const { name, s3, index } = output;
  const { RoleArn: roleArn, ProcessingOutputConfig, ProcessingResources } = work.row.document.request;
  await keepFolder({
    objects,
    work,
    roleArn,
    uri: s3.S3Uri,
    state: await work.keptFile(host.unitId, `output-${index}`),
    what: `Output "${name}"`,
    mostBytes: ProcessingResources.ClusterConfig.VolumeSizeInGB * GIB,
    ...(isContinuous(output) ? {} : { mostFiles: MOST_FILES_AT_END }),
    kmsKeyId: ProcessingOutputConfig?.KmsKeyId,
    place: await work.unitPlace(host.unitId, localPath(s3)),
    over,
    log: logOf(work.row, host.name),
    whole: `the output "${name}"`,
  });
}

async function noteSameNames(work: Work, output: Output, hosts: readonly Host[]): Promise<void> {
  const owners = new Map<string, Host>();
  for (const host of hosts) {
    const place = await work.unitPlace(host.unitId, localPath(output.s3));
    const same: string[] = [];
    const file = async (found: { readonly name: string }) => {
      if (owners.has(found.name)) same.push(found.name);
      else owners.set(found.name, host);
    };
    await walkFiles(place, { file, skipped: () => undefined, signal: work.signal });
    for (const name of same) {
      const which = isContinuous(output) ? "what was uploaded last" : `that of ${host.name}`;
      const text = `The output "${output.name}" has ${name} of ${owners.get(name)?.name} and of ${host.name}: ${which} is taken.`;
      await work.note(logOf(work.row, host.name), text);
    }
  }
}
