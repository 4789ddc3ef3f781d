// Messages and events of alarms, kept in the commit of what they tell and delivered behind it, once more after a restart.
import type { Clock } from "../../../core/clock.ts";
import { ApiError } from "../../../core/errors.ts";
import { newId } from "../../../core/ids.ts";
import type { EventBus, ServiceEvent, Topics } from "../../../core/ports.ts";
import type { Row, Rows, RowWrite } from "../../../store/rows/rows.ts";
import { type AlarmDocument, alarmArn, placeOf, scopeOf } from "../shared/alarms.ts";
import type { Place } from "../shared/place.ts";
import { actionEntry } from "./history.ts";
import { actionsFor, messageOf, subjectOf, type Transition } from "./notice.ts";

export const OUTBOX = "cloudwatch:alarm-outbox";

export interface ActionDocument {
  readonly to: "topic";
  readonly alarm: string;
  readonly alarmType: AlarmDocument["type"];
  readonly topicArn: string;
  readonly subject: string;
  readonly message: string;
  readonly stateAt: number;
}

interface EventDocument {
  readonly to: "bus";
  readonly event: ServiceEvent;
}

type OutboxDocument = ActionDocument | EventDocument;

export function eventRow(place: Place, event: ServiceEvent): RowWrite<OutboxDocument> {
  const id = newId();
  return outboxRow(place, id, event.at, { to: "bus", event: { ...event, id } });
}

/** The actions of a transition, one each. */
export function actionRows(transition: Transition): RowWrite<OutboxDocument>[] {
  const { place, name, document, to } = transition;
  if (!document.actionsEnabled) return [];
  return actionsFor(document, to.value).map((topicArn) =>
    outboxRow(place, newId(), to.updatedAt, {
      to: "topic",
      alarm: name,
      alarmType: document.type,
      topicArn,
      subject: subjectOf(transition),
      message: messageOf(transition),
      stateAt: to.updatedAt,
    }),
  );
}

const outboxRow = (place: Place, name: string, at: number, document: OutboxDocument): RowWrite<OutboxDocument> => ({
  kind: OUTBOX,
  scope: scopeOf(place),
  name,
  status: "Waiting",
  createdAt: at,
  modifiedAt: at,
  document,
});

export interface OutboxParts {
  readonly rows: Rows;
  readonly topics: Topics | undefined;
  readonly bus: Pick<EventBus, "put"> | undefined;
  readonly clock: Clock;
  readonly now: () => number;
  readonly report: (error: unknown) => void;
}

/** After an error of ours. */
const TROUBLE_MS = 30_000;

/** One delivery after the other, in the order of their times. */
export class Outbox {
  readonly #parts: OutboxParts;
  #delivering: Promise<void> = Promise.resolve();
  #isClosed = false;
  #isAsked = false;
  #cancel = () => {};

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Delivers what waits; what fails for a reason of ours keeps nothing else back, and is tried again. */
  deliver(): void {
    if (this.#isAsked || this.#isClosed) return;
    this.#isAsked = true;
    this.#delivering = this.#delivering
      .then(() => {
        this.#isAsked = false;
        return this.#all();
      })
      .catch((cause: unknown) => this.#again(cause));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#delivering;
    this.#cancel();
  }

  #again(cause: unknown): void {
    this.#parts.report(cause);
    this.#cancel();
    if (!this.#isClosed) this.#cancel = this.#parts.clock.at(this.#parts.now() + TROUBLE_MS, () => this.deliver());
  }

  async #all(): Promise<void> {
    const waiting: Row<OutboxDocument>[] = [];
    for await (const row of this.#parts.rows.everywhere<OutboxDocument>(OUTBOX, [])) waiting.push(row);
    for (const row of waiting.sort((one, other) => one.createdAt - other.createdAt)) {
      if (this.#isClosed) return;
      await this.#one(row).catch((cause: unknown) => this.#again(cause));
    }
  }

  async #one({ scope, name, document }: Row<OutboxDocument>): Promise<void> {
    const put = document.to === "topic" ? [await this.#publish(scope, document)] : [];
    if (document.to === "bus") await this.#parts.bus?.put([document.event]);
    await this.#parts.rows.commit({ put, remove: [{ kind: OUTBOX, scope, name }] });
  }

  /** What the history tells of it: a topic that is not there, or takes nothing, is no reason to try again. */
  async #publish(scope: string, action: ActionDocument): Promise<RowWrite> {
    const { alarm, alarmType, topicArn, subject, message, stateAt } = action;
    const place = placeOf(scope);
    const failure = await this.#failureOf({
      topicArn,
      subject,
      message,
      servicePrincipal: "cloudwatch.amazonaws.com",
      sourceArn: alarmArn(place, alarm),
      sourceAccount: place.account,
    });
    return actionEntry(place, alarm, {
      arn: topicArn,
      alarmType,
      at: this.#parts.now(),
      stateAt,
      message,
      ...(failure === undefined ? {} : { failure }),
    });
  }

  async #failureOf(notice: Parameters<Topics["publish"]>[0]): Promise<string | undefined> {
    if (!this.#parts.topics) return "SNS is not yet available in Sagebrush.";
    try {
      await this.#parts.topics.publish(notice);
      return undefined;
    } catch (cause) {
      // Anything else is ours, and it is tried again.
      if (cause instanceof ApiError && cause.status < 500) return cause.message;
      throw cause;
    }
  }
}
