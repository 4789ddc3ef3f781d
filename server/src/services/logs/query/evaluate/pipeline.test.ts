// Queries over a few events: the rows they give. [guide]: after examples of the Logs user guide.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QueryProblem } from "../language/lexer.ts";
import { parseQuery } from "../language/parse.ts";
import { compilePipeline } from "./pipeline.ts";
import { EventRecord } from "./record.ts";
import { QueryFailure } from "./stage.ts";

const START = Date.parse("2020-09-15T12:00:00Z");
const place = { account: "123456789012", group: "g", stream: "s" };

/** Rows as objects, @ptr left out; events come a minute apart. */
function run(query: string, messages: readonly (string | object)[], limit = 1000): Record<string, string>[] {
  const pipeline = compilePipeline(parseQuery(query), limit);
  for (const [index, message] of messages.entries()) {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    const event = { timestamp: START + index * 60_000, message: text, ingestedAt: START, sequence: index };
    pipeline.take(new EventRecord(event, place));
    if (index === 0) pipeline.rows();
  }
  return pipeline
    .rows()
    .map((row) =>
      Object.fromEntries(row.filter(({ field }) => field !== "@ptr").map(({ field, value }) => [field, value])),
    );
}

const requests = [
  { url: "/a", status: 200, ms: 10, user: { name: "ann", tags: ["x", "y"] }, ok: true },
  { url: "/b", status: 404, ms: 20, user: { name: "bob" }, ok: false },
  { url: "/a", status: 500, ms: 30, ok: false, "foo-bar": 7 },
  { url: "/a", status: 200, ms: 60, "@host": "h1" },
];
const one = [{ a: 10, b: 3, text: "xyZxyfooxyxyZ", empty: "", ip: "192.0.2.7", ip6: "2001:db8::5", at: 1642195111123 }];

