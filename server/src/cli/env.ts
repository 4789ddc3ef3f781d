// `sagebrush env`: what a shell needs to use the server, as export lines.
import { exceptionsWith, writeTrust } from "../app/client-trust.ts";
import { readCredentials, serverAddress } from "../app/folder.ts";
import type { Settings } from "../app/settings.ts";
import { CommandError } from "./command-error.ts";
import { quoted } from "./quoted.ts";

export interface EnvironmentOptions {
  /** Name of the key to use, as in DIR/credentials. */
  readonly profile: string;
  /** Whether clients that take no endpoint are led to the server too, by HTTPS_PROXY. */
  readonly proxy: boolean;
  /** Of the shell that reads the lines. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Prints the lines for one profile. @throws CommandError before the server's first start or for an unknown profile */
export async function printEnvironment(settings: Settings, options: EnvironmentOptions): Promise<void> {
  const credentials = await readCredentials(settings.data);
  if (!credentials)
    throw new CommandError(
      `${settings.data}/credentials is not there yet: start the server once with \`sagebrush serve --data ${settings.data}\`.`,
    );
  const keys = credentials[options.profile];
  if (!keys)
    throw new CommandError(
      `No profile ${JSON.stringify(options.profile)} in ${settings.data}/credentials; there is ${Object.keys(credentials).join(", ")}.`,
    );
  const address = reachable((await serverAddress(settings.data)) ?? `http://${settings.listen}`);
  const lines = {
    AWS_ENDPOINT_URL: address,
    AWS_ACCESS_KEY_ID: keys.aws_access_key_id,
    AWS_SECRET_ACCESS_KEY: keys.aws_secret_access_key,
    AWS_DEFAULT_REGION: settings.region,
    AWS_REGION: settings.region,
    // Keeps clients from looking for an instance's metadata service when a key is missing.
    AWS_EC2_METADATA_DISABLED: "true",
    ...(options.proxy ? await proxyLines(settings.data, address, options.variables) : {}),
  };
  for (const [name, value] of Object.entries(lines)) console.log(`export ${name}=${quoted(value)}`);
  console.log("unset AWS_SESSION_TOKEN AWS_PROFILE");
}

async function proxyLines(
  folder: string,
  address: string,
  variables: EnvironmentOptions["variables"],
): Promise<Readonly<Record<string, string>>> {
  const bundle = await writeTrust(folder, variables, Date.now()).catch((cause: unknown) => {
    throw (cause as Error).name === "AuthorityUnusable" ? new CommandError((cause as Error).message) : cause;
  });
  const exceptions = exceptionsWith(variables);
  if (/(^|,)(\*|\*?\.?amazonaws\.com)(,|$)/.test(exceptions))
    console.error("NO_PROXY names amazonaws.com: clients that take no endpoint go to AWS itself, around this server.");
  return {
    HTTPS_PROXY: address,
    NO_PROXY: exceptions,
    // Most clients heed the lower case first, so one that is set would win.
    ...(variables["https_proxy"] === undefined ? {} : { https_proxy: address }),
    ...(variables["no_proxy"] === undefined ? {} : { no_proxy: exceptions }),
    AWS_CA_BUNDLE: bundle,
    // `requests`, by which Python code fetches presigned addresses, reads this one only.
    REQUESTS_CA_BUNDLE: bundle,
  };
}

/** A server that listens on every address is called by the loopback one. */
const reachable = (address: string): string =>
  address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
