// Construction: the only place where the parts meet. Order matters here and nowhere else.
import { chmod, rename, writeFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { join } from "node:path";
import { type Clock, realClock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { createImages } from "../engine/images/images.ts";
import { openEngine } from "../engine/open-engine.ts";
import { createSageMaker, openSealingKey, openTemplateDoor, startTelling } from "../services/sagemaker/index.ts";
import { createRuntime } from "../services/sagemaker-runtime/index.ts";
import { openStore, type Store } from "../store/open.ts";
import { createWire, type Wire } from "../wire/wire.ts";
import { openBackend } from "./backend.ts";
import { openControl } from "./control.ts";
import { parseFileSystems } from "./file-system-list.ts";
import { removeAddress, writeAddress } from "./folder.ts";
import { isLoopback, listen } from "./listen.ts";
import { openNeighbours } from "./neighbours.ts";
import type { Settings } from "./settings.ts";
import { createStops, type Stops } from "./stops.ts";

export interface RunningServer {
  /** `http://127.0.0.1:8000` */
  readonly url: string;
  /** Answers what is under way, stops units unless they are detached, closes the stores. */
  close(): Promise<void>;
}

/** A start that fails ends what it had begun: nothing goes on behind a folder that nobody serves. */
export async function startServer(settings: Settings, log: Log): Promise<RunningServer> {
  const stops = createStops();
  try {
    return { url: await start(settings, log, stops), close: stops.run };
  } catch (cause) {
    await stops.run().catch((error: unknown) => log.error("What had begun could not be ended.", { error }));
    throw cause;
  }
}

async function start(settings: Settings, log: Log, stops: Stops): Promise<string> {
  const clock = realClock;
  const report = (error: unknown) => log.error("Background work failed and is tried again.", { error });
  const store = await openStoreOf(settings, clock, report);
  stops.add(store.close);
  const upkeep = createStops();
  stops.add(upkeep.run);
  const { rows, blobs } = store;
  const keyFile = join(settings.data, "master.key");
  const neighbours = await openNeighbours({ settings, store, clock, log, report });
  const { authenticator, authorizer, calls, roles, objects, keys, networks, notices, series } = neighbours;
  await writeCredentials(settings.data, await neighbours.firstCredentials());
  const backend = await openBackend(settings, report);
  stops.add(() => backend.close());
  const images = createImages({
    variables: process.env,
    progress: (line) => log.info(line),
    pushed: neighbours.pushed,
    registries: settings.registries,
    install: (layers, options) => backend.install(layers, options),
  });

  const doors = [neighbours.registry, openTemplateDoor(rows, log), notices.door];
  // The engine's containers call the wire, whose services call the engine.
  let wire: Wire | undefined;
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const door = doors.find((one) => one.isMeant(request)) ?? wire;
    if (door) void door.handle(request, response);
    else response.writeHead(503).end();
  };
  const parts = { rows, blobs, series, backend, images, roles, clock, log, api: handle };
  const engine = await openEngine({ ...parts, ...engineSettings(settings) });
  // Units that a server before this one left are not ended because this one could not begin.
  let isUp = false;
  stops.add(() => engine.close({ detach: settings.detachWork || !isUp }));
  const sagemaker = createSageMaker({
    rows,
    series,
    objects,
    keys,
    roles,
    authorizer,
    clock,
    engine,
    networks,
    ...sagemakerSettings(settings),
    sealingKey: await openSealingKey(keyFile),
  });
  const runtime = createRuntime({ ...sagemaker, series, clock, log, random: Math.random });
  stops.add(() => runtime.close());
  const services = [
    ...neighbours.services,
    sagemaker.service,
    runtime.service,
    // Nothing of Augmented AI is built; every operation of its contract answers NotYetAvailable by name.
    { name: "sagemaker-a2i-runtime", iamPrefix: "sagemaker", operations: {} },
  ];
  wire = createWire({ services, authenticator, authorizer, calls, clock, log, region: settings.region });
  const telling = { rows, bus: notices.bus, nouns: sagemaker.stateChanges, now: clock.now, report };
  await neighbours.start(upkeep);
  upkeep.add(await startTelling(telling));
  await engine.start(sagemaker.jobs);

  const front = await listen({
    address: settings.listen,
    handler: withHealth(settings, neighbours.withCors(handle)),
    services: services.map(({ name }) => name),
    folder: join(settings.data, "tls"),
    variables: process.env,
    log,
    now: clock.now,
  });
  stops.add(front.close);
  await notices.start(front.url);
  stops.add(await openControl(settings.data, sagemaker.controls, log));
  await writeAddress(settings.data, front.url);
  stops.add(() => removeAddress(settings.data));
  isUp = true;
  return front.url;
}

const openStoreOf = (settings: Settings, clock: Clock, report: (error: unknown) => void): Promise<Store> =>
  openStore({
    folder: settings.data,
    databaseUrl: settings.database === "sqlite" ? undefined : settings.database,
    blobsUrl: settings.blobs === "folder" ? undefined : settings.blobs,
    reserveBytes: settings.diskReserveMb * 2 ** 20,
    clock,
    report,
  });

const engineSettings = (settings: Settings) => ({
  folder: join(settings.data, "engine"),
  cpus: settings.cpus,
  strictCapacity: settings.capacity === "strict",
  spares: settings.spares,
  longestGraceSeconds: settings.longestGraceSeconds,
});

const sagemakerSettings = ({ fileSystems, quotas, spotInterruptEverySeconds }: Settings) => ({
  fileSystems: parseFileSystems(fileSystems),
  limits: quotas,
  spotInterruptEverySeconds,
});

/** Written whole under another name first, so that nobody ever reads half of it, and readable by its owner only. */
async function writeCredentials(folder: string, text: string): Promise<void> {
  const path = join(folder, "credentials");
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await chmod(`${path}.new`, 0o600);
  await rename(`${path}.new`, path);
}

/** Health and figures are asked by whoever watches the server, unsigned; every other request goes to `handle`. */
const withHealth =
  (settings: Settings, handle: RequestListener): RequestListener =>
  (request, response) => {
    const isOurs = request.url === "/healthz" || request.url === "/metrics";
    if (isOurs && request.method === "GET" && !request.headers.authorization) answerHealth(settings, request, response);
    else handle(request, response);
  };

function answerHealth(settings: Settings, request: IncomingMessage, response: ServerResponse): void {
  if (!settings.openMetrics && !isLoopback(request.socket.remoteAddress)) {
    response
      .writeHead(403, { "content-type": "text/plain" })
      .end("Only for callers on loopback; see --open-metrics.\n");
    return;
  }
  const memory = process.memoryUsage();
  const text =
    request.url === "/healthz"
      ? "ok\n"
      : `# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes ${memory.rss}\n` +
        `# TYPE process_uptime_seconds gauge\nprocess_uptime_seconds ${process.uptime().toFixed(3)}\n`;
  response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(text);
}