type Row = Record<string, string>;
const cases: Readonly<Record<string, readonly [query: string, messages: readonly (string | object)[], rows: Row[]]>> = {
  "time and message are shown where a query names nothing, newest first": [
    "filter status = 200",
    requests,
    [
      { "@timestamp": "2020-09-15 12:03:00.000", "@message": JSON.stringify(requests[3]) },
      { "@timestamp": "2020-09-15 12:00:00.000", "@message": JSON.stringify(requests[0]) },
    ],
  ],
  "fields of several commands are shown together": [
    "fields url | fields status as code, ms / 10 as tenth | sort ms | limit 1",
    requests,
    [{ url: "/a", code: "200", tenth: "1" }].map(({ code, ...rest }) => ({ ...rest, code })),
  ],
  "the last display says what is shown": [
    "fields url, status | display status | display ms | sort ms desc | limit 2",
    requests,
    [{ ms: "60" }, { ms: "30" }],
  ],
  "nested fields, elements and odd names": [
    "fields user.name, user.tags.1, `foo-bar`, @@host | sort ms",
    requests,
    [{ "user.name": "ann", "user.tags.1": "y" }, { "user.name": "bob" }, { "foo-bar": "7" }, { "@@host": "h1" }],
  ],
  "automatic fields": [
    "fields @log, @logStream, @ingestionTime | limit 1",
    requests,
    [{ "@log": "123456789012:g", "@logStream": "s", "@ingestionTime": "2020-09-15 12:00:00.000" }],
  ],
  "truths are 1 and 0": [
    "fields ok | filter ispresent(ok) | sort ms",
    requests,
    [{ ok: "1" }, { ok: "0" }, { ok: "0" }],
  ],
  "a truth is compared with either": ["filter ok = true or ok = 0 | stats count(*) as n", requests, [{ n: "3" }]],
  "and binds closer than or": [
    'fields ms | filter url = "/b" or url = "/a" and status = 500 | sort ms',
    requests,
    [{ ms: "20" }, { ms: "30" }],
  ],
  "not, parentheses and in [guide]": [
    'fields ms | filter not (status in [200, 500]) and url not in ["/a", "bar", 1]',
    requests,
    [{ ms: "20" }],
  ],
  "what is not there differs": ['filter user.name != "ann" | stats count(*) as n', requests, [{ n: "3" }]],
  "what is not there is not less": ["filter nothing < 1 or nothing > 0 | stats count(*) as n", requests, [{ n: "0" }]],
  "texts that are numbers compare as numbers": ["filter n > 9 | fields n", [{ n: "10" }, { n: "8" }], [{ n: "10" }]],
  "like finds a part [guide]": [
    'filter @message like "Exception" | stats count(*) as n',
    ["an Exception", "none"],
    [{ n: "1" }],
  ],
  "like finds an expression without regard to case [guide]": [
    "filter @message like /(?i)exception/ | stats count() as n",
    ["an Exception", "none"],
    [{ n: "1" }],
  ],
  "=~ and not like": [
    "filter @message =~ /^a/ and @message not like /b$/ | fields @message",
    ["ab", "ac"],
    [{ "@message": "ac" }],
  ],
  "a slash within an expression": [
    "filter @message like /a\\/[/]b/ | fields @message",
    ["a//b"],
    [{ "@message": "a//b" }],
  ],
  "comments [guide]": ["# first\nfields ms # why\n# | filter ms > 1\n| sort ms | limit 1", requests, [{ ms: "10" }]],
  "arithmetic [guide]": [
    "fields a + b as sum, a - b * 2 as less, -a / 4 as part, 2 ^ 3 ^ 2 as power, a % b as rest, a / 0 as none",
    one,
    [{ sum: "13", less: "4", part: "-2.5", power: "512", rest: "1" }],
  ],
  "functions of numbers": [
    "fields abs(b - a) as x, ceil(b / 2) as c, floor(b / 2) as f, greatest(a, b, 99) as g, least(a, b) as l, sqrt(9) as s, log(1) as o",
    one,
    [{ x: "7", c: "2", f: "1", g: "99", l: "3", s: "3", o: "0" }],
  ],
  "functions of texts [guide]": [
    'fields trim(text, "xyZ") as t, ltrim(text, "xyZ") as l, rtrim(text, "xyZ") as r, substr(text, 5, 3) as s, strlen(text) as n, ' +
      'toupper("a") as u, tolower("B") as d, replace(text, "xy", "-") as e, strcontains(text, "foo") as c, concat(a, "-", b) as k',
    one,
    [
      {
        t: "foo",
        l: "fooxyxyZ",
        r: "xyZxyfoo",
        s: "foo",
        n: "13",
        u: "A",
        d: "b",
        e: "-Z-foo--Z",
        c: "1",
        k: "10-3",
      },
    ],
  ],
  "what is there and what is empty": [
    "fields isempty(empty) as e, isempty(a) as n, isblank(nothing) as y, coalesce(nothing, b) as c, ispresent(a) as p",
    one,
    [{ e: "1", n: "0", y: "1", c: "3", p: "1" }],
  ],
  "functions of times": [
    "fields datefloor(fromMillis(at), 1h) as f, dateceil(fromMillis(at), 1mo) as c, toMillis(fromMillis(at)) as m, bin(1d)",
    one,
    [
      {
        f: "2022-01-14 21:00:00.000",
        c: "2022-02-01 00:00:00.000",
        m: "1642195111123",
        "bin(1d)": "2020-09-15 00:00:00.000",
      },
    ],
  ],
  "functions of addresses": [
    'fields isValidIp(ip) as v, isValidIpV4(ip6) as f, isValidIpV6(ip6) as s, isIpv4InSubnet(ip, "192.0.2.0/24") as i, ' +
      'isIpInSubnet(ip6, "2001:db8::/32") as j, isIpv6InSubnet(ip, "2001:db8::/32") as k, isIpInSubnet(ip, "nonsense") as l',
    one,
    [{ v: "1", f: "0", s: "1", i: "1", j: "1", k: "0", l: "0" }],
  ],
  "JSON within JSON": [
    "fields jsonParse(inner) as doc | fields doc.list[1].n as n, jsonStringify(doc.list) as text | display n, text",
    [{ inner: '{"list": [1, {"n": 5}]}' }],
    [{ n: "5", text: '[1,{"n":5}]' }],
  ],
  "parse by a glob [guide]": [
    'parse @message "[*] * The error was: *" as level, config, exception | display level, config, exception',
    ["25 May 2019 10:24:39,474 [ERROR] {foo=2, bar=data} The error was: DataIntegrityException"],
    [{ level: "ERROR", config: "{foo=2, bar=data}", exception: "DataIntegrityException" }],
  ],
  "parse by an expression [guide]": [
    "parse @message /user=(?<user2>.*?), method:(?<method2>.*?), latency := (?<latency2>\\d+)/ | stats avg(latency2) by method2, user2",
    ["user=u1, method:m, latency := 216", "user=u1, method:m, latency := 218", "other"],
    [{ method2: "m", user2: "u1", "avg(latency2)": "217" }, {}],
  ],
  "parse names groups by their places, of the message where no field is named": [
    "parse /(\\w+)=(\\d+)/ as key, number | display key, number",
    ["a=1"],
    [{ key: "a", number: "1" }],
  ],
  "stats of everything": [
    "stats count(*), count(ok) as oks, count_distinct(url) as urls, sum(ms) as sum, avg(ms) as mean, min(ms) as least, max(ms) as most, " +
      "stddev(status) as deviation, median(ms) as middle, pct(ms, 100) as top, earliest(ms) as first, latest(ms) as last, " +
      "sortsFirst(url) as a, sortsLast(url) as z",
    requests,
    [
      {
        "count(*)": "4",
        oks: "3",
        urls: "2",
        sum: "120",
        mean: "30",
        least: "10",
        most: "60",
        deviation: String(Math.sqrt([200, 404, 500, 200].reduce((sum, s) => sum + (s - 326) ** 2, 0) / 4)),
        middle: "25",
        top: "60",
        first: "10",
        last: "60",
        a: "/a",
        z: "/b",
      },
    ],
  ],
  "stats of nothing has a row": ["stats count(*) as n, max(ms) as most", [], [{ n: "0" }]],
  "stats by time and field [guide]": [
    "stats count(*) as n by bin(2m), url | sort bin(2m), n",
    requests,
    [
      { "bin(2m)": "2020-09-15 12:00:00.000", url: "/a", n: "1" },
      { "bin(2m)": "2020-09-15 12:00:00.000", url: "/b", n: "1" },
      { "bin(2m)": "2020-09-15 12:02:00.000", url: "/a", n: "2" },
    ],
  ],
  "columns of stats are used by later ones [guide]": [
    "stats max(ms / 10) as most, min(ms) as least, most - least as span, max(ms) - min(ms) as width",
    requests,
    [{ most: "6", least: "10", span: "-4", width: "50" }],
  ],
  "stats over stats": [
    "stats sum(ms) as total by url | stats max(total) as most, count(*) as n",
    requests,
    [{ most: "100", n: "2" }],
  ],
  "stats may be sorted by the text of a function, and filtered": [
    "stats count(*), avg(ms) by url | filter avg(ms) > 1 | sort count(*) desc | limit 1",
    requests,
    [{ url: "/a", "count(*)": "3", "avg(ms)": String(100 / 3) }],
  ],
  "what is sorted stays so behind other commands": [
    "sort ms desc | filter status = 200 | fields ms * 0 as ms2 | fields 1 as ms | limit 1 | display ms, ms2, status",
    requests,
    [{ ms: "1", ms2: "0", status: "200" }],
  ],
  "what is not there is sorted last": [
    "sort n desc | fields n, k",
    [{ k: 1 }, { n: 1 }, { n: 2 }],
    [{ n: "2" }, { n: "1" }, { k: "1" }],
  ],
  "dedup keeps the first by the order [guide]": [
    "fields url, ms | sort ms desc | dedup url",
    requests,
    [
      { url: "/a", ms: "60" },
      { url: "/b", ms: "20" },
    ],
  ],
  "dedup keeps the newest without an order, and all that lack a field [guide]": [
    "fields ms | dedup user.name | limit 3",
    requests,
    [{ ms: "60" }, { ms: "30" }, { ms: "20" }],
  ],
  "limit before a sort": ["limit 2 | sort ms | fields ms", requests, [{ ms: "30" }, { ms: "60" }]],
  "quotes and escapes": [`filter text = 'it\\'s "so"' | fields text`, [{ text: `it's "so"` }], [{ text: `it's "so"` }]],
};

