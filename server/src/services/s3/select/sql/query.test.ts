// Statements on small sources, by table: cases of the user guide's "SQL reference for Amazon S3 Select", and what it
// leaves to the standard.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../../core/errors.ts";
import { recordWriter } from "../output.ts";
import { parseStatement } from "./parse.ts";
import { createQuery } from "./query.ts";
import { headerOf, type Row, recordRow, rowsBelow, valueRow } from "./row.ts";
import type { Value } from "./values.ts";

const NOW = new Date("2020-09-30T12:00:00Z");

type Rows = (statement: ReturnType<typeof parseStatement>) => readonly Row[];

/** Root-level values of a JSON source. */
const json =
  (...values: readonly Value[]): Rows =>
  ({ from }) =>
    values.flatMap((value) => rowsBelow(value, from).map(valueRow));

/** Lines of a CSV source, of which the first is the header. */
const csv =
  (...[names, ...lines]: readonly string[]): Rows =>
  () =>
    lines.map((line) => recordRow(line.split(","), headerOf(names?.split(",") ?? [])));

function answer(text: string, rows: Rows): readonly string[] {
  const statement = parseStatement(text);
  const query = createQuery(statement, NOW);
  const write = recordWriter({ recordDelimiter: "" });
  const records = [];
  for (const row of rows(statement)) {
    if (query.isDone()) break;
    records.push(query.take(row));
  }
  return [...records, query.finish()].filter((record) => record !== undefined).map(write);
}

const people = csv("Name,age,City", "Ann,41,Oslo", "Bob,7,Rome", "Cid,,Oslo", "Dee,41,Bonn");
const one = json({ n: 5, t: "text", no: null, list: [1, { k: "v" }], at: "2020-02-29T10:30:00Z", Aa: 1, aA: 2 });

/** An expression over `one`, and the JSON of its value. */
const values: Readonly<Record<string, string | undefined>> = {
  "1 + 2 * 3": "7",
  "(1 + 2) * -3": "-9",
  "7 % 4 - 1": "2",
  "10 - 3 - 2": "5",
  "'a' || 'b' || n": '"ab5"',
  "'it''s'": '"it\'s"',
  "n > 4 AND n < 6": "true",
  "n > 4 AND no = 1": "null",
  "n < 4 AND no = 1": "false",
  "n > 4 OR no = 1": "true",
  "NOT n = 4": "true",
  "NOT no": "null",
  "n BETWEEN 5 AND 6": "true",
  "n NOT BETWEEN 5 AND 6": "false",
  "n IN (1, 5)": "true",
  "n NOT IN (1, 2)": "true",
  "n IN (1, no)": "null",
  "t LIKE 't_x%'": "true",
  "t LIKE '%x%x%'": "false",
  "'5%' LIKE '5!%' ESCAPE '!'": "true",
  "no IS NULL": "true",
  "gone IS NULL": "true",
  "gone IS MISSING": "true",
  "no IS NOT MISSING": "true",
  "t = 5": "false",
  "t <> 5": "true",
  "t < 5": "null",
  gone: undefined,
  "list[1].k": '"v"',
  "s.list[0]": "1",
  'S3Object."t"': '"text"',
  'list[1]."K"': undefined,
  "list[1].K": '"v"',
  "CASE WHEN n = 4 THEN 'a' WHEN n = 5 THEN 'b' ELSE 'c' END": '"b"',
  "CASE n WHEN 4 THEN 'a' END": "null",
  "COALESCE(no, gone, t)": '"text"',
  "NULLIF(n, 5)": "null",
  "CAST('12.7' AS INT)": "12",
  "CAST('1e2' AS DECIMAL(5, 2))": "100",
  "CAST(n AS STRING)": '"5"',
  "CAST('TRUE' AS BOOL)": "true",
  "CAST(at AS TIMESTAMP)": '"2020-02-29T10:30:00Z"',
  "CHAR_LENGTH('añb😀')": "4",
  "UPPER(t) || LOWER('ÄB')": '"TEXTäb"',
  "SUBSTRING('abcdef', 2, 3)": '"bcd"',
  "SUBSTRING('abcdef' FROM -1 FOR 4)": '"ab"',
  "TRIM('  x ')": '"x"',
  "TRIM(LEADING 'ab' FROM 'abcab')": '"cab"',
  "EXTRACT(month FROM TO_TIMESTAMP(at))": "2",
  "TO_STRING(DATE_ADD(year, 1, TO_TIMESTAMP(at)), 'yyyy-MM-dd')": '"2021-02-28"',
  "DATE_DIFF(month, TO_TIMESTAMP('2020-01-31T'), TO_TIMESTAMP('2020-02-29T'))": "1",
  "TO_STRING(UTCNOW(), 'd MMMM y, h:mm a')": '"30 September 2020, 12:00 PM"',
  "UPPER(no)": "null",
};

for (const [expression, expected] of Object.entries(values))
  test(`${expression} is ${expected}`, () => {
    const member = expected === undefined ? "{}" : `{"x":${expected}}`;
    assert.deepEqual(answer(`SELECT ${expression} AS x FROM S3Object s`, one), [member]);
  });

