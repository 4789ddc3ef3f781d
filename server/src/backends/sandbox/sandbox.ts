// Units as sandboxes of bubblewrap on this machine, without a daemon: design in docs/decisions/0004-sandbox.md.
// Everything known of a unit is in its folder, and its processes do not depend on this server: see supervise.sh.
import type { ChildProcess } from "node:child_process";
import { createReadStream, mkdirSync, readdirSync, realpathSync, renameSync, statSync } from "node:fs";
import type { Socket } from "node:net";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import {
  type Backend,
  type BackendReport,
  type ImageLayers,
  type Installing,
  type NetworkLevel,
  type PreparedImage,
  type UnitPlan,
  UnitRefused,
  type UnitSpec,
  type UnitState,
} from "../backend.ts";
import { refuseZeroBytes } from "../shared/command-line.ts";
import { checkShared } from "../shared/shared-mounts.ts";
import { shortName } from "../shared/unit-files.ts";
import { Changes } from "./changes.ts";
import { endUnit, stopUnit } from "./ending.ts";
import { findIdentity, type Identity, takeBack } from "./identity.ts";
import { inspectSandbox, machineCapacity } from "./inspect.ts";
import { handOver, launch, logLimitBytes, type Machine, makeFolders, writableSources } from "./launch.ts";
import { readLayered } from "./layered.ts";
import { limitsName, sweepLimits } from "./leftovers.ts";
import { findLimits } from "./limits.ts";
import { closeHostNetwork, type HostNetwork } from "./network.ts";
import { Networks, networkInode } from "./networks.ts";
import { OwnNamespace } from "./own-namespace.ts";
import { Reach } from "./reach.ts";
import { Roots } from "./roots.ts";
import { begun, orders, type Spare, Spares, spareHost, sparePrefix, spareResources } from "./spares.ts";
import { type StoredStart, sandboxFailed, storedPlan, UnitFolder } from "./unit-folder.ts";
import { UserNamespaces } from "./user-namespaces.ts";
import { Watchdog } from "./watchdog.ts";

export interface SandboxOptions {
  /** Folder for units, on a disk with room for what they write. It belongs to one server at a time. */
  readonly folder: string;
  readonly logLimitBytes?: number;
  /** Told of failures of looks at units that nobody waits for; the next look tries again. Without it they end the process. */
  readonly report?: (error: unknown) => void;
}

const raise = (error: unknown): never => {
  throw error;
};

export function createSandbox(options: SandboxOptions): Backend {
  return new Sandbox(options);
}

const isUnitName = /^[0-9a-f]{12}$/;

