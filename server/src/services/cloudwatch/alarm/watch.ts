// Alarms at work: metric alarms are evaluated when they are due, composite alarms when one of theirs has changed. A change
// of state is one commit with its history, its event and the messages it sends, so that a crash loses and repeats none.
import type { Clock } from "../../../core/clock.ts";
import type { EventBus, Topics } from "../../../core/ports.ts";
import { repeatedly } from "../../../core/repeating.ts";
import type { Rows } from "../../../store/rows/rows.ts";
import {
  ALARM,
  type AlarmDocument,
  type AlarmState,
  alarmArn,
  alarmKey,
  alarmNameOf,
  type CompositeAlarmDocument,
  changeAlarm,
  type MetricAlarmDocument,
  scopeOf,
} from "../shared/alarms.ts";
import type { Place, Parts as ReadParts } from "../shared/place.ts";
import { type Composite, Composites } from "./composites.ts";
import { datapoints, everySeconds, ruleOf } from "./datapoints.ts";
import { Due } from "./due.ts";
import { evaluate } from "./evaluate.ts";
import { dropHistory, stateEntry } from "./history.ts";
import { stateEvent, type Transition } from "./notice.ts";
import { actionRows, eventRow, Outbox } from "./outbox.ts";
import { reasonData, reasonText, timeText } from "./reason.ts";
import { onSuppressor, onTransition, type Suppressed } from "./suppression.ts";

export interface WatchParts extends ReadParts {
  readonly rows: Rows;
  readonly clock: Clock;
  /** Absent where SNS and EventBridge are not there. */
  readonly topics?: Topics | undefined;
  readonly bus?: EventBus | undefined;
  readonly report: (error: unknown) => void;
}

/** After an alarm was put; its later evaluations keep to the periods. */
const FIRST_MS = 1000;
/** After a period is over, so that points that come a little late are there. */
const LATE_MS = 500;
/** Alarms of one minute are spread over so much of it. */
const SPREAD = 0.3;
const AT_ONCE = 8;
const HOUR_MS = 3_600_000;

export type NewState = Pick<AlarmState, "value" | "reason" | "reasonData">;