const statements: Readonly<Record<string, readonly [Rows, readonly string[]]>> = {
  "SELECT * FROM S3Object LIMIT 1": [people, ['{"Name":"Ann","age":"41","City":"Oslo"}']],
  "select s.name, _2 from s3object s where s.age > 8 and city like 'O%'": [people, ['{"name":"Ann","_2":"41"}']],
  "SELECT COUNT(*), COUNT(NULLIF(age, '')), SUM(CAST(NULLIF(age, '') AS INT)) AS total, 1 + MAX(NULLIF(age, '')) FROM S3Object":
    [people, ['{"_1":4,"_2":3,"total":89,"_4":42}']],
  "SELECT AVG(n), MIN(n) FROM S3Object WHERE n > 9": [one, ['{"_1":null,"_2":null}']],
  "SELECT COUNT(*) FROM S3Object LIMIT 0": [one, []],
  "SELECT id FROM S3Object[*].Rules[*].id": [
    json({ Rules: [{ id: "1" }, { expr: "y < x" }, { id: "2", expr: "z = DEBUG" }] }, { created: "June 27" }),
    ['{"id":"1"}', "{}", '{"id":"2"}', "{}"],
  ],
  "SELECT r.id FROM S3Object[*].Rules[*] r": [
    json({ Rules: [{ id: "1" }, { expr: "y < x" }] }, { created: "June 27" }),
    ['{"id":"1"}', "{}", "{}"],
  ],
  "SELECT * FROM S3Object": [json([1, 2], "x", { a: 1 }), ['{"_1":[1,2]}', '{"_1":"x"}', '{"a":1}']],
  "SELECT s._1 FROM S3Object s": [json([1, 2], 3), ['{"_1":[1,2]}', '{"_1":3}']],
  "SELECT a, a FROM S3Object -- a comment": [json({ a: 1 }), ['{"a":1,"a":1}']],
};

for (const [statement, [rows, expected]] of Object.entries(statements))
  test(statement, () => assert.deepEqual(answer(statement, rows), expected));

const refused: Readonly<Record<string, readonly [code: string, rows: Rows]>> = {
  "SELECT a FROM S3Object WHERE a = #1": ["LexerInvalidChar", one],
  "SELECT a": ["ParseUnexpectedToken", one],
  "SELECT FROM S3Object": ["ParseUnexpectedToken", one],
  "SELECT a FROM elsewhere": ["ParseUnexpectedToken", one],
  "SELECT a FROM S3Object GROUP BY a": ["ParseUnexpectedToken", one],
  "SELECT a FROM S3Object LIMIT -1": ["ParseUnexpectedToken", one],
  "SELECT NOSUCH(a) FROM S3Object": ["UnsupportedFunction", one],
  "SELECT UPPER() FROM S3Object": ["IncorrectSqlFunctionArgumentType", one],
  "SELECT UPPER(n) FROM S3Object": ["IncorrectSqlFunctionArgumentType", one],
  "SELECT t + 1 FROM S3Object": ["InvalidDataType", one],
  "SELECT 1 / 0 FROM S3Object": ["InvalidDataType", one],
  "SELECT SUM(t) FROM S3Object": ["InvalidDataType", one],
  "SELECT CAST(t AS INT) FROM S3Object": ["CastFailed", one],
  "SELECT TO_TIMESTAMP('2021-02-29T') FROM S3Object": ["ValueParseFailure", one],
  "SELECT t LIKE 'a!' ESCAPE '!' FROM S3Object": ["EvaluatorLikePatternInvalidEscapeSequence", one],
  "SELECT n, COUNT(*) FROM S3Object": ["UnsupportedSqlStructure", one],
  "SELECT n FROM S3Object WHERE COUNT(*) > 1": ["UnsupportedSqlStructure", one],
  "SELECT SUM(COUNT(*)) FROM S3Object": ["UnsupportedSqlStructure", one],
  "SELECT s.AA FROM S3Object s": ["AmbiguousFieldName", one],
  "SELECT nosuch FROM S3Object": ["MissingHeaders", people],
  [`SELECT ${"(".repeat(5000)}1${")".repeat(5000)} FROM S3Object`]: ["UnsupportedSqlStructure", one],
  [`SELECT ${"NOT ".repeat(5000)}1 FROM S3Object`]: ["UnsupportedSqlStructure", one],
  [`SELECT 1${"+1".repeat(5000)} FROM S3Object`]: ["UnsupportedSqlStructure", one],
  [`SELECT '${"a".repeat(256 * 1024)}' FROM S3Object`]: ["ExpressionTooLong", one],
};

for (const [statement, [code, rows]] of Object.entries(refused))
  test(`${statement.slice(0, 70)} is refused as ${code}`, () =>
    assert.throws(
      () => answer(statement, rows),
      (error) => error instanceof ApiError && error.status === 400 && error.code === code,
    ));

test("the longest chain of operators that is taken is evaluated", () => {
  assert.deepEqual(answer(`SELECT 1${"+1".repeat(2000)} FROM S3Object`, one), ['{"_1":2001}']);
});

test("a pattern of many wildcards takes no time that grows with their powers", () => {
  const pattern = `${"%a".repeat(50)}%b`;
  assert.deepEqual(answer(`SELECT s LIKE '${pattern}' FROM S3Object`, json({ s: "a".repeat(5000) })), ['{"_1":false}']);
});
