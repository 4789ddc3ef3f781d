// Queries made of pieces without sense: each is compiled, or refused with a place within it, and none takes long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePipeline } from "../evaluate/pipeline.ts";
import { EventRecord } from "../evaluate/record.ts";
import { QueryFailure } from "../evaluate/stage.ts";
import { QueryProblem } from "./lexer.ts";
import { parseQuery } from "./parse.ts";

const PIECES = [
  ..."fields display filter stats sort limit parse dedup by as asc desc and or not like in ( ) [ ] , | + - * / % ^".split(
    " ",
  ),
  ...'= != < >= =~ 1 0 -1 1e308 5m 1mo 0w @message @timestamp @ptr a a.b `c d` x[0] \'a\' "*" "a*b" # \n'.split(" "),
  ..."/x+/ /(?<n>a)/ /( count(*) sum(a) avg(a) pct(a,5) bin(1mo) concat(a,b) replace(a,'a','aaaa') substr(a,1) trim(a)".split(
    " ",
  ),
  ..."isIpInSubnet(a,'::/0') jsonParse(@message) greatest(a,1) datefloor(a,1q) fromMillis(1e300) strlen(@message)".split(
    " ",
  ),
];
const COMMANDS = ["fields ", "filter ", "stats count(*) by ", "sort ", "parse ", "dedup ", ""];
const messages = ['{"a": 1, "x": [2], "c d": {}}', "a b aaaa", '{"a": "::1"}', ""];

/** Numbers that look random, the same in each run (xorshift). */
function chances(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

test("no query breaks or takes long", () => {
  const chance = chances(2020);
  const pick = <Item>(items: readonly Item[]): Item => items[chance(items.length)] as Item;
  let compiled = 0;
  for (let round = 0; round < 20_000; round++) {
    const length = pick([1, 2, 3, 5, 9, 200]);
    const text = pick(COMMANDS) + Array.from({ length }, () => pick(PIECES)).join(pick([" ", " ", ""]));
    const since = performance.now();
    try {
      const pipeline = compilePipeline(parseQuery(text), 10);
      for (const [sequence, message] of messages.entries()) {
        const event = { timestamp: 1000 * sequence, ingestedAt: 5, sequence, message };
        pipeline.take(new EventRecord(event, { account: "1", group: "g", stream: "s" }));
      }
      pipeline.rows();
      compiled++;
    } catch (cause) {
      if (cause instanceof QueryFailure) continue;
      assert.ok(cause instanceof QueryProblem, `${text}: ${cause}`);
      assert.ok(cause.start >= 0 && cause.end <= text.length && cause.start <= cause.end, text);
    }
    assert.ok(performance.now() - since < 2000, text);
  }
  assert.ok(compiled > 500, String(compiled));
});
