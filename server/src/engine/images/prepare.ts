// From an image URI to something a backend can run: system files of this machine, an environment of Python packages, and
// images/ itself, all read-only. Nothing of the machine's own configuration or users gets in.
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PreparedImage, ReadOnlyMount } from "../../backends/backend.ts";
import { type Environment, ensureEnvironment, LOCK_FILE } from "./environments.ts";
import { imagesFolder, type Variables } from "./folders.ts";
import { ensureSnapshot } from "./snapshot.ts";
import type { Progress } from "./uv.ts";

/** Where an image finds its environment and images/ inside. */
export const INSIDE = "/opt/sagebrush";

/** Small files of its own for every image, instead of the machine's. */
export const etcFolder = fileURLToPath(new URL("etc", import.meta.url));

/** Programs and libraries, and what the loader, TLS and the clock need. Those the machine has are mounted. */
const systemFolders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
const systemFiles = [
  "/etc/ld.so.cache",
  "/etc/alternatives",
  "/etc/ssl",
  "/etc/pki",
  "/etc/ca-certificates",
  "/etc/localtime",
];

/** Folder of images/environments/ for each folder of images/. */
const environments: Readonly<Record<string, string>> = {
  xgboost: "xgboost",
  "xgboost.script": "classic",
  scikit_learn: "classic",
  tensorflow: "tensorflow",
  pytorch: "torch",
  mxnet: "mxnet",
};

export interface PrepareOptions {
  readonly variables: Variables;
  readonly progress: Progress;
}

/** Lock folder of the environment that an image of images/ runs in: SAGEBRUSH_ENVIRONMENTS may have one of its own. */
export function environmentLock(name: string, variables: Variables = process.env): string {
  const environment = environments[name];
  if (environment === undefined) throw new Error(`No environment is named for images/${name}.`);
  const { SAGEBRUSH_ENVIRONMENTS: own } = variables;
  if (own && existsSync(join(own, environment, LOCK_FILE))) return join(own, environment);
  return join(imagesFolder, "environments", environment);
}

/** Makes the image of a folder of images/ ready on this machine, installing its environment if need be. */
export async function prepareByName(name: string, options: PrepareOptions): Promise<PreparedImage> {
  const environment = await ensureEnvironment(environmentLock(name, options.variables), options);
  const snapshot = await ensureSnapshot(environment.python, options.variables);
  return {
    id: `${name}@${environment.id}-${basename(snapshot)}`,
    mounts: mountsOf(environment, join(snapshot, "images")),
    ...runDescription(name, join(INSIDE, "environment", "bin", "python")),
    canWait: true,
  };
}

/** How an image of ours is started; the same in a sandbox and in an OCI image. */
export function runDescription(name: string, python: string) {
  return {
    entrypoint: [python, "-m", "images.kit", name],
    command: [],
    environment: {
      PATH: `${INSIDE}/environment/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      PYTHONPATH: INSIDE,
      PYTHONUNBUFFERED: "1",
      LANG: "C.UTF-8",
      HOME: "/root",
      // OpenMP threads that wait by spinning take the CPU from other jobs of the machine.
      OMP_WAIT_POLICY: "PASSIVE",
    },
    workingDirectory: "/",
  };
}

function mountsOf(environment: Environment, images: string): readonly ReadOnlyMount[] {
  const { prefix } = environment.python;
  const paths = [...systemFolders, ...systemFiles].filter((path) => existsSync(path));
  const isSystem = prefix === "/usr" || prefix.startsWith("/usr/");
  return [
    ...[...paths, ...(isSystem ? [] : [prefix])].map((path) => ({ source: path, target: path })),
    ...["passwd", "group", "nsswitch.conf"].map((file) => ({ source: join(etcFolder, file), target: `/etc/${file}` })),
    { source: environment.folder, target: join(INSIDE, "environment") },
    { source: images, target: join(INSIDE, "images") },
  ];
}
