import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidSchedule, readSchedule } from "./schedule.ts";

/** Expression, a time after which, and the next times. All UTC; 2026-01-01 is a Thursday. */
const cases: Readonly<Record<string, readonly [expression: string, after: string, ...next: string[]]>> = {
  "each day at noon": ["cron(0 12 * * ? *)", "2026-01-01T11:59:59Z", "2026-01-01T12:00Z", "2026-01-02T12:00Z"],
  "exactly at a time it is the next one": ["cron(0 12 * * ? *)", "2026-01-01T12:00:00Z", "2026-01-02T12:00Z"],
  "weekdays by name": ["cron(15 10 ? * MON-FRI *)", "2026-01-02T10:15Z", "2026-01-05T10:15Z", "2026-01-06T10:15Z"],
  "days over the end of the week": ["cron(0 0 ? * FRI-MON *)", "2026-01-02T00:00Z", "2026-01-03T00:00Z"],
  "steps of minutes": ["cron(0/25 8 1 * ? *)", "2026-01-01T08:00Z", "2026-01-01T08:25Z", "2026-01-01T08:50Z"],
  "lists and steps within a span": [
    "cron(5,10-30/10 0 1 1 ? 2026-2027)",
    "2026-01-01T00:05Z",
    "2026-01-01T00:10Z",
    "2026-01-01T00:20Z",
    "2026-01-01T00:30Z",
    "2027-01-01T00:05Z",
  ],
  "the last day of a month": ["cron(0 0 L * ? *)", "2026-02-01T00:00Z", "2026-02-28T00:00Z", "2026-03-31T00:00Z"],
  "the last Thursday": ["cron(0 0 ? * 5L *)", "2026-01-01T00:00Z", "2026-01-29T00:00Z", "2026-02-26T00:00Z"],
  "the second Tuesday": ["cron(0 0 ? * 3#2 *)", "2026-01-01T00:00Z", "2026-01-13T00:00Z", "2026-02-10T00:00Z"],
  "a weekday by name and number": ["cron(0 0 ? * TUE#1 *)", "2026-01-01T00:00Z", "2026-01-06T00:00Z"],
  "the weekday next to the 3rd, a Saturday": ["cron(0 0 3W * ? *)", "2026-01-01T00:00Z", "2026-01-02T00:00Z"],
  "the weekday next to the 1st, a Sunday": ["cron(0 0 1W 2 ? *)", "2026-01-01T00:00Z", "2026-02-02T00:00Z"],
  "the weekday next to the 1st, a Saturday": ["cron(0 0 1W 8 ? *)", "2026-01-01T00:00Z", "2026-08-03T00:00Z"],
  "the 29th of February": ["cron(0 0 29 2 ? *)", "2026-01-01T00:00Z", "2028-02-29T00:00Z", "2032-02-29T00:00Z"],
  "one year only": ["cron(0 0 1 1 ? 2026)", "2025-12-31T00:00Z", "2026-01-01T00:00Z"],
  "a rate": ["rate(5 minutes)", "2026-01-01T00:00:30Z", "2026-01-01T00:05:30Z"],
  "a rate of one hour": ["rate(1 hour)", "2026-01-01T00:00Z", "2026-01-01T01:00Z"],
};

for (const [sentence, [expression, after, ...next]] of Object.entries(cases)) {
  test(`${expression}: ${sentence}`, () => {
    const schedule = readSchedule(expression);
    let time = Date.parse(after);
    const found = next.map(() => {
      time = schedule.next(time) ?? Number.NaN;
      return new Date(time).toISOString();
    });
    assert.deepEqual(
      found,
      next.map((one) => new Date(one).toISOString()),
    );
  });
}

test("a schedule that is over has no next time", () => {
  assert.equal(readSchedule("cron(0 0 1 1 ? 2025)").next(Date.parse("2026-01-01")), undefined);
  assert.equal(readSchedule("cron(0 0 30 2 ? *)").next(Date.parse("2026-01-01")), undefined);
});

test("what is no schedule is refused", () => {
  const texts = ["", "rate(5 minute)", "rate(1 minutes)", "rate(-1 hours)", "rate(1 week)", "cron(* * * * * *)"];
  texts.push(
    "cron(0 0 ? * ? *)",
    "cron(0 24 * * ? *)",
    "cron(0 0 0 * ? *)",
    "cron(0 0 ? * 8 *)",
    "cron(0 0 ? * 2#6 *)",
  );
  texts.push("cron(0/0 0 * * ? *)", "cron(0 0 * * ?)", "cron(30-10 0 * * ? *)", "cron(0 0 32W * ? *)");
  for (const text of texts) assert.throws(() => readSchedule(text), InvalidSchedule, text);
});
