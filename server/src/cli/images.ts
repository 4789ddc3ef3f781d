// `sagebrush images`
import { build, ImageNotBuilt, imagesHere, install, UnknownImage } from "../app/images.ts";
import { importImage, ownImages, removeImage } from "../app/own-images.ts";
import { ImageTrouble } from "../app/own-registry.ts";
import type { Settings } from "../app/settings.ts";
import { CommandError } from "./command-error.ts";

export async function listImages(): Promise<void> {
  const { works, later } = await imagesHere();
  for (const { name, uris, installed } of works) {
    console.log(
      `${name}  ${installed ? "installed" : "not installed yet: brought at its first job, or by `sagebrush images install`"}`,
    );
    for (const uri of uris) console.log(`  <account>.dkr.ecr.<region>.amazonaws.com/${uri}`);
  }
  console.log(`\nKnown, not yet available: ${later.join(", ")}`);
}

export async function installImage(name: string): Promise<void> {
  console.log(`${name} is ready: ${await forPeople(install(name, (line) => console.log(line)))}`);
}

export async function buildImage(name: string, file: string): Promise<void> {
  await forPeople(build(name, file, (line) => console.log(line)));
  console.log(
    `${file} is written. Load it with: podman load -i ${file}   or: skopeo copy oci-archive:${file} docker-daemon:${name}:latest`,
  );
}

/** Images that were pushed to the running server. */
export async function listOwnImages(settings: Settings): Promise<void> {
  const names = await forPeople(ownImages(settings));
  for (const name of names) console.log(name);
  if (names.length === 0) console.log("No image has been pushed or imported yet.");
}

export async function importOwnImage(settings: Settings, path: string, name: string): Promise<void> {
  const uri = await forPeople(importImage(settings, path, name, (line) => console.log(line)));
  console.log(`Jobs and models use it as ${uri}`);
}

export async function removeOwnImage(settings: Settings, name: string): Promise<void> {
  await forPeople(removeImage(settings, name));
  console.log(`${name} is removed.`);
}

async function forPeople<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (cause) {
    throw cause instanceof UnknownImage || cause instanceof ImageNotBuilt || cause instanceof ImageTrouble
      ? new CommandError(cause.message)
      : cause;
  }
}
