// Ids of temporary keys: their account can be read from them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accountOfSessionKey, newSessionKeyId } from "./vault.ts";

test("the account of a temporary key is in its id", () => {
  for (const account of ["123456789012", "000000000001", "999999999999"]) {
    const id = newSessionKeyId(account);
    assert.match(id, /^ASIA[A-Z2-7]{16}$/);
    assert.equal(accountOfSessionKey(id), account);
    assert.notEqual(newSessionKeyId(account), id);
  }
});

test("ids of another form have none", () => {
  for (const id of [
    "AKIAIOSFODNN7EXAMPLE",
    "ASIA",
    "ASIA0000000000000000",
    "ASIA7777777777777777",
    `ASIA${"A".repeat(17)}`,
  ]) {
    assert.equal(accountOfSessionKey(id), undefined, id);
  }
});
