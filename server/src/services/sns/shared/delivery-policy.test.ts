import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultRetries, delayBefore, mailRetries, type RetryPolicy } from "./delivery-policy.ts";

/** Seconds before each retry, until there is none. */
function delays(policy: RetryPolicy): number[] {
  const found: number[] = [];
  for (let failed = 1; ; failed++) {
    const delay = delayBefore(policy, failed);
    if (delay === undefined) return found;
    found.push(Math.round(delay) / 1000);
  }
}

const rising = { ...defaultRetries, minDelayTarget: 1, maxDelayTarget: 11, numRetries: 6 };

const cases: Readonly<Record<string, readonly [RetryPolicy, readonly number[]]>> = {
  "without a policy: three times, 20 seconds apart": [defaultRetries, [20, 20, 20]],
  "at once, then at the least delay, rising, then at the longest": [
    { ...rising, numRetries: 7, numNoDelayRetries: 2, numMinDelayRetries: 1, numMaxDelayRetries: 2 },
    [0, 0, 1, 1, 11, 11, 11],
  ],
  "linear: by the same each time": [rising, [1, 3, 5, 7, 9, 11]],
  "geometric: slowly first": [{ ...rising, backoffFunction: "geometric" }, [1, 1.4, 2.6, 4.6, 7.4, 11]],
  "no retries at all": [{ ...rising, numRetries: 0 }, []],
};

for (const [sentence, [policy, expected]] of Object.entries(cases)) {
  test(sentence, () => assert.deepEqual(delays(policy), expected));
}

test("mail is tried for six hours: twice after 10 seconds, ten times rising to 10 minutes, then each 10 minutes", () => {
  const found = delays(mailRetries);
  assert.equal(found.length, 50);
  assert.deepEqual(found.slice(0, 3), [10, 10, 10]);
  assert.deepEqual(
    found.slice(11),
    Array.from({ length: 39 }, () => 600),
  );
  const sum = found.reduce((one, other) => one + other, 0);
  assert.ok(sum > 6 * 3600 && sum < 7.5 * 3600);
});
