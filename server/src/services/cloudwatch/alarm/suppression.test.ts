// The examples of the guide: a wait of 2 and an extension of 3 units.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CompositeAlarmDocument, Suppression } from "../shared/alarms.ts";
import { onSuppressor, onTransition } from "./suppression.ts";

const document = (suppression?: Suppression): CompositeAlarmDocument => ({
  type: "CompositeAlarm",
  settings: {
    AlarmRule: "TRUE",
    ActionsSuppressor: "s",
    ActionsSuppressorWaitPeriod: 2,
    ActionsSuppressorExtensionPeriod: 3,
  },
  actionsEnabled: true,
  configuredAt: 0,
  tags: {},
  state: { value: "OK", reason: "", updatedAt: 0, transitionedAt: 0 },
  ...(suppression ? { suppression } : {}),
});
const waiting = (until: number): Suppression => ({ by: "WaitPeriod", until: until * 1000 });
const extended = (until: number): Suppression => ({ by: "ExtensionPeriod", until: until * 1000 });
const byAlarm: Suppression = { by: "Alarm" };

type Happening = readonly [what: "transition" | "suppressor", at: number, suppressor: "OK" | "ALARM"];
const examples: Readonly<Record<string, readonly (readonly [Happening, Suppression | undefined, boolean])[]>> = {
  "1: actions are taken after the wait": [
    [["transition", 2, "OK"], waiting(4), false],
    [["suppressor", 3, "OK"], waiting(4), false],
    [["suppressor", 4, "OK"], undefined, true],
  ],
  "2: the suppressor comes before the wait is over": [
    [["transition", 2, "OK"], waiting(4), false],
    [["suppressor", 3, "ALARM"], byAlarm, false],
  ],
  "3: another transition while waiting": [
    [["transition", 2, "OK"], waiting(4), false],
    [["transition", 3, "OK"], waiting(5), false],
    [["suppressor", 5, "OK"], undefined, true],
  ],
  "4: a transition while the suppressor is in alarm": [[["transition", 2, "ALARM"], byAlarm, false]],
  "5: actions are taken after the extension": [
    [["transition", 2, "ALARM"], byAlarm, false],
    [["suppressor", 6, "OK"], extended(9), false],
    [["suppressor", 9, "OK"], undefined, true],
  ],
  "6: a transition during the extension": [
    [["suppressor", 3, "ALARM"], byAlarm, false],
    [["suppressor", 6, "OK"], extended(9), false],
    [["transition", 7, "OK"], waiting(9), false],
    [["suppressor", 9, "OK"], undefined, true],
  ],
};
for (const [name, steps] of Object.entries(examples))
  test(`example ${name}`, () => {
    let suppression: Suppression | undefined;
    for (const [[what, at, suppressor], expected, isActing] of steps) {
      const of = what === "transition" ? onTransition : onSuppressor;
      const found = of({ document: document(suppression), suppressor, now: at * 1000 });
      assert.deepEqual(found, { suppression: expected, isActing });
      suppression = found.suppression;
    }
  });
