// The images of Sagebrush for the command line: which there are, and bringing one before it is needed.
import { existsSync } from "node:fs";
import { availableImages } from "../engine/images/catalogue.ts";
import { environmentFolder } from "../engine/images/environments.ts";
import { knownImages } from "../engine/images/list.ts";
import { ensureParts, environmentLock, startsByProgram } from "../engine/images/prepare.ts";
import { findPython } from "../engine/images/python.ts";

export interface ListedImage {
  /** Folder of images/, the name that `install` and `build` take. */
  readonly name: string;
  /** `sagemaker-xgboost:1.0-1-cpu-py3`; account and region of the URI do not matter. */
  readonly uris: readonly string[];
  readonly installed: boolean;
}

/** Images that work, and repositories of AWS that do not yet. */
export async function imagesHere(): Promise<{
  readonly works: readonly ListedImage[];
  readonly later: readonly string[];
}> {
  const python = await findPython(process.env);
  const names = [...new Set(availableImages().flatMap(({ image, script }) => [image ?? [], script ?? []].flat()))];
  const works = await Promise.all(
    names.map(async (name) => ({
      name,
      uris: knownImages
        .filter(({ image, script }) => image === name || script === name)
        .map(({ repository, example }) => `${repository}:${example}`),
      installed: existsSync(await environmentFolder(environmentLock(name), python, process.env)),
    })),
  );
  return { works, later: knownImages.filter(({ image }) => !image).map(({ repository }) => repository) };
}

/** Installs the image's environment if it is missing. @throws UnknownImage */
export async function install(name: string, progress: (line: string) => void): Promise<string> {
  const { works } = await imagesHere();
  if (!works.some((image) => image.name === name)) throw new UnknownImage(name, works);
  return (await ensureParts(name, { variables: process.env, progress })).environment.folder;
}

/** Writes the image as an OCI archive. @throws UnknownImage, ImageNotBuilt */
export async function build(name: string, file: string, progress: (line: string) => void): Promise<void> {
  if (startsByProgram(name)) throw new ImageNotBuilt(name);
  await install(name, progress);
  const { buildOciImage } = await import("../engine/images/oci/build.ts");
  await buildOciImage(name, file, { variables: process.env, progress, now: new Date() });
}

/** An image that needs more of a machine than Python, which an archive of ours does not hold. */
export class ImageNotBuilt extends Error {
  override readonly name = "ImageNotBuilt";
  constructor(name: string) {
    super(`The image ${name} as an OCI archive is not yet available in Sagebrush; jobs run it without one.`);
  }
}

/** A name that no image has. */
export class UnknownImage extends Error {
  override readonly name = "UnknownImage";
  constructor(name: string, works: readonly ListedImage[]) {
    super(`There is no image ${JSON.stringify(name)}; there is ${works.map((image) => image.name).join(", ")}.`);
  }
}
