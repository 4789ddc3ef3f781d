// `sagebrush spot`
import { askControl } from "../app/control.ts";
import type { Settings } from "../app/settings.ts";
import { CommandError } from "./command-error.ts";

/** Takes back the instances of a training job that runs on spot instances. @throws CommandError with the server's reason */
export async function interruptSpot({ data, account, region }: Settings, name: string): Promise<void> {
  try {
    console.log(await askControl(data, { control: "interruptSpot", account, region, name }));
  } catch (cause) {
    throw new CommandError((cause as Error).message);
  }
}
