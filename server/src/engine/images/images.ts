// Images as the engine asks for them. A name is looked for among what was pushed to this server, then in the catalogue of
// AWS's images, then in the registries of the settings.
import { type Backend, type PreparedImage, UnitRefused } from "../../backends/backend.ts";
import { ApiError } from "../../core/errors.ts";
import type { Images as PushedImages, PushedRepository } from "../../core/ports.ts";
import type { ImagePlace, ImageRequest, UnitImages } from "../engine.ts";
import { algorithmOf } from "./algorithm.ts";
import { imageFolderName, imageProblem } from "./catalogue.ts";
import type { Variables } from "./folders.ts";
import { prepareLayered } from "./layered.ts";
import { prepareByName } from "./prepare.ts";
import { ecrPlace, isAskable, parseReference, wantedOf } from "./reference.ts";
import { isLoopback, placeIn, type Registries, remoteSource } from "./registry.ts";
import type { Progress } from "./uv.ts";

export interface ImagesOptions {
  readonly variables: Variables;
  readonly progress: Progress;
  readonly pushed: PushedImages;
  readonly registries: Registries;
  readonly install: Backend["install"];
}

/** What provides the image of a name. */
type Provider =
  | {
      readonly from: "pushed";
      readonly repository: PushedRepository;
      readonly wanted: string;
      readonly digest: string;
    }
  | { readonly from: "catalogue"; readonly name: string }
  | { readonly from: "registry"; readonly host: string; readonly repository: string; readonly wanted: string }
  | { readonly from: "nowhere"; readonly problem: string };

export function createImages(options: ImagesOptions): UnitImages {
  const find = (uri: string, place: ImagePlace) => findProvider(options, uri, place);
  const metrics = new Map<string, ReturnType<typeof metricsOf>>();
  const running = new Map<string, Promise<PreparedImage>>();
  /** An image that is asked for twice while it is being installed is installed once. */
  const installed = async (name: string): Promise<PreparedImage> => {
    const preparing = running.get(name) ?? prepareByName(name, options);
    running.set(name, preparing);
    try {
      return await preparing;
    } catch (cause) {
      running.delete(name);
      throw cause;
    }
  };
  return {
    async look(uri, place) {
      const provider = await find(uri, place);
      if (provider.from === "nowhere") return { problem: provider.problem };
      if (provider.from !== "catalogue") return {};
      // The tables of images come with this version and do not change under it.
      if (!metrics.has(provider.name)) metrics.set(provider.name, metricsOf(uri));
      return { builtInMetrics: metrics.get(provider.name) };
    },
    async pin(uri, place) {
      const provider = await find(uri, place);
      if (provider.from !== "pushed") return uri;
      const { registry, repository } = parseReference(uri);
      return `${registry}/${repository}@${provider.digest}`;
    },
    async prepare(uri, request) {
      const provider = await find(uri, request);
      switch (provider.from) {
        case "nowhere":
          throw new UnitRefused(provider.problem);
        case "catalogue":
          return installed(imageFolderName(uri, request.runsScript));
        case "pushed":
        case "registry":
          return untilAborted(request.signal, layered(options, uri, provider, request));
      }
    },
  };
}

const metricsOf = (uri: string) => algorithmOf(uri)?.metrics.map(({ name, regex }) => ({ name, pattern: regex }));

async function findProvider({ pushed, registries }: ImagesOptions, uri: string, place: ImagePlace): Promise<Provider> {
  const reference = parseReference(uri);
  const wanted = wantedOf(reference);
  const { host, repository } = placeIn(reference);
  const isNamed = Object.hasOwn(registries, host);
  // A loopback address is this server's own, as docker pushes to it, unless the settings name it.
  const isOwn = !isNamed && isLoopback(host);
  const registry =
    ecrPlace(reference.registry) ?? (isOwn ? { account: place.account, region: place.region } : undefined);
  const own = registry && { ...registry, repository: reference.repository };
  const found = own && (await pushed.look(own, wanted));
  if (own && found?.digest !== undefined) return { from: "pushed", repository: own, wanted, digest: found.digest };
  const problem = imageProblem(uri);
  if (problem === undefined) return { from: "catalogue", name: imageFolderName(uri) };
  if (isNamed && !isAskable(reference))
    return {
      from: "nowhere",
      problem: `${JSON.stringify(uri)} is no name of an image: expected a repository of lower-case letters and digits, with . _ - or / between, and a tag or a digest sha256:<64 hexadecimal digits>.`,
    };
  if (isNamed) return { from: "registry", host, repository, wanted };
  if (found)
    return { from: "nowhere", problem: `Requested image ${uri} not found: the repository has no image "${wanted}".` };
  return { from: "nowhere", problem };
}

async function layered(
  options: ImagesOptions,
  uri: string,
  provider: Extract<Provider, { readonly from: "pushed" | "registry" }>,
  request: ImageRequest,
): Promise<PreparedImage> {
  try {
    const source =
      provider.from === "pushed"
        ? await options.pushed.open(await request.principal(), provider.repository)
        : remoteSource(provider.host, provider.repository, options.registries[provider.host]);
    const { install } = options;
    return await prepareLayered({ uri, source, wanted: provider.wanted, install, progress: request.progress });
  } catch (cause) {
    if (cause instanceof ApiError && cause.status < 500) throw new UnitRefused(`Image ${uri}: ${cause.message}`);
    throw cause;
  }
}

/** What is unpacked goes on for the next who needs it, but nobody waits who does not want it any more. */
function untilAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
