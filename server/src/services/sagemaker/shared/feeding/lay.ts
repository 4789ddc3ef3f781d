// Pipe mode, before the program starts: the first FIFO of each input is there, and what the feeder has to know is written.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectFacts } from "../../../../core/ports.ts";
import type { InputObject } from "../inputs.ts";
import { HeldFolder } from "./fifo.ts";
import { feedFiles, fifoName, type PlannedInput, writeList, writePlan } from "./plan.ts";

/** An input that is streamed, with what it holds. */
export interface StreamedInput extends Omit<PlannedInput, "content"> {
  readonly content:
    | { readonly objects: readonly InputObject[] }
    | { readonly manifest: ObjectFacts; readonly attributes: readonly string[] };
}

/** `ml`: seen as /opt/ml, with the folders of the inputs. `kept`: the feeder's folder, which the unit does not see. */
export async function layPipes(inputs: readonly StreamedInput[], ml: string, kept: string): Promise<void> {
  await rm(join(kept, feedFiles.plan), { force: true });
  const planned: PlannedInput[] = [];
  for (const [index, input] of inputs.entries()) {
    planned.push(await plan(input, `objects-${index}.jsonl`, kept));
    const folder = HeldFolder.open(ml, input.folder);
    try {
      folder.makeFifo(fifoName(input.name, 0));
    } finally {
      folder.close();
    }
  }
  await writePlan(kept, { ml, inputs: planned });
}

async function plan({ content, ...input }: StreamedInput, list: string, kept: string): Promise<PlannedInput> {
  if ("manifest" in content) return { ...input, content };
  await writeList(join(kept, list), content.objects);
  return { ...input, content: { list } };
}
