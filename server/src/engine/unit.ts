// One unit on its way: capacity, image, folder, program, end, log drained. Brings it, a step at a time, to what is wanted.
import type { PreparedImage, UnitPlan, UnitState } from "../backends/backend.ts";
import { UnitRefused } from "../backends/backend.ts";
import type { Dial } from "../core/ports.ts";
import { isUsersFault } from "./fault.ts";
import { HealthWatch } from "./health.ts";
import { crowding, fitToMachine } from "./instance-types.ts";
import type { ObservedUnit, WantedUnit } from "./job-kind.ts";
import { LogFollower } from "./logs.ts";
import { makeOwnFolders } from "./unit-mounts.ts";
import type { UnitGroup, UnitOwner, UnitParts } from "./unit-parts.ts";
import { imageRequest, noImage, planOf, specOf } from "./unit-requests.ts";
import { UnitSpare } from "./unit-spare.ts";

const END_RETRY_MS = 5_000;

type Phase = ObservedUnit["phase"] | "gone";

export class Unit {
  readonly #parts: UnitParts;
  readonly #owner: UnitOwner;
  readonly #group: UnitGroup;
  readonly #abort = new AbortController();
  #wanted: WantedUnit;
  /** No longer wanted: to be stopped and forgotten. */
  #isDropped = false;
  #phase: Phase = "absent";
  #reason: string | undefined;
  #isPlatformsFault = false;
  #notes: readonly string[] = [];
  #state: UnitState | undefined;
  /** On the steady scale. */
  #startedAt: number | undefined;
  #image: PreparedImage | undefined;
  /** What takes long while its image is made ready. */
  #preparing: string | undefined;
  readonly #folder = Promise.withResolvers<string>();
  #hasFolder = false;
  /** The backend has something of it that must be removed. */
  #isKnown = false;
  #isStopping = false;
  /** Found running, or ended, at the start of this server. */
  #isAdopted = false;
  readonly #spare: UnitSpare;
  #follower: LogFollower | undefined;
  #health: HealthWatch | undefined;
  readonly #dials = new Map<number, Dial>();
  readonly #reachable = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();
  #cancelRetry = () => {};
  #isAdvancing = false;
  #isDue = false;

  constructor(wanted: WantedUnit, group: UnitGroup, owner: UnitOwner, parts: UnitParts) {
    this.#wanted = wanted;
    this.#group = group;
    this.#owner = owner;
    this.#parts = parts;
    this.#spare = new UnitSpare(wanted, () => this.#preparedImage(), parts);
    group.live.add(wanted.id);
    // Whoever waits for the folder hears that there will be none; mostly nobody does.
    this.#folder.promise.catch(() => undefined);
  }

  get id(): string {
    return this.#wanted.id;
  }

  get isGone(): boolean {
    return this.#phase === "gone";
  }

  get wanted(): WantedUnit {
    return this.#wanted;
  }

