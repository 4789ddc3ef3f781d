// Inputs of a processing job on their way into a container's folder.
import { join } from "node:path";
import type { ProcessingS3Input } from "../../../../../contract/sagemaker/types.ts";
import type { Objects } from "../../../core/ports.ts";
import type { ActivityContext } from "../../../engine/job-kind.ts";
import { copyInputs, type InputCopy, inSource } from "../shared/copy-inputs.ts";
import { type InputObject, listInputs } from "../shared/inputs.ts";
import { hostsOf, logOf, type ProcessingDocument } from "./document.ts";
import { isWithin, localPath } from "./paths.ts";

type Work = ActivityContext<ProcessingDocument>;

export interface Input {
  readonly name: string;
  readonly s3: ProcessingS3Input;
}

export const inputsOf = ({ request }: ProcessingDocument): readonly Input[] =>
  (request.ProcessingInputs ?? []).flatMap(({ InputName: name, S3Input: s3 }) => (s3 ? [{ name, s3 }] : []));

/** `pathOf`: where the server finds what the container sees at a path. @throws JobFailure ClientError naming the input */
export async function copyAll(objects: Objects, work: Work, pathOf: (inside: string) => string): Promise<void> {
  const { request } = work.row.document;
  const copies: InputCopy[] = [];
  for (const input of inputsOf(work.row.document))
    for (const object of await visible(input, await objectsOf(objects, work, input), work))
      copies.push({ object, path: join(pathOf(localPath(input.s3)), object.name), source: `input "${input.name}"` });
  const { VolumeSizeInGB: volumeSizeGb } = request.ProcessingResources.ClusterConfig;
  await copyInputs(objects, copies, { work, roleArn: request.RoleArn, volumeSizeGb });
}

async function objectsOf(objects: Objects, work: Work, { name, s3 }: Input): Promise<readonly InputObject[]> {
  const { RoleArn: roleArn } = work.row.document.request;
  const { principal } = await work.session(roleArn);
  try {
    const found = await listInputs(objects, principal, { type: s3.S3DataType, uri: s3.S3Uri, roleArn });
    return shareOf(found, s3, work);
  } catch (cause) {
    throw inSource(`input "${name}"`, cause);
  }
}

/** The host's part of an input's objects. */
function shareOf(found: readonly InputObject[], { S3DataDistributionType }: ProcessingS3Input, work: Work) {
  if (S3DataDistributionType !== "ShardedByS3Key") return found;
  const hosts = hostsOf(work.row.document);
  const host = hosts.findIndex(({ unitId }) => unitId === work.of);
  return found.filter((_, index) => index % hosts.length === host);
}

/** An input whose path lies in that of another hides what the other has there, as a mount does. */
async function visible(input: Input, found: readonly InputObject[], work: Work): Promise<readonly InputObject[]> {
  const outer = localPath(input.s3);
  const inner = inputsOf(work.row.document).filter(({ s3 }) => s3 !== input.s3 && isWithin(localPath(s3), outer));
  const hiding = (object: InputObject) => inner.find(({ s3 }) => isWithin(`${outer}/${object.name}`, localPath(s3)));
  const seen: InputObject[] = [];
  for (const object of found) {
    const other = hiding(object);
    if (!other) seen.push(object);
    else {
      const host = hostsOf(work.row.document).find(({ unitId }) => unitId === work.of)?.name ?? "algo-1";
      const text = `Left out of the input "${input.name}": ${object.name}: the input "${other.name}" has its place.`;
      await work.note(logOf(work.row, host), text);
    }
  }
  return seen;
}
