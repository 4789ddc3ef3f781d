// Which image of ours does the work of an image URI. Registry account and region do not matter: the repository and the
// tag say what is meant, so that the same URI works in every region's code.
import { type KnownImage, knownImages } from "./list.ts";
import { parseReference } from "./reference.ts";

/** An image URI that cannot be run, in words for people. */
export class ImageUnavailable extends Error {
  override readonly name = "ImageUnavailable";
}

export interface ImageName {
  /** Everything between registry and tag, `team/model`. */
  readonly repository: string;
  /** Absent when the URI has none; a digest is no tag. */
  readonly tag?: string;
}

/** Repository and tag of `registry/repository:tag@digest`. */
export function parseImageUri(uri: string): ImageName {
  const { repository, tag } = parseReference(uri);
  return tag === undefined ? { repository } : { repository, tag };
}

/**
 * Name of the folder below images/ that stands for the URI. `runsScript`: a script of the user's is to run in it, not
 * the algorithm built in. @throws ImageUnavailable
 */
export function imageFolderName(uri: string, runsScript = false): string {
  const { repository, tag = "latest" } = parseImageUri(uri);
  const known = knownImages.find((entry) => entry.repository === repository);
  if (known === undefined) {
    throw new ImageUnavailable(
      `No image ${uri} here. Sagebrush has ${available()}; the catalogue of AWS's images has no repository "${repository}". An image of your own is pushed to the repository of this name (docs/own-images.md).`,
    );
  }
  if (!known.tags.test(tag)) {
    throw new ImageUnavailable(`Image ${repository} has no tag "${tag}"; expected one such as "${known.example}".`);
  }
  if (known.instead !== undefined) throw new ImageUnavailable(`Image ${repository}:${tag}: ${known.instead}`);
  if (known.image === undefined) {
    throw new ImageUnavailable(
      `Image ${repository}:${tag} is not yet available in Sagebrush. Available now: ${available()}.`,
    );
  }
  if (/-py2\b/.test(tag)) {
    throw new ImageUnavailable(
      `Image ${repository}:${tag} is for Python 2, which ended in 2020; scripts run in Python 3 here. Use py_version="py3", a tag such as "${known.example}".`,
    );
  }
  return (runsScript && known.script) || known.image;
}

/** What is the matter with an image URI, in words for people; undefined if it can be run. */
export function imageProblem(uri: string): string | undefined {
  try {
    imageFolderName(uri);
    return undefined;
  } catch (cause) {
    if (cause instanceof ImageUnavailable) return cause.message;
    throw cause;
  }
}

/** Images of AWS that work here, each by one of its tags. */
export function availableImages(): readonly KnownImage[] {
  return knownImages.filter((entry) => entry.image !== undefined);
}

function available(): string {
  return availableImages()
    .map((entry) => `${entry.repository}:${entry.example}`)
    .join(", ");
}