class Sandbox implements Backend {
  readonly name = "sandbox";
  readonly #folder: string;
  readonly #identity: Identity = findIdentity();
  readonly #machine: Promise<Machine>;
  readonly #user: OwnNamespace;
  readonly #reach: Reach;
  readonly #networks: Networks;
  readonly #report: (error: unknown) => void;
  readonly #changes: Changes;
  readonly #spares: Spares;
  readonly #roots: Roots;
  readonly #usersOfImages: UserNamespaces;
  readonly #starting = new Map<string, Promise<void>>();
  /** Supervisors of units, by folder, until they exit or the unit is removed. */
  readonly #launched = new Map<string, ChildProcess>();
  /** Spares taken by `reserve`, until `start`. */
  readonly #taken = new Map<string, Spare>();
  #watchdog: Watchdog | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: SandboxOptions) {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.#folder = realpathSync(options.folder);
    this.#user = new OwnNamespace(() => this.#units(), this.#identity);
    const user = () => this.#user.get();
    this.#networks = new Networks(user, this.#identity);
    const report = options.report ?? raise;
    this.#report = report;
    this.#changes = new Changes((folder) => this.#stateOf(folder), report);
    this.#reach = new Reach({ user, identity: this.#identity, running: () => this.#changes.running, report });
    this.#spares = new Spares(
      this.#folder,
      (folder, image, network) => this.#makeSpare(folder, image, network),
      (spare) => this.#giveUp(spare),
      report,
    );
    this.#usersOfImages = new UserNamespaces(user, this.#identity);
    this.#roots = new Roots({
      folder: join(this.#folder, "roots"),
      identity: this.#identity,
      user,
      inUse: () => new Set(this.#units().flatMap((folder) => folder.plan?.root ?? [])),
    });
    this.#machine = this.#open(options.logLimitBytes ?? logLimitBytes, report);
    this.#machine.catch(() => undefined); // whoever awaits it sees the error
  }

  async inspect(): Promise<BackendReport> {
    return inspectSandbox();
  }

  async capacity() {
    return machineCapacity();
  }

  async install(image: ImageLayers, options: Installing): Promise<void> {
    await this.#machine;
    await this.#roots.install(image, options);
  }

  async reserve(plan: UnitPlan): Promise<string> {
    const { identity } = await this.#machine;
    const folder = this.#unit(plan.id);
    if (folder.has("plan.json")) return folder.at("ml");
    const spare = await this.#spares.take(plan);
    if (spare) {
      await folder.remove(); // left half made by a server that was killed
      renameSync(spare.folder.path, folder.path);
      this.#taken.set(plan.id, { ...spare, folder });
    } else {
      makeFolders(folder, identity);
    }
    folder.write(
      "plan.json",
      JSON.stringify(storedPlan(plan, spare?.limitsName ?? this.#limitsName(folder), spare !== undefined)),
    );
    return folder.at("ml");
  }

  start(spec: UnitSpec): Promise<void> {
    const starting = this.#starting.get(spec.id) ?? this.#start(spec).finally(() => this.#starting.delete(spec.id));
    this.#starting.set(spec.id, starting);
    return starting;
  }

  async #start(spec: UnitSpec): Promise<void> {
    refuseZeroBytes(spec);
    checkShared(spec.mounts, this.#identity);
    const machine = await this.#machine;
    await this.reserve(spec);
    const folder = this.#unit(spec.id);
    const state = await this.#stateOf(folder);
    if (state?.phase === "reserved" || (state?.phase === "starting" && !folder.isSupervised())) {
      await this.#begin(machine, spec, folder);
      this.#networks.refill();
      this.#spares.refill();
    }
    await this.#changes.settled(folder);
  }

  async #begin(machine: Machine, spec: UnitSpec, folder: UnitFolder): Promise<void> {
    const spare = this.#taken.get(spec.id);
    this.#taken.delete(spec.id);
    const fits = spare && !spec.entrypoint && spec.mounts.length === 0 && spare.folder.isSupervised();
    if (spare && !fits) await this.#giveUp(spare);
    if (!fits) await this.#withoutSpare(machine, spec, folder);
    const network = fits ? spare.network : await this.#networks.take(spec, this.#peers(spec.group));
    try {
      const process = { process: network.process, inode: networkInode(`/proc/${network.process}/ns/net`) };
      await this.#reach.open(folder, process);
      if (!fits) folder.clearRun();
      folder.write("start.json", JSON.stringify({ writable: writableSources(spec) } satisfies StoredStart));
      this.#changes.track(folder, "starting");
      if (fits) await this.#order(machine, spare, spec);
      else await this.#launch(machine, spec, folder, network);
    } finally {
      await this.#networks.keepOnly(spec, network);
    }
  }

  /** The folder may have come with a spare that is not used: nothing of it counts as the unit's. */
  async #withoutSpare(machine: Machine, spec: UnitSpec, folder: UnitFolder): Promise<void> {
    await endUnit(folder); // a spare whose server is gone may take a moment to notice
    const { plan } = folder;
    if (!plan?.spare) return;
    await machine.limits.release(plan.limitsName);
    folder.write("plan.json", JSON.stringify(storedPlan(spec, this.#limitsName(folder), false)));
  }

  async #launch(machine: Machine, spec: UnitSpec, folder: UnitFolder, network: HostNetwork): Promise<void> {
    const supervisor = await launch(machine, {
      folder,
      program: spec,
      hosts: spec.hosts,
      limitsName: this.#limitsName(folder),
      user: await this.#user.get(),
      network,
      waits: false,
      layered: await this.#layered(spec.image),
    });
    this.#launched.set(folder.path, supervisor);
    supervisor.on("exit", () => {
      // The lock is given up before the exit is told of: by then the unit may have been removed, its folder with it.
      if (this.#launched.get(folder.path) !== supervisor) return;
      this.#launched.delete(folder.path);
      if (folder.has("started") || !folder.has("start.json")) return;
      try {
        folder.write("ended", `${sandboxFailed} ${Date.now()}\n`);
      } catch (error) {
        this.#report(error); // a disk that takes nothing: the unit counts as lost
      }
    });
  }

  /** @throws UnitRefused */
  async #layered(image: PreparedImage) {
    if (image.layered === undefined) return undefined;
    const { digest } = image.layered;
    if (!this.#roots.touch(digest))
      throw new UnitRefused(`The image ${digest} has not been made ready on this machine.`);
    const layered = readLayered(image, this.#roots.pathOf(digest), this.#identity);
    if (layered === undefined) return undefined;
    const { namespaceOf } = layered;
    return {
      image: layered,
      namespace: namespaceOf === undefined ? undefined : await this.#usersOfImages.of(namespaceOf),
    };
  }

  async #order(machine: Machine, spare: Spare, spec: UnitSpec): Promise<void> {
    await machine.limits.adjust(spare.limitsName, spec.resources);
    await handOver([spare.folder.at("ml")], machine.identity);
    await new Promise<void>((resolve, reject) => {
      spare.input.once("error", reject);
      spare.input.end(orders(spec), resolve);
    });
    spare.folder.write("taken", "");
  }

  async stop(id: string, graceSeconds: number): Promise<void> {
    stopUnit(this.#unit(id), graceSeconds);
  }

  async state(id: string): Promise<UnitState | undefined> {
    await this.#machine;
    return this.#stateOf(this.#unit(id));
  }

  async list(): Promise<readonly UnitState[]> {
    await this.#machine;
    const states = await Promise.all(this.#units().map((folder) => this.#stateOf(folder)));
    return states.filter((state) => state !== undefined);
  }

  watch(changed: (state: UnitState) => void, signal: AbortSignal): void {
    this.#changes.listen(changed, signal);
  }

  async log(id: string, offset: number): Promise<Readable> {
    const path = this.#unit(id).at("output");
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return offset < size ? createReadStream(path, { start: offset, end: size - 1 }) : Readable.from([]);
  }

  async connect(id: string, port: number): Promise<Socket> {
    await this.#machine; // until then the networks of an earlier server's units are not open
    const folder = this.#unit(id);
    if (!folder.plan?.ports.includes(port)) throw new Error(`Port ${port} is none of those in the unit's plan.`);
    // Its supervisor lives on for a moment after it has written how the unit ended.
    if (folder.init === undefined || folder.has("ended") || !folder.isSupervised())
      throw new Error("The unit does not run.");
    return this.#reach.connect(id, port);
  }

  async remove(id: string): Promise<void> {
    const machine = await this.#machine;
    const folder = this.#unit(id);
    const { plan } = folder;
    const spare = this.#taken.get(id);
    this.#taken.delete(id);
    if (spare) await this.#giveUp(spare);
    if (!plan) return;
    this.#changes.forget(folder);
    this.#launched.delete(folder.path);
    await endUnit(folder);
    if (!folder.has("ended")) folder.killRest();
    await this.#reach.close(id);
    await this.#networks.forget(plan.group);
    await machine.limits.release(plan.limitsName);
    if (!folder.has("ended")) await takeBack(await this.#user.get(), machine.identity, folder.path);
    await folder.remove();
  }

  async warm(image: PreparedImage, network: NetworkLevel, count: number): Promise<void> {
    await this.#machine;
    await this.#spares.warm(image, network, count);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#machine.catch(() => undefined); // nothing was opened then
    this.#watchdog?.close();
    this.#changes.close();
    this.#launched.clear();
    await this.#spares.close();
    for (const spare of this.#taken.values()) await this.#giveUp(spare);
    await this.#networks.close();
    this.#reach.stop();
    await this.#usersOfImages.close();
    await this.#user.close();
  }

  /** Looks for what this machine offers and for units of an earlier server. */
  async #open(limitBytes: number, report: (error: unknown) => void): Promise<Machine> {
    const machine = { identity: this.#identity, limits: await findLimits(), logLimitBytes: limitBytes };
    this.#watchdog = new Watchdog({
      running: () => this.#changes.running,
      watchProcesses: machine.limits.kind === "watching",
      report,
      end: (folder, overrun) => {
        folder.write("overrun", overrun);
        stopUnit(folder, 0);
      },
    });
    await this.#networks.sweep();
    for (const folder of this.#units()) {
      if (!folder.isSupervised() && !folder.has("ended")) folder.killRest();
      // Without a plan nobody can ask for it: it was being made, or the machine lost power.
      if (!folder.plan && !folder.isSupervised()) await folder.remove();
      if (!folder.isSupervised() || !folder.has("start.json")) continue;
      await this.#reach.again(folder);
      this.#changes.track(folder, folder.init === undefined ? "starting" : "running");
    }
    for (const name of readdirSync(this.#folder).filter((one) => one.startsWith(sparePrefix))) {
      await this.#discard(new UnitFolder(join(this.#folder, name)), machine);
    }
    const inUse = this.#units().flatMap((folder) => folder.plan?.limitsName ?? []);
    sweepLimits(machine.limits, this.#folder, new Set(inUse));
    await this.#roots.sweep();
    return machine;
  }

  async #makeSpare(folder: UnitFolder, image: PreparedImage, level: NetworkLevel): Promise<Spare> {
    const machine = await this.#machine;
    makeFolders(folder, machine.identity);
    const network = await this.#networks.single(level);
    const limitsName = this.#limitsName(folder);
    const environment = { SAGEBRUSH_SPARE: "1" };
    const program = { host: spareHost, image, arguments: [], environment, mounts: [], resources: spareResources };
    const user = await this.#user.get();
    const supervisor = await launch(machine, {
      ...{ folder, program, hosts: [spareHost], limitsName, user, network, waits: true },
    });
    if (!supervisor.stdin) throw new Error("A spare was started without an input.");
    await begun(folder);
    return { folder, limitsName, network, input: supervisor.stdin };
  }

  async #giveUp(spare: Spare): Promise<void> {
    spare.input.destroy();
    closeHostNetwork(spare.network);
    await endUnit(spare.folder);
    await (await this.#machine).limits.release(spare.limitsName);
  }

  async #discard(folder: UnitFolder, machine: Machine): Promise<void> {
    await endUnit(folder);
    await machine.limits.release(this.#limitsName(folder));
    await folder.remove();
  }

  #stateOf(folder: UnitFolder): Promise<UnitState | undefined> {
    return folder.state(async (plan) => (await this.#machine).limits.hit(plan.limitsName));
  }

  #limitsName(folder: UnitFolder): string {
    return limitsName(this.#folder, basename(folder.path));
  }

  #unit(id: string): UnitFolder {
    return new UnitFolder(join(this.#folder, shortName(id)));
  }

  #units(): UnitFolder[] {
    const names = readdirSync(this.#folder).filter((name) => isUnitName.test(name));
    return names.map((name) => new UnitFolder(join(this.#folder, name)));
  }

  #peers(group: string): UnitFolder[] {
    return this.#units().filter((folder) => folder.plan?.group === group);
  }
}
