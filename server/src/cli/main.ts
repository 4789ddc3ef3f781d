// The sagebrush command. Each command loads what it needs when it is called, so that --help is instant.
import { Command, Option } from "commander";
import {
  flagOf,
  type ResolvedSettings,
  resolveSettings,
  type SettingName,
  SettingsError,
  settingNames,
  settingsTable,
  variableOf,
} from "../app/settings.ts";

/** Adds one flag for each of the named settings, with variable and default in its help. */
function withSettings(command: Command, names: readonly SettingName[]): Command {
  for (const name of names) {
    const setting = settingsTable[name];
    const isNothing = setting.default === "" || typeof setting.default === "object";
    const fallback = isNothing ? "none" : String(setting.default);
    command.addOption(
      new Option(`${flagOf(name)} <${setting.argument}>`, `${setting.help} (default ${fallback}; ${variableOf(name)})`),
    );
  }
  return command.option("--config <FILE>", "settings file (default ./sagebrush.yaml, read when it is there)");
}

/** The settings in force for a command's flags. */
function settingsOf(flags: Readonly<Record<string, string>>): ResolvedSettings {
  const { config, ...rest } = flags;
  const given = Object.fromEntries(Object.entries(rest).filter(([name]) => name in settingsTable));
  return resolveSettings(given, process.env, config ?? "sagebrush.yaml");
}

const where: readonly SettingName[] = ["data", "listen", "region"];

const program = new Command("sagebrush")
  .description(
    "Answers the Amazon SageMaker API on your own machine and does the work: training jobs train, endpoints serve.\n" +
      'Start with `sagebrush serve`; in another shell run `eval "$(sagebrush env)"` and use boto3 as on AWS.',
  )
  .showHelpAfterError("(add --help to see what this command takes)");

withSettings(program.command("serve"), settingNames)
  .description(
    "Serves until it gets SIGTERM or Ctrl-C. Prints one line when it is ready:\n  Sagebrush is listening on http://HOST:PORT\n" +
      "First start makes DIR/credentials with two keys: `default` (the role SageMakerRole) and `root`.",
  )
  .action(async (flags: Record<string, string>) => {
    const { serve } = await import("./serve.ts");
    await serve(settingsOf(flags));
  });

withSettings(program.command("env"), where)
  .description(
    'Prints export lines for a shell: eval "$(sagebrush env)".\n' +
      "Sets the keys, the region and AWS_ENDPOINT_URL, which boto3, the AWS CLI and current SDKs read; and HTTPS_PROXY and\n" +
      "AWS_CA_BUNDLE, by which older ones and the SageMaker SDK reach the server under AWS's own names.",
  )
  .option("--profile <NAME>", "key to use, as in DIR/credentials: default or root", "default")
  .option("--no-proxy", "leave out HTTPS_PROXY, NO_PROXY, AWS_CA_BUNDLE and REQUESTS_CA_BUNDLE")
  .action(async ({ proxy, ...flags }: { proxy: boolean } & Record<string, string>) => {
    const { printEnvironment } = await import("./env.ts");
    const options = { profile: flags["profile"] ?? "default", proxy, variables: process.env };
    await printEnvironment(settingsOf(flags).values, options);
  });

withSettings(program.command("doctor"), ["data", "backend", "engine", "containersAsRoot"])
  .description("Says what this machine has, what is missing or limited, and the exact command that mends it.")
  .action(async (flags: Record<string, string>) => {
    const { doctor } = await import("./doctor.ts");
    process.exitCode = (await doctor(settingsOf(flags).values)) ? 0 : 1;
  });

const images = program
  .command("images")
  .description("The images Sagebrush knows by their AWS names. Without a subcommand: lists them.")
  .action(async () => (await import("./images.ts")).listImages());
images
  .command("install <NAME>")
  .description("Brings an image's environment now, instead of at its first job. NAME as in the list: xgboost.")
  .action(async (name: string) => (await import("./images.ts")).installImage(name));
images
  .command("build <NAME>")
  .description("Writes the image as an OCI archive, without any container engine; podman and skopeo load it as it is.")
  .option("-o, --output <FILE>", "where to (default NAME.oci.tar)")
  .action(async (name: string, flags: { output?: string }) =>
    (await import("./images.ts")).buildImage(name, flags.output ?? `${name}.oci.tar`),
  );

const spot = program
  .command("spot")
  .description(
    "What AWS does with spot instances when it needs them, for training jobs with EnableManagedSpotTraining.",
  );
withSettings(spot.command("interrupt <JOB>"), ["data", "account", "region"])
  .description(
    "Takes back the instances of a job: SIGTERM, two minutes, SIGKILL; then it goes on, from its checkpoints, on new ones.\n" +
      "Asks the server that runs on DIR through a socket there, which only the folder's owner may open.",
  )
  .action(async (name: string, flags: Record<string, string>) => {
    const { interruptSpot } = await import("./spot.ts");
    await interruptSpot(settingsOf(flags).values, name);
  });
withSettings(images.command("own"), ["data", "region"])
  .description("Lists the images that were pushed to the running server or imported.")
  .action(async (flags: Record<string, string>) =>
    (await import("./images.ts")).listOwnImages(settingsOf(flags).values),
  );
withSettings(images.command("import <PATH> <NAME>"), ["data", "region"])
  .description(
    "Brings an image of your own into the running server, without any container engine: PATH is an OCI archive\n" +
      "(podman save --format oci-archive, skopeo copy … oci-archive:FILE, docker save from Docker 25 on) or the same as a folder; NAME is\n" +
      "REPOSITORY:TAG.",
  )
  .action(async (path: string, name: string, flags: Record<string, string>) =>
    (await import("./images.ts")).importOwnImage(settingsOf(flags).values, path, name),
  );
withSettings(images.command("remove <NAME>"), ["data", "region"])
  .description("Removes REPOSITORY:TAG from the running server, and the image with its last tag. What runs goes on.")
  .action(async (name: string, flags: Record<string, string>) =>
    (await import("./images.ts")).removeOwnImage(settingsOf(flags).values, name),
  );

withSettings(program.command("config"), settingNames)
  .description("Prints every setting in force and where it came from: flag, variable, file or default.")
  .action(async (flags: Record<string, string>) => {
    const { printConfig } = await import("./config.ts");
    printConfig(settingsOf(flags));
  });

try {
  await program.parseAsync();
} catch (thrown) {
  const known = thrown instanceof SettingsError || (thrown instanceof Error && thrown.name === "CommandError");
  console.error(known ? (thrown as Error).message : thrown);
  process.exitCode = 1;
}
