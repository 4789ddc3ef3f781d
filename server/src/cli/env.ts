// `sagebrush env`: what a shell needs to use the server, as export lines.
import { readCredentials, serverAddress } from "../app/folder.ts";
import type { Settings } from "../app/settings.ts";
import { CommandError } from "./command-error.ts";

/** Prints the lines for one profile. @throws CommandError before the server's first start or for an unknown profile */
export async function printEnvironment(settings: Settings, profile: string): Promise<void> {
  const credentials = await readCredentials(settings.data);
  if (!credentials)
    throw new CommandError(
      `${settings.data}/credentials is not there yet: start the server once with \`sagebrush serve --data ${settings.data}\`.`,
    );
  const keys = credentials[profile];
  if (!keys)
    throw new CommandError(
      `No profile ${JSON.stringify(profile)} in ${settings.data}/credentials; there is ${Object.keys(credentials).join(", ")}.`,
    );
  const lines = {
    AWS_ENDPOINT_URL: (await serverAddress(settings.data)) ?? `http://${settings.listen}`,
    AWS_ACCESS_KEY_ID: keys.aws_access_key_id,
    AWS_SECRET_ACCESS_KEY: keys.aws_secret_access_key,
    AWS_DEFAULT_REGION: settings.region,
    AWS_REGION: settings.region,
    // Keeps clients from looking for an instance's metadata service when a key is missing.
    AWS_EC2_METADATA_DISABLED: "true",
  };
  for (const [name, value] of Object.entries(lines)) console.log(`export ${name}=${quoted(value)}`);
  console.log("unset AWS_SESSION_TOKEN AWS_PROFILE");
}

const quoted = (value: string): string => (/^[\w:/.+=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`);
