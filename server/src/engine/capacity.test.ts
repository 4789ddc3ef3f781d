import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { admit, type Claim, type HeldClaim, holdMemory, waitingText } from "./capacity.ts";

const MINUTE = 60_000;
const aClaim = (id: string, cpus: number, more: Partial<Claim> = {}): Claim => ({ id, account: "a", cpus, ...more });
const held = (id: string, cpus: number, more: Partial<HeldClaim> = {}): HeldClaim => ({
  ...aClaim(id, cpus),
  since: 0,
  ...more,
});

describe("who may start on 4 CPUs", () => {
  const cases: Record<string, { held?: HeldClaim[]; waiting: Claim[]; admitted: string }> = {
    "first come, first served": { waiting: [aClaim("1", 2), aClaim("2", 2), aClaim("3", 2)], admitted: "12" },
    "nobody when everything is held": { held: [held("0", 4)], waiting: [aClaim("1", 1)], admitted: "" },
    "a job larger than the machine takes all of it": { waiting: [aClaim("1", 96), aClaim("2", 1)], admitted: "1" },
    "a small job is not let past one that waits when it may delay it": {
      held: [held("0", 2)],
      waiting: [aClaim("1", 4), aClaim("2", 1)],
      admitted: "",
    },
    "a short job is let past when it is over before the reservation": {
      held: [held("0", 2, { longestMs: 10 * MINUTE })],
      waiting: [aClaim("1", 4), aClaim("2", 1, { longestMs: 5 * MINUTE })],
      admitted: "2",
    },
    "a long job is let past when slots are over even then": {
      held: [held("0", 3, { longestMs: 10 * MINUTE })],
      waiting: [aClaim("1", 3), aClaim("2", 1)],
      admitted: "2",
    },
    "slots that are over are given out once": {
      held: [held("0", 2, { longestMs: 10 * MINUTE })],
      waiting: [aClaim("1", 3), aClaim("2", 1), aClaim("3", 1)],
      admitted: "2",
    },
    "the account that holds less goes first": {
      held: [held("0", 2)],
      waiting: [aClaim("1", 2), aClaim("2", 2, { account: "b" })],
      admitted: "2",
    },
    "accounts take turns": {
      waiting: [aClaim("1", 1), aClaim("2", 1), aClaim("3", 1), aClaim("4", 1, { account: "b" }), aClaim("5", 1)],
      admitted: "1423",
    },
  };
  for (const [sentence, { held: now = [], waiting, admitted }] of Object.entries(cases)) {
    it(sentence, () => {
      const ids = admit({ cpus: 4, held: now, waiting, now: 0 }).map(({ id }) => id);
      assert.equal(ids.join(""), admitted);
    });
  }
});

it("ten thousand waiting jobs are looked through in one go", () => {
  const waiting = Array.from({ length: 10_000 }, (_, index) => aClaim(`${index}`, 4));
  assert.deepEqual(admit({ cpus: 4, held: [held("x", 1)], waiting, now: 0 }), []);
});

it("a job is told why it waits", () => {
  assert.equal(
    waitingText(aClaim("1", 8), 4, [held("0", 3)], 2),
    "Waiting for 4 CPUs: 3 of 4 are in use, 2 jobs are ahead of it.",
  );
});

describe("memory of services", () => {
  const GIB = 2 ** 30;
  it("a floor is held, whatever the type", () => {
    const request = { typeBytes: 16 * GIB, machineBytes: 8 * GIB, heldBytes: 0, strict: false };
    assert.deepEqual(holdMemory(request), { bytes: GIB / 2 });
  });
  it("strict holds all of the type and says what is left", () => {
    const request = { typeBytes: 16 * GIB, machineBytes: 24 * GIB, heldBytes: 16 * GIB, strict: true };
    assert.deepEqual(holdMemory(request), {
      refusal: "The instance needs 16384 MiB of memory, 8192 MiB of 24576 MiB are left.",
    });
  });
});
