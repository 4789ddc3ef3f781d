// An image of images/ as an OCI archive, without any container engine. It holds what the sandbox mounts.
import { mkdtemp, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ensureEnvironment } from "../environments.ts";
import type { Variables } from "../folders.ts";
import { environmentLock, INSIDE, runDescription } from "../prepare.ts";
import { ensureSnapshot } from "../snapshot.ts";
import type { Progress } from "../uv.ts";
import { writeArchive, writeLayer } from "./archive.ts";
import { baseEntries, certificates, folderEntries } from "./root.ts";

export interface BuildOptions {
  readonly variables: Variables;
  readonly progress: Progress;
  /** Written into the image as the time it was made. */
  readonly now: Date;
}

/**
 * Builds the image of a folder of images/ for this machine's architecture: interpreter and libraries of this machine,
 * the environment, images/. Layers are in this order, so that a change of our Python changes only the last, small one.
 * @throws Error if the name is unknown or ldd is missing
 */
export async function buildOciImage(name: string, outFile: string, options: BuildOptions): Promise<void> {
  const { variables, progress, now } = options;
  const environment = await ensureEnvironment(environmentLock(name), options);
  const snapshot = await ensureSnapshot(environment.python, variables);
  const scratch = await mkdtemp(join(dirname(outFile), `.${basename(outFile)}-`));
  try {
    progress("Gathering interpreter and libraries ...");
    const parts = {
      base: await baseEntries(environment),
      environment: await folderEntries(environment.folder, join(INSIDE, "environment").slice(1)),
      images: await folderEntries(join(snapshot, "images"), join(INSIDE, "images").slice(1)),
    };
    const layers = [];
    for (const [part, entries] of Object.entries(parts)) {
      const layer = await writeLayer(entries, join(scratch, part));
      progress(`Layer ${part}: ${entries.length} files, ${(layer.sizeBytes / 1_000_000).toFixed(1)} MB`);
      layers.push(layer);
    }
    const image = {
      name: `${name}:latest`,
      architecture: architecture(),
      config: configOf(name),
      created: now.toISOString(),
    };
    await writeArchive(layers, image, outFile);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function configOf(name: string): Readonly<Record<string, unknown>> {
  const { entrypoint, environment, workingDirectory } = runDescription(name, join(INSIDE, "environment/bin/python"));
  return {
    Entrypoint: entrypoint,
    Env: Object.entries({ ...environment, SSL_CERT_FILE: certificates }).map(([name, value]) => `${name}=${value}`),
    WorkingDir: workingDirectory,
    ExposedPorts: { "8080/tcp": {} },
    Labels: { "com.amazonaws.sagemaker.capabilities.accept-bind-to-port": "true" },
  };
}

function architecture(): "amd64" | "arm64" {
  if (process.arch === "x64") return "amd64";
  if (process.arch === "arm64") return "arm64";
  throw new Error(`Images can be built on x64 and arm64, not on ${process.arch}.`);
}