for (const [sentence, [query, messages, rows]] of Object.entries(cases)) {
  test(sentence, () => {
    assert.deepEqual(run(query, messages), rows);
  });
}

test("a query that says no limit gives as many rows as asked for", () => {
  const messages = Array.from({ length: 50 }, (_, index) => ({ n: index }));
  assert.deepEqual(run("fields n", messages, 2), [{ n: "49" }, { n: "48" }]);
  assert.deepEqual(run("fields n | sort n", messages, 2), [{ n: "0" }, { n: "1" }]);
});

test("a query that would gather without bound fails", () => {
  const fails = (query: string, message: (index: number) => string) => {
    const pipeline = compilePipeline(parseQuery(query), 1000);
    assert.throws(() => {
      for (let index = 0; index < 200_000; index++) {
        const event = { timestamp: START, message: message(index), ingestedAt: START, sequence: index };
        pipeline.take(new EventRecord(event, place));
      }
    }, QueryFailure);
  };
  fails("stats count(*) by @message", (index) => `row ${index}`);
  fails("dedup @message", (index) => `row ${index}`);
  const long = "x".repeat(20_000);
  fails('parse @message "*:*" as key, rest | stats latest(@message) by key', (index) => `${index % 5000}:${long}`);
});

test("records that are kept take bounded memory", () => {
  const pipeline = compilePipeline(parseQuery("fields concat(@message, @message) as twice | limit 10000"), 1000);
  const long = "x".repeat(100_000);
  for (let index = 0; index < 600; index++) {
    const event = { timestamp: START + index, message: long, ingestedAt: START, sequence: index };
    pipeline.take(new EventRecord(event, place));
  }
  const rows = pipeline.rows();
  assert.ok(rows.length > 20 && rows.length < 400, String(rows.length));
});

