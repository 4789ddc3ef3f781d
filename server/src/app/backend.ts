// Which backend the settings name. The only place that knows them all. Docker's client is loaded only where it is used.
import { join } from "node:path";
import type { Backend, BackendReport } from "../backends/backend.ts";
import { inspectSandbox } from "../backends/sandbox/inspect.ts";
import { createSandbox } from "../backends/sandbox/sandbox.ts";
import { errors } from "../core/errors.ts";
import type { Settings } from "./settings.ts";

/** `report` is told of failures that nobody waits for. @throws ApiError NotYetAvailable for backends that are not built */
export async function openBackend(settings: Settings, report?: (error: unknown) => void): Promise<Backend> {
  switch (settings.backend) {
    case "sandbox":
      return createSandbox({ folder: join(settings.data, "units"), ...(report ? { report } : {}) });
    case "docker": {
      const { createDocker } = await import("../backends/docker/docker.ts");
      return createDocker({
        folder: join(settings.data, "containers"), // what the sandbox left in its own folder is not this one's
        address: settings.engine,
        asRoot: settings.containersAsRoot,
        ...(report ? { report } : {}),
      });
    }
    case "kubernetes":
      throw notBuilt(settings.backend);
  }
}

/** What is there of the backend, without opening it: a server may be at work in its folder. @throws ApiError NotYetAvailable */
export async function inspectBackend(settings: Settings): Promise<BackendReport> {
  switch (settings.backend) {
    case "sandbox":
      return inspectSandbox();
    case "docker": {
      const { socketPath } = await import("../backends/docker/engine.ts");
      const { inspectEngine } = await import("../backends/docker/inspect.ts");
      return inspectEngine(socketPath(settings.engine), settings.containersAsRoot);
    }
    case "kubernetes":
      throw notBuilt(settings.backend);
  }
}

function notBuilt(backend: Settings["backend"]): Error {
  return errors.notYetAvailable(`The ${backend} backend is not yet available; expected --backend sandbox or docker.`);
}
