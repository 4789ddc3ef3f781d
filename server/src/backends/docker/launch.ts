// Makes the container of a unit, ready to be started: its image, its place in a network, its user's folders.
import { execFile } from "node:child_process";
import { posix } from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import type Dockerode from "dockerode";
import { extract, pack } from "tar-stream";
import { UnitRefused, type UnitSpec } from "../backend.ts";
import { findUser, LARGEST_TABLE_BYTES } from "../shared/image-user.ts";
import { shortName } from "../shared/unit-files.ts";
import { containerOptions } from "./container.ts";
import { type EngineFacts, ifThere, isPassing, statusOf, wordsOf } from "./engine.ts";
import type { Images } from "./images.ts";
import type { Networks } from "./networks.ts";
import type { Owner } from "./outputs-owner.ts";
import type { UnitFolder } from "./unit-folder.ts";

const run = promisify(execFile);

export interface Making {
  readonly engine: Dockerode;
  readonly images: Images;
  readonly networks: Networks;
  readonly server: string;
  readonly logBytes: number;
  readonly seccomp: string;
  readonly unitsFolder: string;
  readonly unit: UnitFolder;
  readonly facts: EngineFacts;
  readonly spec: UnitSpec;
}

export interface Made {
  readonly container: Dockerode.Container;
  /** Who the unit's program is on this machine. */
  readonly owner: Owner;
  /** Folders besides /opt/ml, and not below it, that count against the unit's disk. */
  readonly writable: readonly string[];
}

export const containerName = (server: string, id: string): string => `sagebrush-${server}-${shortName(id)}`;

/** @throws UnitRefused with the engine's words */
export async function makeContainer(making: Making): Promise<Made> {
  const { engine, images, networks, server, unit, facts, spec } = making;
  const { layered } = spec.image;
  if (layered && !(await images.has(layered.digest)))
    throw new UnitRefused(`The image ${layered.digest} has not been made ready on this machine.`);
  const name = containerName(server, spec.id);
  // One that a killed server made and did not start; who runs is never asked to be made.
  await ifThere(engine.getContainer(name).remove({ force: true, v: true }));
  const options = containerOptions({
    spec,
    name,
    server,
    image: layered ? images.nameOf(layered.digest) : await images.base(),
    folder: unit.path,
    unitsFolder: making.unitsFolder,
    facts,
    network: await networks.take(spec, facts, unit),
    logBytes: making.logBytes,
    seccomp: making.seccomp,
  });
  const writable = spec.mounts.filter((mount) => !mount.readOnly && !mount.shared).map(({ source }) => source);
  const container = await create(engine, options);
  let owner: Owner;
  try {
    const user = layered ? await userOf(container, layered.user) : { uid: 0, gid: 0 };
    owner = { uid: facts.firstId + user.uid, gid: facts.firstId + user.gid };
    if (layered) await makeFolder(container, spec.image.workingDirectory);
    await handOver([unit.at("ml"), ...writable], owner);
  } catch (error) {
    await ifThere(container.remove({ force: true, v: true }));
    throw statusOf(error) === undefined ? error : refusal(error, layered?.user ?? "");
  }
  return { container, owner, writable: writable.filter((source) => !source.startsWith(`${unit.at("ml")}/`)) };
}

/** Podman looks for the user before it gives a file of a container. */
function refusal(error: unknown, user: string): UnitRefused {
  const words = wordsOf(error);
  return /unknown (user|group)/.test(words)
    ? new UnitRefused(`The image's USER ${JSON.stringify(user)} cannot be used: ${words}.`)
    : new UnitRefused(`The container engine refuses it: ${words}`);
}

async function create(engine: Dockerode, options: Dockerode.ContainerCreateOptions): Promise<Dockerode.Container> {
  try {
    return await engine.createContainer(options);
  } catch (error) {
    if (statusOf(error) === undefined || isPassing(wordsOf(error))) throw error;
    throw new UnitRefused(`The container engine does not take it: ${wordsOf(error)}`);
  }
}

/** @throws UnitRefused */
async function userOf(container: Dockerode.Container, user: string) {
  const [passwd, group] = await Promise.all(["passwd", "group"].map((name) => fileOf(container, `/etc/${name}`)));
  return findUser({ passwd: passwd ?? "", group: group ?? "" }, user);
}

/** Text of a file of a container that does not run yet; empty where it has none. */
async function fileOf(container: Dockerode.Container, path: string): Promise<string> {
  const archive = await ifThere(container.getArchive({ path }));
  if (!archive) return "";
  const files = extract();
  let text = "";
  const read = async () => {
    for await (const file of files) {
      const { type, size = 0 } = file.header;
      if (type === "file" && size <= LARGEST_TABLE_BYTES) text = (await buffer(file)).toString();
      else file.resume();
    }
  };
  await Promise.all([pipeline(archive, files as unknown as NodeJS.WritableStream), read()]);
  return text;
}

/** Engines differ in whether they make a working directory. What is there of the way to it stays as the image has it. */
async function makeFolder(container: Dockerode.Container, path: string): Promise<void> {
  const parts = posix.normalize(path).split("/").filter(Boolean);
  const upTo = (count: number) => `/${parts.slice(0, count).join("/")}`;
  let there = parts.length;
  while (there > 0 && !(await ifThere(container.infoArchive({ path: upTo(there) })))) there -= 1;
  if (there === parts.length) return;
  const tar = pack();
  for (let count = there + 1; count <= parts.length; count += 1)
    tar.entry({ name: `${parts.slice(there, count).join("/")}/`, type: "directory", mode: 0o755 });
  tar.finalize();
  await container.putArchive(await buffer(tar), { path: upTo(there) });
}

/** Gives what the server wrote to the unit's user. */
async function handOver(paths: readonly string[], { uid, gid }: Owner): Promise<void> {
  await run("chown", ["--recursive", "--no-dereference", `${uid}:${gid}`, "--", ...paths]);
}
