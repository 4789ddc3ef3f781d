// Whether a composite alarm takes its actions now, later or not at all, by its suppressor.
// Source: CloudWatch user guide, "Composite alarm action suppression", examples 1 to 6.
import type { StateValue } from "../../../../../contract/cloudwatch/types.ts";
import type { CompositeAlarmDocument, Suppression } from "../shared/alarms.ts";

export interface Suppressing {
  readonly document: CompositeAlarmDocument;
  /** Of the suppressor; undefined when there is none, or it is gone. */
  readonly suppressor: StateValue | undefined;
  readonly now: number;
}

/** What becomes of it, and whether actions that were held back are taken now. */
export interface Suppressed {
  readonly suppression: Suppression | undefined;
  readonly isActing: boolean;
}

const seconds = (count: number | undefined): number => (count ?? 0) * 1000;

/** When the alarm itself has changed its state: a period that runs is discarded and waiting begins anew. */
export function onTransition({ document, suppressor, now }: Suppressing): Suppressed {
  if (document.settings.ActionsSuppressor === undefined) return { suppression: undefined, isActing: true };
  if (suppressor === "ALARM") return { suppression: { by: "Alarm" }, isActing: false };
  const wait = seconds(document.settings.ActionsSuppressorWaitPeriod);
  if (wait === 0) return { suppression: undefined, isActing: true };
  return { suppression: { by: "WaitPeriod", until: now + wait }, isActing: false };
}

/** When the suppressor has changed its state, or a period may be over. */
export function onSuppressor({ document, suppressor, now }: Suppressing): Suppressed {
  const { suppression, settings } = document;
  if (settings.ActionsSuppressor === undefined) return { suppression: undefined, isActing: true };
  if (suppressor === "ALARM") return { suppression: { by: "Alarm" }, isActing: false };
  if (!suppression) return { suppression, isActing: false };
  const extension = seconds(settings.ActionsSuppressorExtensionPeriod);
  if (suppression.by === "Alarm" && extension > 0)
    return { suppression: { by: "ExtensionPeriod", until: now + extension }, isActing: false };
  if (suppression.until !== undefined && suppression.until > now) return { suppression, isActing: false };
  return { suppression: undefined, isActing: true };
}
