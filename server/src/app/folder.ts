// What the server leaves in its data folder for the command line: the credentials file and its address.
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface ProfileKeys {
  readonly aws_access_key_id: string;
  readonly aws_secret_access_key: string;
}

/** Text of the file at `path`, undefined when there is none. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

/** Profiles of DIR/credentials (AWS ini format); undefined before the first start. */
export async function readCredentials(folder: string): Promise<Readonly<Record<string, ProfileKeys>> | undefined> {
  const source = await textOf(join(folder, "credentials"));
  if (source === undefined) return undefined;
  const profiles: Record<string, Record<string, string>> = {};
  let profile: Record<string, string> = {};
  for (const line of source.split("\n")) {
    const section = /^\s*\[([^\]]+)\]\s*$/.exec(line);
    const pair = /^\s*([\w]+)\s*=\s*(\S+)\s*$/.exec(line);
    if (section?.[1]) profile = profiles[section[1]] = {};
    else if (pair?.[1] && pair[2]) profile[pair[1]] = pair[2];
  }
  return profiles as unknown as Readonly<Record<string, ProfileKeys>>;
}

/** Address of the server that runs, or last ran, on the folder. */
export async function serverAddress(folder: string): Promise<string | undefined> {
  return (await textOf(join(folder, "address")))?.trim();
}

export const writeAddress = (folder: string, url: string): Promise<void> =>
  writeFile(join(folder, "address"), `${url}\n`);
export const removeAddress = (folder: string): Promise<void> => rm(join(folder, "address"), { force: true });
