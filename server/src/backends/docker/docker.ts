// Units as containers of an engine with the Docker API on this machine: design in docs/decisions/0021-docker.md.
// What runs and how it ended is the engine's to say; beside a container is the unit's folder, with its data and its log.
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type Dockerode from "dockerode";
import {
  type Backend,
  type BackendReport,
  BackendUnusable,
  type ImageLayers,
  type Installing,
  type UnitPlan,
  UnitRefused,
  type UnitSpec,
  type UnitState,
} from "../backend.ts";
import { commandLine, refuseZeroBytes } from "../shared/command-line.ts";
import { checkShared } from "../shared/shared-mounts.ts";
import { Changes } from "./changes.ts";
import { Counters } from "./counters.ts";
import {
  connectEngine,
  type EngineFacts,
  engineFacts,
  ifThere,
  isPassing,
  socketPath,
  statusOf,
  wordsOf,
} from "./engine.ts";
import { whyUnsafe } from "./identity.ts";
import { Images } from "./images.ts";
import { inspectEngine, whyUnusable } from "./inspect.ts";
import { containerName, makeContainer } from "./launch.ts";
import { Networks } from "./networks.ts";
import { Output } from "./output.ts";
import { ownOutputs } from "./outputs-owner.ts";
import { Reach } from "./reach.ts";
import { seccompProfile } from "./seccomp.ts";
import { bootedAt, bootId, codeOfStart, hasEnded, type Seen, stateOf } from "./state.ts";
import { serverId, sweepContainers } from "./sweep.ts";
import { makeSystemFolder } from "./system-folder.ts";
import { type StoredStart, type UnitFolder, unitFolder, unitFolders } from "./unit-folder.ts";
import { Watchdog } from "./watchdog.ts";

export interface DockerOptions {
  /** Folder for units, on a disk with room for what they write. It belongs to one server at a time. */
  readonly folder: string;
  /** Address of the engine, unix://…; empty for $DOCKER_HOST, else the usual sockets. */
  readonly address: string;
  /** Whether units may run where user 0 inside is user 0 of this machine. */
  readonly asRoot?: boolean;
  readonly logLimitBytes?: number;
  /** Told of failures that nobody waits for; the next look tries again. Without it they end the process. */
  readonly report?: (error: unknown) => void;
}

/** A log stops growing here; the last line says so. */
const LOG_LIMIT_BYTES = 1024 ** 3;

const raise = (error: unknown): never => {
  throw error;
};

/** @throws BackendUnusable for an address that is not a Unix socket of this machine */
export function createDocker(options: DockerOptions): Backend {
  return new Docker(options);
}

class Docker implements Backend {
  readonly name = "docker";
  readonly #folder: string;
  readonly #socket: string;
  readonly #engine: Dockerode;
  readonly #server: string;
  readonly #machine = { boot: bootId(), bootedAt: bootedAt() };
  readonly #logLimitBytes: number;
  readonly #asRoot: boolean;
  readonly #report: (error: unknown) => void;
  readonly #images: Images;
  readonly #networks: Networks;
  readonly #output: Output;
  readonly #reach: Reach;
  readonly #changes: Changes;
  readonly #counters = new Counters();
  readonly #starting = new Map<string, Promise<void>>();
  readonly #removing = new Set<string>();
  #watchdog: Watchdog | undefined;
  #opened: Promise<EngineFacts> | undefined;
  #isClosed = false;

