// All units of all rows: begins, finds and ends them as the rows want, and ends those that no row wants.
import type { UnitState } from "../backends/backend.ts";
import { fitToMachine } from "./instance-types.ts";
import type { ObservedUnit, WantedUnit } from "./job-kind.ts";
import { Unit } from "./unit.ts";
import type { UnitGroup, UnitOwner, UnitParts } from "./unit-parts.ts";

const isLiveState = ({ phase }: UnitState): boolean => phase === "starting" || phase === "running";

const absent: ObservedUnit = { phase: "absent", notes: [], dials: new Map(), metrics: new Map() };

/** Grace for a unit that nothing wants any more and of which no plan is left. */
const ORPHAN_GRACE_SECONDS = 10;

export class Units {
  readonly #parts: UnitParts;
  readonly #units = new Map<string, Unit>();
  readonly #groups = new Map<string, UnitGroup>();
  /** Units the backend knew when we started, until a row claims them. */
  readonly #found = new Map<string, UnitState>();

  constructor(parts: UnitParts) {
    this.#parts = parts;
  }

  /** Asks the backend what runs, and hears of changes from then on. */
  async begin(signal: AbortSignal): Promise<void> {
    this.#parts.backend.watch((state) => {
      if (this.#found.has(state.id)) this.#found.set(state.id, state);
      this.#units.get(state.id)?.saw(state);
    }, signal);
    for (const state of await this.#parts.backend.list()) this.#found.set(state.id, state);
  }

  /**
   * Makes the row's units those that are wanted. `before`: ids the row had until now. `isRestored`: the row is from
   * before our start, so that a unit that should run and is unknown to the backend is lost.
   */
  converge(before: ReadonlySet<string>, wanted: readonly WantedUnit[], owner: UnitOwner, isRestored: boolean): void {
    const ids = new Set(wanted.map(({ id }) => id));
    for (const id of before) if (!ids.has(id)) this.#units.get(id)?.drop();
    for (const plan of wanted) {
      const unit = this.#units.get(plan.id) ?? this.#add(plan, this.#groupOf(plan, wanted), owner, isRestored);
      unit.want(plan);
    }
  }

  #add(plan: WantedUnit, group: UnitGroup, owner: UnitOwner, isRestored: boolean): Unit {
    const changed = () => {
      if (unit.isGone) this.#forget(unit);
      owner.changed();
    };
    const unit: Unit = new Unit(plan, group, { ...owner, changed }, this.#parts);
    this.#units.set(plan.id, unit);
    const found = this.#found.get(plan.id);
    this.#found.delete(plan.id);
    if (found) unit.adopt(found);
    else if (isRestored && plan.want !== "reserved") unit.lose();
    return unit;
  }

  #groupOf(plan: WantedUnit, wanted: readonly WantedUnit[]): UnitGroup {
    const known = this.#groups.get(plan.group);
    if (known && known.live.size > 0) return known;
    const { machine } = this.#parts;
    const members = wanted.filter(({ group }) => group === plan.group);
    const cpus = members.reduce((sum, unit) => sum + fitToMachine(unit.instanceType, machine, false).size.cpus, 0);
    const group = { hosts: members.map(({ host }) => host), cpus, live: new Set<string>() };
    this.#groups.set(plan.group, group);
    return group;
  }

  #forget({ id, wanted }: Unit): void {
    this.#units.delete(id);
    if (this.#groups.get(wanted.group)?.live.size === 0) this.#groups.delete(wanted.group);
  }

  get(id: string): Unit | undefined {
    return this.#units.get(id);
  }

  /** @throws Error when no row wants it */
  need(id: string): Unit {
    const unit = this.#units.get(id);
    if (!unit) throw new Error(`Unit ${id} is not wanted.`);
    return unit;
  }

  observe(id: string): ObservedUnit {
    return this.#units.get(id)?.observed ?? absent;
  }

  /** Ends what the backend runs and no row wants. Call once every row that is not settled has been seen. */
  async endOrphans(): Promise<void> {
    const orphans = [...this.#found.values()];
    this.#found.clear();
    for (const state of orphans) {
      const { id } = state;
      this.#parts.log.warn("A unit that nothing wants is ended.", { unit: id });
      if (isLiveState(state)) {
        await this.#parts.backend.stop(id, ORPHAN_GRACE_SECONDS);
        await this.#ended(id);
      }
      await this.#parts.backend.remove(id);
    }
  }

  /**
   * Ends every unit and forgets it, so that the next start finds them lost and begins them anew. Call after reconciling
   * has ended: otherwise a job would take its program's end for its own.
   */
  async endAll(graceSeconds: number): Promise<void> {
    const ids = [...this.#units.keys()];
    await Promise.all(ids.map((id) => this.#parts.backend.stop(id, graceSeconds)));
    for (const id of ids) await this.#ended(id);
    await Promise.all(ids.map((id) => this.#parts.backend.remove(id)));
  }

  /** Resolves when the backend says that the unit does not run. */
  async #ended(id: string): Promise<void> {
    const hearing = new AbortController();
    const heard = new Promise<void>((resolve) => {
      this.#parts.backend.watch((state) => {
        if (state.id === id && !isLiveState(state)) resolve();
      }, hearing.signal);
    });
    const state = await this.#parts.backend.state(id);
    // A unit that only has its folder yet never ends; removing it is enough.
    if (state?.phase === "running") await heard;
    hearing.abort();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#units.values()].map((unit) => unit.close()));
  }
}
