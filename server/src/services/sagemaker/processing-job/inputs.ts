// Inputs of a processing job: what they hold, and which part of it a host gets as files or as streams.
import { posix } from "node:path";
import type { ProcessingS3Input } from "../../../../../contract/sagemaker/types.ts";
import type { Objects } from "../../../core/ports.ts";
import type { ActivityContext } from "../../../engine/job-kind.ts";
import { type InputCopy, inSource, ownObjects } from "../shared/copy-inputs.ts";
import { type Share, shareOf } from "../shared/feeding/deal.ts";
import type { StreamedInput } from "../shared/feeding/lay.ts";
import { isFifoOf } from "../shared/feeding/plan.ts";
import { type InputObject, listInputs, listObjects } from "../shared/inputs.ts";
import { LookedOnce } from "../shared/looked-once.ts";
import { groupOf, hostsOf, logOf, type ProcessingDocument } from "./document.ts";
import { isWithin, localPath, ML } from "./paths.ts";

type Work = ActivityContext<ProcessingDocument>;

export interface Input {
  readonly name: string;
  readonly s3: ProcessingS3Input;
}

export const inputsOf = ({ request }: Pick<ProcessingDocument, "request">): readonly Input[] =>
  (request.ProcessingInputs ?? []).flatMap(({ InputName: name, S3Input: s3 }) => (s3 ? [{ name, s3 }] : []));

export const isPipe = ({ s3 }: Input): boolean => s3.S3InputMode === "Pipe";

/** Whether the job wants the activity `feed`. */
export const hasPipes = (document: ProcessingDocument): boolean => inputsOf(document).some(isPipe);

const sourceOf = ({ name }: Input): string => `input "${name}"`;

/** An input, and what it holds for all hosts together. */
export interface Filled extends Input {
  readonly objects: readonly InputObject[];
}

/** Lists kept for as long as any host of the attempt prepares. */
export class InputLists {
  readonly #objects: Objects;
  readonly #lists = new LookedOnce<readonly Filled[]>();

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /** @throws JobFailure ClientError naming input and place */
  of(work: Work): Promise<readonly Filled[]> {
    return this.#lists.of(groupOf(work.row.document), work.signal, () => this.#look(work));
  }

  async #look(work: Work): Promise<readonly Filled[]> {
    const { document } = work.row;
    const { RoleArn: roleArn } = document.request;
    const filled: Filled[] = [];
    for (const input of inputsOf(document)) {
      const { principal } = await work.session(roleArn);
      const source = { type: input.s3.S3DataType, uri: input.s3.S3Uri, roleArn };
      try {
        const list = isPipe(input) ? listObjects : listInputs;
        filled.push({ ...input, objects: await list(this.#objects, principal, source) });
      } catch (cause) {
        throw inSource(sourceOf(input), cause);
      }
    }
    return filled;
  }
}

const partOf = ({ s3 }: Input, { row, of = "" }: Work): Share | undefined =>
  shareOf(s3.S3DataDistributionType, hostsOf(row.document), of);

/**
 * Files of the mode File. An input whose path lies in that of another hides what the other has there, as a mount does; the
 * log says so. `pathOf`: where the server finds what the container sees at a path.
 */
export async function copiesOf(input: Filled, work: Work, pathOf: (inside: string) => string): Promise<InputCopy[]> {
  const folder = localPath(input.s3);
  const others = inputsOf(work.row.document).filter((other) => other.s3 !== input.s3 && localPath(other.s3) !== folder);
  const copies: InputCopy[] = [];
  for (const object of ownObjects(input.objects, partOf(input, work))) {
    const path = `${folder}/${object.name}`;
    const other = others.find((each) => hides(each, path, folder));
    if (!other) copies.push({ object, path: pathOf(path), source: sourceOf(input) });
    else await noteHidden(`${sourceOf(input)}: ${object.name}: the ${sourceOf(other)} has its place`, work);
  }
  return copies;
}

/** Whether an input has a path that another, whose folder this is, has an object for. */
function hides(input: Input, path: string, folder: string): boolean {
  const own = localPath(input.s3);
  return isPipe(input) ? isFifoOf(own, path) : isWithin(own, folder) && isWithin(path, own);
}

async function noteHidden(what: string, { row, of, note }: Work): Promise<void> {
  const host = hostsOf(row.document).find(({ unitId }) => unitId === of);
  if (host) await note(logOf(row, host.name), `Left out of the ${what}.`);
}

/** An input of the mode Pipe as the feeder takes it: its FIFOs are LocalPath_0, LocalPath_1 … */
export function streamOf(input: Filled, work: Work): StreamedInput {
  const path = localPath(input.s3);
  const share = partOf(input, work);
  return {
    source: sourceOf(input),
    folder: posix.dirname(path).slice(ML.length).split("/").filter(Boolean),
    name: posix.basename(path),
    isGzip: input.s3.S3CompressionType === "Gzip",
    isRecordIo: false,
    dealing: share ? { share } : {},
    content: { objects: input.objects },
  };
}