  constructor({ folder, address, asRoot = false, logLimitBytes = LOG_LIMIT_BYTES, report = raise }: DockerOptions) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = realpathSync(folder);
    this.#server = serverId(this.#folder);
    this.#socket = socketPath(address);
    this.#engine = connectEngine(this.#socket);
    this.#logLimitBytes = logLimitBytes;
    this.#asRoot = asRoot;
    this.#report = report;
    const engine = this.#engine;
    this.#images = new Images({ engine, server: this.#server, folder: join(this.#folder, "images") });
    this.#networks = new Networks({ engine, server: this.#server, images: this.#images });
    this.#output = new Output(engine, logLimitBytes, report);
    this.#changes = new Changes({ engine, stateOf: (unit) => this.#stateOf(unit), report });
    this.#reach = new Reach({
      containerOf: (unit) =>
        unit.plan?.platformSocket === undefined ? unit.start?.container : this.#networks.holderName(unit.plan.id),
      engine,
      running: () => this.#changes.running,
      report,
    });
    this.#ready().catch(() => undefined); // whoever needs it sees the error, and tries again
  }

  inspect(): Promise<BackendReport> {
    return inspectEngine(this.#socket);
  }

  async capacity() {
    const { cpus, memoryBytes } = await this.#ready();
    return { cpus, memoryBytes, gpus: 0 };
  }

  async install(image: ImageLayers, options: Installing): Promise<void> {
    await this.#ready();
    await this.#images.install(image, options);
  }

  async reserve(plan: UnitPlan): Promise<string> {
    const { firstId } = await this.#ready();
    const unit = this.#unit(plan.id);
    if (!unit.plan) unit.make(plan, firstId);
    return unit.at("ml");
  }

  start(spec: UnitSpec): Promise<void> {
    const starting = this.#starting.get(spec.id) ?? this.#start(spec).finally(() => this.#starting.delete(spec.id));
    this.#starting.set(spec.id, starting);
    return starting;
  }

  async #start(spec: UnitSpec): Promise<void> {
    refuseZeroBytes(spec);
    if (spec.resources.gpus > 0)
      throw new UnitRefused("GPUs are not yet available in Sagebrush with the docker backend; use the sandbox.");
    const facts = await this.#ready();
    checkShared(spec.mounts, { kind: "root range", outside: facts.firstId });
    await this.reserve(spec);
    const unit = this.#unit(spec.id);
    const { phase } = (await this.#stateOf(unit)) ?? {};
    if (phase === "starting" || phase === "reserved") await this.#begin(spec, unit, facts);
  }

  async #begin(spec: UnitSpec, unit: UnitFolder, facts: EngineFacts): Promise<void> {
    const made = await makeContainer({
      engine: this.#engine,
      images: this.#images,
      networks: this.#networks,
      server: this.#server,
      logBytes: 2 * this.#logLimitBytes, // it drops what is old only long after the log here is full
      seccomp: join(this.#folder, "seccomp.json"),
      unitsFolder: this.#folder,
      unit,
      facts,
      spec,
    });
    const { container, owner, writable } = made;
    if (spec.platformSocket !== undefined) await this.#reach.open(unit);
    const program = commandLine(spec)[0] ?? "";
    const started: StoredStart = { container: container.id, boot: this.#machine.boot, program, writable };
    unit.write("start.json", JSON.stringify(started));
    this.#changes.track(unit, "starting");
    try {
      if (facts.userNamespace !== undefined) await ownOutputs(this.#engine, container, owner);
      await container.start();
    } catch (error) {
      await this.#refused(unit, container, error);
      return;
    }
    this.#stopAsAsked(unit); // while it was starting
    this.#counters.track(unit, (await container.inspect()).State.Pid);
    this.#output.follow(unit, container.id);
    if (spec.platformSocket === undefined) await this.#reach.openIfRunning(unit);
    this.#changes.look(unit);
  }

  /**
   * The engine could not start it. A program that is not there is an end, as a shell tells it.
   * @throws UnitRefused, and what may be otherwise at another time
   */
  async #refused(unit: UnitFolder, container: Dockerode.Container, error: unknown): Promise<void> {
    const words = wordsOf(error);
    // Without an answer it may run all the same, and the next start finds out.
    if (statusOf(error) === undefined || isPassing(words)) throw error;
    const exitCode = codeOfStart(words);
    if (exitCode === undefined) {
      this.#changes.forget(unit);
      unit.delete("start.json");
      await ifThere(container.remove({ force: true, v: true }));
      const links = /too many levels of symbolic links/i.test(words) ? " Its image has a circle of links." : "";
      throw new UnitRefused(`The container engine could not start it: ${words}.${links}`);
    }
    this.#output.say(unit, `[sagebrush] The container engine could not start it: ${words}\n`);
    unit.write("refused.json", JSON.stringify({ exitCode, at: Date.now() }));
    this.#changes.look(unit);
  }

  async stop(id: string, graceSeconds: number): Promise<void> {
    const unit = this.#unit(id);
    const { start } = unit;
    if (!start) return;
    const seconds = Math.max(0, Math.ceil(graceSeconds));
    unit.write("stop", String(Date.now() + seconds * 1000));
    this.#stopContainer(unit, start.container, seconds);
  }

  /** For a stop that the engine may not have heard of. */
  #stopAsAsked(unit: UnitFolder): void {
    const stopBy = unit.read("stop");
    if (stopBy === undefined || !unit.start) return;
    this.#stopContainer(unit, unit.start.container, Math.max(0, Math.ceil((Number(stopBy) - Date.now()) / 1000)));
  }

  /** The engine answers when the container has ended, and goes on when nobody listens. */
  #stopContainer(unit: UnitFolder, container: string, seconds: number): void {
    const running = this.#engine.getContainer(container);
    const stopping = seconds === 0 ? running.kill({ signal: "SIGKILL" }) : running.stop({ t: seconds });
    stopping.catch((error: unknown) => {
      const isOver = [304, 404, 409].includes(statusOf(error) ?? 0) || /not running/.test(wordsOf(error));
      if (!isOver && !this.#isClosed && unit.plan) this.#report(error);
    });
  }

  async state(id: string): Promise<UnitState | undefined> {
    await this.#ready();
    return this.#stateOf(this.#unit(id));
  }

  async list(): Promise<readonly UnitState[]> {
    await this.#ready();
    const states = await Promise.all(this.#units().map((unit) => this.#stateOf(unit)));
    return states.filter((state) => state !== undefined);
  }

  watch(changed: (state: UnitState) => void, signal: AbortSignal): void {
    this.#changes.listen(changed, signal);
  }

  async log(id: string, offset: number): Promise<Readable> {
    return this.#output.read(this.#unit(id), offset);
  }

  async connect(id: string, port: number): Promise<Socket> {
    await this.#ready();
    const unit = this.#unit(id);
    if (!unit.plan?.ports.includes(port)) throw new Error(`Port ${port} is none of those in the unit's plan.`);
    if ((await this.#stateOf(unit))?.phase !== "running") throw new Error("The unit does not run.");
    return this.#reach.connect(unit, port);
  }

  async remove(id: string): Promise<void> {
    await this.#ready();
    const unit = this.#unit(id);
    const { plan } = unit;
    if (!plan || this.#removing.has(id)) return;
    this.#removing.add(id);
    try {
      this.#changes.forget(unit);
      await this.#reach.close(unit);
      await this.#output.stop(unit);
      // By its name: there may be one that was made and not started.
      await ifThere(this.#engine.getContainer(containerName(this.#server, id)).remove({ force: true, v: true }));
      const others = this.#units().filter((other) => other.path !== unit.path && other.plan?.group === plan.group);
      await this.#networks.release(id, plan.group, others.length === 0);
      await unit.remove();
    } finally {
      this.#removing.delete(id);
    }
  }

  /** It keeps none: a unit starts cold, as the interface allows. */
  async warm(): Promise<void> {}

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opened?.catch(() => undefined); // nothing was opened then
    this.#watchdog?.close();
    this.#changes.close();
    this.#counters.close();
    await this.#output.close();
    this.#reach.stop();
  }

  /** Once opened, it stays; an engine that is not there yet is asked again by the next call. */
  #ready(): Promise<EngineFacts> {
    this.#opened ??= this.#open().catch((cause: unknown) => {
      this.#opened = undefined;
      throw cause;
    });
    return this.#opened;
  }

  /** Looks for units of an earlier server, and goes on with them. */
  async #open(): Promise<EngineFacts> {
    const why = whyUnusable();
    if (why) throw new BackendUnusable(`${why.message} Expected: ${why.remedy}`);
    const facts = await engineFacts(this.#engine).catch((cause: Error) => {
      const see = "sagebrush doctor --backend docker says more.";
      throw new BackendUnusable(`The container engine at ${this.#socket} does not answer (${cause.message}); ${see}`, {
        cause,
      });
    });
    const unsafe = whyUnsafe(facts, this.#asRoot);
    if (unsafe) throw new BackendUnusable(`${unsafe.message} To mend it: ${unsafe.remedy}`);
    writeFileSync(join(this.#folder, "seccomp.json"), seccompProfile());
    makeSystemFolder(this.#folder);
    const units = this.#units();
    await sweepContainers(this.#engine, this.#server, units);
    await this.#networks.sweep(new Set(units.flatMap((unit) => unit.plan?.group ?? [])));
    await this.#images.sweep(new Set(units.flatMap((unit) => unit.plan?.image ?? [])));
    for (const unit of units) {
      if (!unit.plan) await unit.remove(); // without one nobody can ask for it: it was being made
      const { start } = unit;
      if (!start) continue;
      const state = await this.#stateOf(unit);
      if (state?.phase !== "running") continue;
      await this.#reach.again(unit);
      this.#output.follow(unit, start.container);
      this.#changes.track(unit, "running");
      this.#stopAsAsked(unit);
    }
    this.#watchdog = new Watchdog({
      engine: this.#engine,
      running: () => this.#changes.running,
      report: (error, unit) => {
        if (!this.#isClosed && unit.plan && !this.#removing.has(unit.plan.id)) this.#report(error);
      },
    });
    return facts;
  }

  /** A unit is told to have ended once its log is complete. */
  async #stateOf(unit: UnitFolder): Promise<UnitState | undefined> {
    const { plan, start } = unit;
    if (!plan) return undefined;
    const seen: Seen = start && (await ifThere(this.#engine.getContainer(start.container).inspect()))?.State;
    if (start && hasEnded(seen)) await this.#output.finish(unit, start.container);
    else if (start && seen?.Running && this.#changes.has(unit)) {
      this.#counters.track(unit, seen.Pid);
      this.#output.follow(unit, start.container);
    }
    return stateOf(unit, seen, this.#machine, this.#starting.has(plan.id));
  }

  #unit(id: string): UnitFolder {
    return unitFolder(this.#folder, id);
  }

  #units(): UnitFolder[] {
    return unitFolders(this.#folder);
  }
}