  /** Why it waits for capacity, or for its image. */
  get waitingReason(): string | undefined {
    if (this.#phase !== "waiting") return undefined;
    return this.#parts.slots.reason(this.#wanted.group) ?? this.#preparing;
  }

  /** Folder seen as /opt/ml; resolves once it is reserved. */
  get folder(): Promise<string> {
    return this.#folder.promise;
  }

  /** Resolves when its program does not run any more, or never will. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** How a port is reached, once it runs; undefined when it will not run any more. */
  async dial(port: number): Promise<Dial | undefined> {
    await this.#reachable.promise;
    return this.#dials.get(port);
  }

  get observed(): ObservedUnit {
    const phase = this.#phase === "gone" ? "absent" : this.#phase;
    return {
      phase,
      notes: this.#notes,
      dials: this.#dials,
      metrics: this.#follower?.metrics ?? new Map(),
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      ...(this.#isPlatformsFault ? { isPlatformsFault: true } : {}),
      ...(this.#startedAt === undefined ? {} : { startedAt: this.#startedAt }),
      ...(this.#state?.end === undefined ? {} : { end: this.#state.end }),
      ...(this.#health === undefined ? {} : { health: this.#health.health }),
    };
  }

  want(wanted: WantedUnit): void {
    this.#wanted = wanted;
    this.#isDropped = false;
    this.advance();
  }

  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#abort.abort();
    this.#folder.reject(new Error(`Unit ${this.id} is no longer wanted.`));
    this.#reachable.resolve();
    this.advance();
  }

  /** After a restart: the backend still knows it. One that does not run yet goes the ordinary way again, in its folder. */
  adopt(state: UnitState): void {
    this.#isKnown = true;
    if (state.phase === "reserved" || state.phase === "starting") return;
    this.#state = state;
    this.#isAdopted = true;
    this.#phase = "starting";
    const { clock, steady } = this.#parts;
    // What an earlier server started is known by the clock's time only.
    this.#startedAt = steady() - Math.max(0, clock.now() - (state.startedAt ?? clock.now()));
    if (isLive(state)) this.#occupy(this.#startedAt);
    this.advance();
  }

  /** What a unit that runs holds already is counted, even when it is more than would be given now. */
  #occupy(since: number): void {
    const { slots, machine } = this.#parts;
    const { holds, instanceType } = this.#wanted;
    if (holds === "service") slots.holdMemory(this.id, fitToMachine(instanceType, machine, false).size.memoryBytes);
    else slots.occupy(this.#claim(), since);
  }

  /** After a restart: it was running, and the backend does not know it any more. */
  lose(): void {
    this.#parts.log.warn("A unit that ran before the restart is not there any more.", { unit: this.id });
    this.#phase = "lost";
    this.#folder.reject(new Error(`Unit ${this.id} was lost.`));
    this.#reachable.resolve();
    this.#over.resolve();
  }

  /** The backend tells of a change. */
  saw(state: UnitState): void {
    this.#state = state;
    this.advance();
  }

  /** Stops following without touching the unit. */
  async close(): Promise<void> {
    this.#cancelRetry();
    this.#health?.close();
    await this.#follower?.close();
  }

  /** Takes the next steps, one at a time, until nothing is left to do. */
  advance(): void {
    this.#isDue = true;
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    const done = () => {
      this.#isAdvancing = false;
      if (this.#isDue) this.advance();
    };
    this.#advanceAll().then(done, done);
  }

  async #advanceAll(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false;
      const wasDropped = this.#isDropped;
      try {
        while (await this.#step()) this.#owner.changed();
      } catch (cause) {
        if (wasDropped) this.#endLater(cause);
        else if (this.#isDropped) this.#isDue = true;
        else this.#refuse(cause as Error);
        this.#owner.changed();
      }
    }
  }

  /** What it holds is given back only when it is gone, so ending it is tried until it succeeds. */
  #endLater(cause: unknown): void {
    const { log, clock } = this.#parts;
    log.error("A unit could not be ended; it is tried again in a while.", { unit: this.id, cause });
    this.#isStopping = false;
    this.#cancelRetry = clock.at(clock.now() + END_RETRY_MS, () => this.advance());
  }

  #refuse(cause: Error): void {
    this.#isPlatformsFault = !isUsersFault(cause);
    if (this.#isPlatformsFault) this.#parts.log.error("A unit could not be started.", { unit: this.id, cause });
    this.#phase = "refused";
    this.#reason = cause.message;
    this.#folder.reject(cause);
    this.#reachable.resolve();
    this.#over.resolve();
    this.#release();
  }

  /** Does the next thing. Returns whether there may be more to do. */
  async #step(): Promise<boolean> {
    if (this.#isDropped) return this.#stepDown();
    if (this.#wanted.want === "stopped" && !this.#hasStarted) this.#over.resolve();
    switch (this.#phase) {
      case "absent":
        if (this.#state?.phase === "running") this.#phase = "starting";
        if (this.#phase === "starting") return true;
        return this.#wanted.want !== "stopped" && this.#askForRoom();
      case "waiting":
        return this.#parts.slots.holds(this.#wanted.group) && this.#reserve();
      case "reserved":
        return this.#wanted.want === "running" && this.#start();
      case "starting":
      case "running":
        return this.#watch();
      default:
        return false;
    }
  }

  async #stepDown(): Promise<boolean> {
    const state = this.#state;
    if (state && isLive(state)) {
      await this.#stop();
      return false;
    }
    if (this.#phase === "gone") return false;
    this.#health?.close();
    await this.#follower?.finish();
    if (this.#isKnown) await this.#parts.backend.remove(this.id);
    this.#release();
    this.#phase = "gone";
    return true;
  }

  #askForRoom(): boolean {
    const { slots, machine, strict } = this.#parts;
    const fitted = fitToMachine(this.#wanted.instanceType, machine, strict);
    if (fitted.refusal !== undefined) throw new UnitRefused(fitted.refusal);
    const crowd = crowding(this.#wanted.instanceType, this.#group.hosts.length, this.#group.cpus, machine.cpus);
    if (crowd && strict) throw new UnitRefused(`${crowd}; choose fewer or smaller ones or run with --capacity clamp.`);
    this.#notes = crowd ? [...fitted.notes, `${crowd}: they share them.`] : fitted.notes;
    if (this.#wanted.holds === "service") {
      const refusal = slots.holdMemory(this.id, fitted.size.memoryBytes);
      if (refusal !== undefined) throw new UnitRefused(refusal);
      slots.occupy({ ...this.#claim(), cpus: 0 }, this.#parts.steady());
    } else slots.ask(this.#claim(), () => this.advance());
    this.#phase = "waiting";
    return true;
  }

  get #hasStarted(): boolean {
    const isBefore = this.#phase === "absent" || this.#phase === "waiting" || this.#phase === "reserved";
    return !isBefore || (this.#state !== undefined && isLive(this.#state));
  }

  #claim() {
    const { group, longestSeconds } = this.#wanted;
    const longestMs = longestSeconds === undefined ? undefined : longestSeconds * 1000;
    return { id: group, account: this.#owner.account, cpus: this.#group.cpus, longestMs };
  }

  async #reserve(): Promise<boolean> {
    await this.#takeFolder();
    this.#phase = "reserved";
    return true;
  }

  async #takeFolder(): Promise<void> {
    if (this.#hasFolder) return;
    // One that an earlier server started has its image, which may be gone from where it came.
    const plan = this.#isAdopted ? planOf(this.#wanted, this.#group.hosts, noImage, this.#parts) : await this.#plan();
    this.#isKnown = true;
    const folder = await this.#parts.backend.reserve(plan);
    await makeOwnFolders(folder, this.#wanted.mounts ?? []);
    this.#folder.resolve(folder);
    this.#hasFolder = true;
  }

  async #plan(): Promise<UnitPlan> {
    return planOf(this.#wanted, this.#group.hosts, await this.#preparedImage(), this.#parts);
  }

  async #preparedImage(): Promise<PreparedImage> {
    this.#image ??= await this.#parts.images.prepare(this.#wanted.image, {
      ...imageRequest(this.#wanted, this.#owner, this.#parts.sessions),
      progress: (text) => {
        this.#preparing = text;
      },
      signal: this.#abort.signal,
    });
    return this.#image;
  }

  async #start(): Promise<boolean> {
    const { backend, platform } = this.#parts;
    const [plan, folder] = [await this.#plan(), await this.folder];
    await backend.start(specOf(plan, this.#wanted, { region: this.#owner.region, folder, platform }));
    this.#phase = "starting";
    this.#startedAt = this.#parts.steady();
    this.#state = (await backend.state(this.id)) ?? this.#state;
    if (this.#wanted.holds === "job") this.#spare.make();
    return true;
  }

  /** Follows a unit that the backend has started until it has ended and its output is stored. */
  async #watch(): Promise<boolean> {
    const state = this.#state;
    if (!state) return false;
    this.#follow();
    if (this.#wanted.want === "stopped" && isLive(state)) await this.#stop();
    if (state.phase !== "lost") await this.#takeFolder();
    if (state.phase === "running" && this.#phase === "starting") {
      await this.#connect();
      this.#reachable.resolve();
      this.#phase = "running";
      return true;
    }
    if (state.phase !== "ended" && state.phase !== "lost") return false;
    if (state.phase === "lost") this.#parts.log.warn("A unit was lost; it left no exit code.", { unit: this.id });
    this.#health?.close();
    await this.#follower?.finish();
    this.#release();
    this.#reachable.resolve();
    this.#over.resolve();
    this.#phase = state.phase;
    return true;
  }

  #follow(): void {
    if (this.#follower) return;
    const { account, region } = this.#owner;
    const { backend, series, clock } = this.#parts;
    const { log } = this.#wanted;
    const key = { account, region, group: log.group, stream: log.stream };
    const open = (id: string, offset: number) => backend.log(id, offset);
    this.#follower = new LogFollower({ id: this.id, key, log }, { series, open, now: () => clock.now() });
    this.#follower.start((cause) =>
      this.#parts.log.error("A unit's output could not be read.", { unit: this.id, cause }),
    );
  }

  async #connect(): Promise<void> {
    const { backend } = this.#parts;
    for (const port of this.#wanted.ports) this.#dials.set(port, () => backend.connect(this.id, port));
    const { health } = this.#wanted;
    const dial = health && this.#dials.get(health.port);
    if (dial) this.#health = new HealthWatch(health, dial, this.#parts.steady, () => this.#healthTurned());
  }

  /** A service that has become healthy leaves the machine free to make a spare for the next of its image. */
  #healthTurned(): void {
    this.#owner.changed();
    if (this.#health?.health.state === "passing") this.#spare.make();
  }

  async #stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const { backend, longestGraceSeconds } = this.#parts;
    await backend.stop(this.id, Math.min(this.#wanted.graceSeconds, longestGraceSeconds));
  }

  #release(): void {
    if (this.#wanted.holds === "service") this.#parts.slots.releaseMemory(this.id);
    this.#group.live.delete(this.id);
    if (this.#group.live.size === 0) this.#parts.slots.release(this.#wanted.group);
  }
}

const isLive = (state: UnitState): boolean => state.phase === "starting" || state.phase === "running";
