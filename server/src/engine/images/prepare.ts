// From an image URI to something a backend can run: system files of this machine, an environment of Python packages, and
// images/ itself, all read-only. Nothing of the machine's own configuration or users gets in.
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PreparedImage, ReadOnlyMount } from "../../backends/backend.ts";
import { type Environment, ensureEnvironment, LOCK_FILE } from "./environments.ts";
import { imagesFolder, type Variables } from "./folders.ts";
import { ensureJars } from "./jars.ts";
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
  factorization_machines: "xgboost",
  "xgboost.script": "classic",
  scikit_learn: "classic",
  tensorflow: "tensorflow",
  pytorch: "torch",
  mxnet: "mxnet",
  spark: "spark",
};

/** Programs of images/<name>/bin that images start with in place of the kit's tasks. */
const programs: Readonly<Record<string, string>> = { spark: "smspark-submit" };

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

export interface ImageParts {
  readonly environment: Environment;
  /** Folder of libraries of Java, of an environment that has some. */
  readonly jars?: string;
}

/** What the image of a folder of images/ stands on, installed if need be. */
export async function ensureParts(name: string, options: PrepareOptions): Promise<ImageParts> {
  const lock = environmentLock(name, options.variables);
  const environment = await ensureEnvironment(lock, options);
  const jars = await ensureJars(lock, environment, options);
  return { environment, ...(jars === undefined ? {} : { jars }) };
}

/** Makes the image of a folder of images/ ready on this machine, installing its environment if need be. */
export async function prepareByName(name: string, options: PrepareOptions): Promise<PreparedImage> {
  const { environment, jars } = await ensureParts(name, options);
  const snapshot = await ensureSnapshot(environment.python, options.variables);
  const description = runDescription(name, join(INSIDE, "environment", "bin", "python"));
  // Their folder's place is given, not themselves: what is fetched later is seen without a new start.
  const inside = jars && { SAGEBRUSH_JARS: join(INSIDE, "jars", basename(jars)) };
  return {
    id: `${name}@${environment.id}-${basename(snapshot)}`,
    mounts: [
      ...mountsOf(environment, join(snapshot, "images")),
      ...(jars === undefined ? [] : [{ source: dirname(jars), target: join(INSIDE, "jars") }]),
    ],
    ...description,
    environment: { ...description.environment, ...inside },
    canWait: !startsByProgram(name),
  };
}

/** Whether the image starts with a program of its own, which does not wait as a spare. */
export const startsByProgram = (name: string): boolean => programs[name] !== undefined;

/** How an image of ours is started; the same in a sandbox and in an OCI image. */
export function runDescription(name: string, python: string) {
  const program = programs[name];
  const own = program === undefined ? "" : `${INSIDE}/images/${name}/bin:`;
  return {
    entrypoint: program === undefined ? [python, "-m", "images.kit", name] : [program],
    command: [],
    environment: {
      PATH: `${own}${INSIDE}/environment/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
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