export class Watch {
  readonly composites = new Composites();
  readonly #parts: WatchParts;
  readonly #outbox: Outbox;
  readonly #due: Due;
  /** Composite alarms are worked out one after the other: each sees what the ones before it have become. */
  #turn: Promise<void> = Promise.resolve();
  readonly #running = new Set<Promise<void>>();
  #stopTending: () => Promise<void> = async () => {};

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#outbox = new Outbox({ ...parts, topics: parts.topics, bus: parts.bus });
    this.#due = new Due(parts.clock, (keys) => this.#run(() => this.#evaluateAll(keys)));
  }

  /** Takes up all alarms that there are. */
  async start(): Promise<void> {
    const { rows, clock, report, now } = this.#parts;
    for await (const row of rows.everywhere<AlarmDocument>(ALARM, [])) {
      this.composites.put(row);
      if (row.document.type === "MetricAlarm") this.#due.set(`${row.scope}/${row.name}`, now() + FIRST_MS);
    }
    for (const composite of this.composites.all()) this.#lookAt(composite);
    this.#outbox.deliver();
    const tend = async () => {
      this.#outbox.deliver();
      await dropHistory(rows, now());
    };
    this.#stopTending = repeatedly({ clock, everyMs: HOUR_MS, firstMs: HOUR_MS, report }, tend);
  }

  async close(): Promise<void> {
    await this.#stopTending();
    this.#due.close();
    while (this.#running.size > 0) await Promise.all(this.#running);
    await this.#turn;
    await this.#outbox.close();
  }

  /** An alarm has been made or changed. */
  changed(place: Place, name: string, document: AlarmDocument): void {
    this.composites.put({ scope: scopeOf(place), name, document });
    if (document.type === "MetricAlarm") this.#due.set(`${scopeOf(place)}/${name}`, this.#parts.now() + FIRST_MS);
    else this.#lookAt({ place, name }, "configured");
    this.#outbox.deliver();
  }

  removed(place: Place, name: string): void {
    const scope = scopeOf(place);
    this.composites.remove(scope, name);
    this.#due.remove(`${scope}/${name}`);
    for (const parent of this.composites.parentsOf(place, name)) this.#lookAt(parent);
    this.#outbox.deliver();
  }

  /** Whether there is such an alarm. What depends on it has become what it is when this resolves. */
  async setState(place: Place, name: string, state: NewState): Promise<boolean> {
    const document = await this.#transition(place, name, () => state);
    // It is to be seen for a while: the next evaluation is a whole step away.
    if (document?.type === "MetricAlarm")
      this.#due.set(`${scopeOf(place)}/${name}`, this.#parts.now() + everySeconds(document.settings) * 1000);
    await this.#turn;
    return document !== undefined;
  }

  #run(work: () => Promise<void>): void {
    const running = work()
      .catch(this.#parts.report)
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #evaluateAll(keys: readonly string[]): Promise<void> {
    const left = [...keys];
    const work = async () => {
      for (let key = left.pop(); key !== undefined; key = left.pop()) {
        const [account = "", region = "", ...name] = key.split("/");
        await this.#evaluateOne({ account, region }, name.join("/")).catch(this.#parts.report);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  async #evaluateOne(place: Place, name: string): Promise<void> {
    const now = this.#parts.now();
    const document = (await this.#parts.rows.get<AlarmDocument>(alarmKey(place, name)))?.document;
    if (!document) return;
    if (document.type === "CompositeAlarm") return this.#lookAt({ place, name });
    this.#due.set(`${scopeOf(place)}/${name}`, nextTime(now, everySeconds(document.settings) * 1000, name));
    const points = await datapoints(this.#parts, place, document, now);
    const rule = ruleOf(document.settings);
    const verdict = evaluate(points, rule);
    const { state: to } = verdict;
    if (to === undefined || to === document.state.value) return;
    await this.#transition(place, name, (current) => {
      // Somebody has changed it meanwhile: it is looked at again when it is due.
      if (current.configuredAt !== document.configuredAt || current.state.updatedAt !== document.state.updatedAt)
        return undefined;
      const reasoned = {
        settings: (current as MetricAlarmDocument).settings,
        rule,
        verdict,
        from: current.state.value,
        to,
      };
      return { value: to, reason: reasonText(reasoned), reasonData: reasonData(reasoned, points, now) };
    });
  }

  async #transition(
    place: Place,
    name: string,
    stateOf: (document: AlarmDocument) => NewState | undefined,
  ): Promise<AlarmDocument | undefined> {
    const { rows, now } = this.#parts;
    const suppressor = await this.#suppressorOf(place, name);
    let hasChanged = false;
    const document = await changeAlarm(rows, alarmKey(place, name), now(), (before) => {
      const state = stateOf(before);
      if (!state) return undefined;
      const at = now();
      hasChanged = state.value !== before.state.value;
      const to: AlarmState = {
        value: state.value,
        reason: state.reason,
        ...(state.reasonData === undefined ? {} : { reasonData: state.reasonData }),
        updatedAt: at,
        transitionedAt: hasChanged ? at : before.state.transitionedAt,
      };
      if (!hasChanged) return { document: { ...before, state: to } };
      return transitioned({ place, name, document: before, from: before.state, to }, suppressor, at);
    });
    if (document && hasChanged) {
      this.#outbox.deliver();
      this.#await(place, name, document);
      for (const parent of this.composites.parentsOf(place, name)) this.#lookAt(parent, name);
      for (const composite of this.composites.suppressedBy(place, name)) this.#suppress(composite);
    }
    return document;
  }

  async #suppressorOf(place: Place, name: string): Promise<AlarmState["value"] | undefined> {
    const suppressor = this.composites.find(place, name)?.suppressor;
    return suppressor === undefined ? undefined : (await this.#states(place, [suppressor])).get(suppressor)?.value;
  }

  /** Is looked at again when a period of its suppressor is over. */
  #await(place: Place, name: string, document: AlarmDocument): void {
    const until = document.type === "CompositeAlarm" ? document.suppression?.until : undefined;
    if (until !== undefined) this.#due.set(`${scopeOf(place)}/${name}`, until);
  }

  /** Works out a composite alarm; `cause` is the child that changed, or that its configuration did. */
  #lookAt({ place, name }: Pick<Composite, "place" | "name">, cause?: string): void {
    this.#turn = this.#turn
      .then(async () => {
        const composite = this.composites.find(place, name);
        if (!composite || this.composites.isInCycle(composite)) return;
        await this.#workOut(composite, cause);
        await this.#applySuppressor(composite);
      })
      .catch(this.#parts.report);
  }

  #suppress(composite: Composite): void {
    this.#turn = this.#turn.then(() => this.#applySuppressor(composite)).catch(this.#parts.report);
  }

  async #workOut({ place, name, rule, children }: Composite, cause?: string): Promise<void> {
    const states = await this.#states(place, [...children]);
    const byChild = (child: string) => states.get(alarmNameOf(place, child))?.value;
    const value = rule.holds(byChild) ? "ALARM" : "OK";
    await this.#transition(place, name, ({ state }) => {
      if (state.value === value) return undefined;
      const isNew = cause === "configured" || cause === undefined || !states.has(cause);
      const told = isNew ? [...states] : [...states].filter(([child]) => child === cause);
      const arn = alarmArn(place, isNew ? name : (cause ?? ""));
      const verb = state.value === "INSUFFICIENT_DATA" ? "created" : "updated";
      const changed = states.get(cause ?? "");
      return {
        value,
        reason:
          isNew || !changed
            ? `${arn} was ${verb} and its alarm rule evaluates to ${value}`
            : `${arn} transitioned to ${changed.value} at ${longTime(changed.updatedAt)}`,
        reasonData: JSON.stringify({
          triggeringAlarms: told.map(([child, of]) => ({
            arn: alarmArn(place, child),
            state: { value: of.value, timestamp: timeText(of.updatedAt) },
          })),
        }),
      };
    });
  }

  /** Takes the actions that were held back, when nothing holds them back any more. */
  async #applySuppressor({ place, name }: Composite): Promise<void> {
    const suppressor = await this.#suppressorOf(place, name);
    const now = this.#parts.now();
    const document = await changeAlarm(this.#parts.rows, alarmKey(place, name), now, (before) => {
      if (before.type !== "CompositeAlarm") return undefined;
      const suppressed = onSuppressor({ document: before, suppressor, now });
      if (sameSuppression(before, suppressed) && !(suppressed.isActing && before.heldBack)) return undefined;
      const { heldBack, suppression: _, ...kept } = before;
      const after: CompositeAlarmDocument = {
        ...kept,
        ...(suppressed.suppression ? { suppression: suppressed.suppression } : {}),
        ...(heldBack && !suppressed.isActing ? { heldBack } : {}),
      };
      const isActing = suppressed.isActing && heldBack !== undefined;
      const put = isActing ? actionRows({ place, name, document: after, from: heldBack, to: after.state }) : [];
      return { document: after, put };
    });
    if (!document) return;
    this.#await(place, name, document);
    this.#outbox.deliver();
  }

  async #states(place: Place, names: readonly string[]): Promise<ReadonlyMap<string, AlarmState>> {
    const rows = await this.#parts.rows.getMany<AlarmDocument>(names.map((name) => alarmKey(place, name)));
    return new Map(rows.flatMap((row) => (row ? [[row.name, row.document.state] as const] : [])));
  }
}

