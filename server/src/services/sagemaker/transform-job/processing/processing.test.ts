import assert from "node:assert/strict";
import { test } from "node:test";
import { BadRecord } from "../records.ts";
import { parseJsonPath } from "./json-path.ts";
import { createProcessing, type RecordFormat } from "./processing.ts";

interface Case {
  readonly format: RecordFormat;
  readonly input?: string;
  readonly output?: string;
  readonly joins?: boolean;
  readonly record: string;
  /** What the container gets. */
  readonly sent: string;
  readonly answer: string;
  readonly written: string;
}

const processing = ({ format, input = "$", output = "$", joins = false }: Partial<Case> & { format: RecordFormat }) =>
  createProcessing(format, { input: parseJsonPath(input), output: parseJsonPath(output), joins });

const cases: Readonly<Record<string, Case>> = {
  "columns of CSV are left out on the way in": {
    ...{ format: "csv", input: "$[1:]", record: "id1,1,2\nid2,3,4\n", sent: "1,2\n3,4" },
    ...{ answer: "0.5\n0.25\n", written: "0.5\n0.25" },
  },
  "CSV is joined with the answer, and cut to the first and last column": {
    ...{ format: "csv", input: "$[1:]", joins: true, output: "$[0,-1]", record: "id1,1,2\nid2,3,4", sent: "1,2\n3,4" },
    ...{ answer: "0.5\n0.25", written: "id1,0.5\nid2,0.25" },
  },
  "cells of CSV with commas and quotes stay cells": {
    ...{ format: "csv", joins: true, record: '"a, ""b""",1', sent: '"a, ""b""",1' },
    ...{ answer: "9", written: '"a, ""b""",1,9' },
  },
  "JSON lines are joined line by line": {
    ...{ format: "json lines", input: "$.features", joins: true, output: "$['uid','SageMakerOutput']" },
    ...{ record: '{"uid": 1, "features": [1, 2]}\n{"uid": 2, "features": [3, 4]}\n', sent: "[1,2]\n[3,4]" },
    ...{ answer: '{"label": "x"}\n{"label": "y"}\n' },
    written: '{"uid":1,"SageMakerOutput":{"label":"x"}}\n{"uid":2,"SageMakerOutput":{"label":"y"}}',
  },
  "an object of JSON has its SageMakerOutput overwritten": {
    ...{ format: "json", joins: true, record: '{"SageMakerOutput": 1, "a": 2}' },
    ...{ sent: '{"SageMakerOutput": 1, "a": 2}', answer: "3", written: '{"SageMakerOutput":3,"a":2}' },
  },
  "JSON that is no object becomes a member beside the answer": {
    ...{ format: "json", joins: true, record: "[1, 2]", sent: "[1, 2]" },
    ...{ answer: '{"p": 1}', written: '{"SageMakerInput":[1,2],"SageMakerOutput":{"p":1}}' },
  },
  "numbers keep every digit": {
    ...{ format: "json", input: "$.n", record: '{"n": 12345678901234567890.10}', sent: "12345678901234567890.10" },
    ...{ answer: "1e400", written: "1e400" },
  },
};

for (const [sentence, one] of Object.entries(cases))
  test(sentence, () => {
    const made = processing(one);
    const record = Buffer.from(one.record);
    assert.equal(made.toModel(record).toString(), one.sent);
    assert.equal(made.fromModel(record, Buffer.from(one.answer)).toString(), one.written);
  });

const refused: Readonly<Record<string, readonly [() => unknown, RegExp]>> = {
  "a column that is not there": [
    () => processing({ format: "csv", input: "$[3]" }).toModel(Buffer.from("1,2,3,4\n1,2,3")),
    /InputFilter, record 2 of the request: \$\[3\] selects item 3, but there are 3 items/,
  ],
  "an answer with other records than were sent": [
    () => processing({ format: "csv", joins: true }).fromModel(Buffer.from("1\n2"), Buffer.from("1")),
    /2 records were sent and 1 came back/,
  ],
  "an answer that is no JSON": [
    () => processing({ format: "json", joins: true }).fromModel(Buffer.from("1"), Buffer.from("<p>")),
    /the container's answer is no JSON/,
  ],
  "a quote that is not closed": [
    () => processing({ format: "csv", input: "$[0]" }).toModel(Buffer.from('"1,2')),
    /the record is no CSV/,
  ],
};

for (const [sentence, [attempt, message]] of Object.entries(refused))
  test(`${sentence} is refused`, () => {
    assert.throws(attempt, (error: unknown) => error instanceof BadRecord && message.test(error.message));
  });
