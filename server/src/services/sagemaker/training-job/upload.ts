// What becomes of /opt/ml after the program: the model and the output as archives in S3, the failure file as a text.
import type { Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Principal } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Objects } from "../../../core/ports.ts";
import type { ActivityContext } from "../../../engine/job-kind.ts";
import { JobFailure } from "../../../engine/job-kind.ts";
import { CannotPack, packTarGz, type Tree } from "../../../engine/pack-tree.ts";
import { endFeeds } from "../shared/feeding/feed.ts";
import { readBeginning } from "../shared/open-folder.ts";
import { FAILURE_CHARACTERS } from "../shared/program-end.ts";
import { parseS3Uri } from "../shared/s3-uri.ts";
import { hasPipes } from "./channels/channel.ts";
import { hostsOf, logGroup, logStream, outputPrefix, type TrainingDocument } from "./document.ts";

export interface Uploaded {
  /** Data that a program read had an end where there was none: nothing was taken. */
  readonly cut?: boolean;
  /** What the program wrote to /opt/ml/output/failure. */
  readonly failure?: string;
}

/** Level of compression: on a pickled booster of 27 MB 1.9 times as fast as the default, 10 % more bytes (zlib 1.3). */
const GZIP_LEVEL = 1;

/**
 * The activity `upload`. A program that failed leaves no model; stopped and completed ones do. Trees of several hosts become
 * one archive. Links out of the model's folder are left out, and named in the log of the host that has them.
 */
export const upload =
  (objects: Objects) =>
  async (work: ActivityContext<TrainingDocument>): Promise<Uploaded> => {
    const { document } = work.row;
    const { principal } = await work.session(document.request.RoleArn);
    const to = { work, objects, principal };
    const hosts = await endedHosts(work);
    const feeds = hasPipes(document.request) ? hosts.map(({ unitId }) => unitId) : [];
    const { cut } = await endFeeds(feeds, work);
    if (cut && document.stop === undefined) return { cut };
    const hasFailed = document.failing !== undefined || (document.end?.exitCode !== 0 && document.stop === undefined);
    if (!hasFailed) await uploadTrees(await treesOf(hosts, "model"), "/opt/ml/model", "model.tar.gz", to);
    const outputs = await treesOf(hosts, "output", "data");
    if (await hasEntries(outputs)) await uploadTrees(outputs, "/opt/ml/output/data", "output.tar.gz", to);
    const failed = hasFailed ? hosts.find(({ name }) => name === (document.endHost ?? "algo-1")) : undefined;
    const failure = failed && (await failureOf(failed.folder));
    return failure === undefined ? {} : { failure };
  };

/** What the program wrote to /opt/ml/output/failure; undefined when it has not. Follows no link. */
async function failureOf(folder: string): Promise<string | undefined> {
  const bytes = await readBeginning({ root: folder, names: ["output", "failure"] }, 4 * FAILURE_CHARACTERS);
  return bytes?.toString("utf8").slice(0, FAILURE_CHARACTERS);
}

interface HostFolder {
  readonly name: string;
  readonly unitId: string;
  /** Seen as /opt/ml. */
  readonly folder: string;
}

async function endedHosts({ row, unitFolder }: ActivityContext<TrainingDocument>): Promise<readonly HostFolder[]> {
  const { endedHosts: names } = row.document;
  const hosts = hostsOf(row.document).filter(({ name }) => names === undefined || names.includes(name));
  return Promise.all(hosts.map(async ({ name, unitId }) => ({ name, unitId, folder: await unitFolder(unitId) })));
}

/** The hosts' folders of these names, where they are folders. */
async function treesOf(hosts: readonly HostFolder[], ...names: readonly string[]): Promise<readonly Tree[]> {
  const trees: Tree[] = [];
  for (const { name: owner, folder } of hosts) {
    const path = await realFolder(folder, ...names);
    if (path !== undefined) trees.push({ owner, path });
  }
  return trees;
}

async function hasEntries(trees: readonly Tree[]): Promise<boolean> {
  for (const { path } of trees) if ((await readdir(path)).length > 0) return true;
  return false;
}

interface Target {
  readonly work: ActivityContext<TrainingDocument>;
  readonly objects: Objects;
  readonly principal: Principal;
}

async function uploadTrees(trees: readonly Tree[], seenAs: string, name: string, target: Target): Promise<void> {
  const { work, objects, principal } = target;
  const { document } = work.row;
  const uri = `${outputPrefix(document.request)}${name}`;
  const place = parseS3Uri(uri);
  if (!place) throw new JobFailure(`ClientError: Expected an S3 URI of the form s3://bucket/key, got "${uri}".`);
  const { KmsKeyId: kmsKeyId } = document.request.OutputDataConfig;
  const volumeGib = document.request.ResourceConfig?.VolumeSizeInGB ?? 1;
  const mostBytes = volumeGib * 2 ** 30 * Math.max(1, trees.length);
  const packed = packTarGz(trees, { seenAs, level: GZIP_LEVEL, mostBytes });
  try {
    const object = { ...place, contentType: "application/gzip", ...(kmsKeyId ? { kmsKeyId } : {}) };
    await objects.put(principal, object, packed.body, work.signal);
  } catch (cause) {
    if (cause instanceof ApiError && cause.status < 500)
      throw new JobFailure(
        `ClientError: Artifact upload failed: ${uri} cannot be written by the role ${document.request.RoleArn}: ${cause.message}`,
      );
    if (cause instanceof CannotPack)
      throw new JobFailure(
        `ClientError: Artifact upload failed: ${seenAs} cannot be packed: ${cause.message}. VolumeSizeInGB is ${volumeGib}.`,
      );
    throw cause;
  }
  for (const { owner, text } of packed.skipped)
    await work.note({ group: logGroup, stream: logStream(document, owner) }, `Left out of ${name}: ${text}.`);
}

/** The folder below a unit's folder, by its real path; undefined when the program put anything else, a link, there. */
async function realFolder(root: string, ...names: readonly string[]): Promise<string | undefined> {
  let path = root;
  for (const name of names) {
    path = join(path, name);
    const facts = await lstatIfThere(path);
    if (!facts?.isDirectory()) return undefined;
  }
  return path;
}

async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}
