// `sagebrush serve`
import { flushCompileCache } from "node:module";
import { startServer } from "../app/server.ts";
import type { ResolvedSettings } from "../app/settings.ts";
import { createLog } from "../core/log.ts";
import { CommandError } from "./command-error.ts";
import { quoted } from "./quoted.ts";

/** How long a clean stop may take before the process ends anyway; units are stopped with their own grace times. */
const STOP_LIMIT_MS = 150_000;

/** Serves until SIGTERM or SIGINT. A second signal ends the process at once. */
export async function serve({ values }: ResolvedSettings): Promise<void> {
  const log = createLog(values.logLevel, (line) => process.stderr.write(line));
  const server = await startServer(values, log).catch((cause: unknown) => {
    throw isForPeople(cause) ? new CommandError(cause.message) : cause;
  });
  process.stdout.write(`Sagebrush is listening on ${server.url}\n`);
  // A server that is killed leaves the next one what it has compiled.
  flushCompileCache();
  if (process.stdout.isTTY) {
    const flags = values.data.endsWith("/data") ? "" : ` --data ${quoted(values.data)}`;
    process.stdout.write(`In another shell: eval "$(sagebrush env${flags})"   Data: ${values.data}   Stop: Ctrl-C\n`);
  }
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  log.info("Stopping.", { signal });
  process.once(signal, () => process.exit(1));
  setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
  const failed = await server.close().catch((cause: unknown) => {
    // What could not be ended or written goes on, and the next start finds it.
    log.error("The server could not stop cleanly.", { cause });
    return true;
  });
  process.exit(failed ? 1 : 0);
}

/** Errors whose text says all there is to say: a folder in use, a newer layout, an address in use. */
const peopleErrors = new Set([
  "FolderInUse",
  "FolderUnusable",
  "NewerLayout",
  "SettingsError",
  "ApiError",
  "CannotListen",
  "BackendUnusable",
]);
const isForPeople = (cause: unknown): cause is Error => cause instanceof Error && peopleErrors.has(cause.name);