/** What is committed with a transition. Only a composite alarm may hold its actions back. */
function transitioned(transition: Transition, suppressor: AlarmState["value"] | undefined, now: number) {
  const { place, document: before, from, to } = transition;
  let [document, isActing]: [AlarmDocument, boolean] = [{ ...before, state: to }, true];
  if (document.type === "CompositeAlarm") {
    const suppressed = onTransition({ document, suppressor, now });
    const { suppression: _, heldBack, ...kept } = document;
    isActing = suppressed.isActing;
    document = {
      ...kept,
      ...(suppressed.suppression ? { suppression: suppressed.suppression } : {}),
      ...(isActing ? {} : { heldBack: heldBack ?? from }),
    };
  }
  const after = { ...transition, document };
  return {
    document,
    put: [stateEntry(after), eventRow(place, stateEvent(after)), ...(isActing ? actionRows(after) : [])],
  };
}

const sameSuppression = ({ suppression }: CompositeAlarmDocument, { suppression: other }: Suppressed): boolean =>
  suppression?.by === other?.by && suppression?.until === other?.until;

/** The next whole period and a little later, not all alarms at once. */
export function nextTime(now: number, stepMs: number, name: string): number {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1000;
  const late = LATE_MS + (hash / 1000) * stepMs * SPREAD;
  return Math.floor((now - late) / stepMs) * stepMs + stepMs + late;
}

/** `Friday 22 July, 2022 15:57:45 UTC` */
function longTime(at: number): string {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" }).format(at);
  const date = `${format({ weekday: "long" })} ${format({ day: "2-digit" })} ${format({ month: "long" })}`;
  return `${date}, ${format({ year: "numeric" })} ${new Date(at).toISOString().slice(11, 19)} UTC`;
}