const refused: Readonly<Record<string, readonly [query: string, message: RegExp]>> = {
  "an empty query": ["", /expected one of fields, .*, got the end of the query/],
  "an unknown command": ["test", /expected one of fields/],
  "a command that is not built": ["pattern @message", /pattern is not yet available in Sagebrush/],
  "a word too many": ["limit 5 6", /expected \| or the end of the query, got 6/],
  "a limit beyond the largest": ["limit 10001", /expected a number from 1 to 10000, got 10001/],
  "an open text": ['filter a = "x', /not closed by a quote/],
  "an open expression": ["filter a like /x", /not closed by a slash/],
  "an expression that RE2 does not know": ["filter a like /(?=x)/", /cannot be used/],
  "an open parenthesis": ["filter (a = 1", /expected \), got the end of the query/],
  "an unknown function": ["fields shout(a)", /there is no function shout here/],
  "a function that lacks a value": ["fields replace(a)", /replace takes 3 values, got 1/],
  "a function of stats elsewhere": ["filter count(*) > 1", /there is no function count here/],
  "a function of stats in another": ["stats sum(avg(a))", /avg cannot stand in sum/],
  "stats of a bare field": ["stats a", /expected a function of stats such as count\(\*\), got a/],
  "three stats": ["stats count(*) | stats count(*) | stats count(*)", /at most 2 stats/],
  "a command behind dedup": ["dedup a | sort a", /only limit behind dedup/],
  "a name for each star": ['parse @message "* *" as a', /expected 2 names, one for each \*, got 1/],
  "an expression without groups": ["parse @message /x/", /expected a named group/],
  "a group too many": ["parse @message /(x)/ as a, b", /expected 2 groups/],
  "a period that is none": ["stats count(*) by bin(5x)", /expected bin\(5m\), got bin\(5x\)/],
  "a percentile that is none": ["stats pct(a, 101)", /the percent from 0 to 100/],
  "nesting too deep": [`filter ${"(".repeat(500)}a`, /nested too deep/],
  "minuses too many": [`fields ${"-".repeat(500)}a`, /nested too deep/],
  "a character of no meaning": ["fields a & b", /unexpected character &/],
};

for (const [sentence, [query, message]] of Object.entries(refused)) {
  test(`${sentence} is refused`, () => {
    assert.throws(
      () => compilePipeline(parseQuery(query), 1000),
      (cause) => cause instanceof QueryProblem && message.test(cause.message),
    );
  });
}
