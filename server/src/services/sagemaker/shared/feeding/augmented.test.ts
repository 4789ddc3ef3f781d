import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Lines, valuesOf } from "./augmented.ts";

/** A line as Ground Truth writes it. */
const LABELED =
  '{"source-ref":"s3://flowers/a/1.jpg","species":2,"species-metadata":{"class-name":"iris","confidence":0.90,"job-name":"labeling-job/x","human-annotated":"yes"},"note":"wild \\u00e9","ok":true,"none":null,"box":[1.50,2],"big":12345678901234567890}';

describe("values of a line", () => {
  const cases: Record<string, [attributes: string[], values: unknown[]]> = {
    "in the order of the request": [
      ["species", "source-ref"],
      [{ text: "2" }, { object: { bucket: "flowers", key: "a/1.jpg" } }],
    ],
    "texts as they are": [["note"], [{ text: "wild é" }]],
    "all else as JSON, digit by digit": [
      ["ok", "none", "box", "big"],
      [{ text: "true" }, { text: "null" }, { text: "[1.50,2]" }, { text: "12345678901234567890" }],
    ],
    "objects as JSON": [
      ["species-metadata"],
      [
        {
          text: '{"class-name":"iris","confidence":0.90,"job-name":"labeling-job/x","human-annotated":"yes"}',
        },
      ],
    ],
  };
  for (const [sentence, [attributes, values]] of Object.entries(cases))
    it(sentence, () => assert.deepEqual(valuesOf(LABELED, attributes), values));

  const wrong: Record<string, [line: string, attributes: string[], text: RegExp]> = {
    "an attribute that is missing": [LABELED, ["Species"], /^has no attribute "Species"$/],
    "an attribute that every object inherits": [LABELED, ["toString"], /^has no attribute "toString"$/],
    "a line that is cut": ['{"a":1', ["a"], /^is no JSON: /],
    "a line that is a list": ["[1]", ["a"], /^is no JSON object$/],
    "a reference that is no URI": [
      '{"a-ref":"/a/b"}',
      ["a-ref"],
      /^has "\/a\/b" as attribute "a-ref", expected the S3 URI/,
    ],
    "a reference to a bucket": ['{"a-ref":"s3://flowers/"}', ["a-ref"], /expected the S3 URI of an object/],
    "a reference that is a number": ['{"a-ref":1}', ["a-ref"], /^has 1 as attribute "a-ref"/],
  };
  for (const [sentence, [line, attributes, text]] of Object.entries(wrong))
    it(`not of ${sentence}`, () => assert.throws(() => valuesOf(line, attributes), { name: "BadLine", message: text }));
});

describe("lines of a manifest", () => {
  const cases: Record<string, [text: string, lines: [number, string][]]> = {
    "end with the file or a newline": [
      '{"a":1}\n{"a":2}',
      [
        [1, '{"a":1}'],
        [2, '{"a":2}'],
      ],
    ],
    "may be blank, and are counted all the same": [
      "\n \r\n{}\r\n\n{}\n",
      [
        [3, "{}\r"],
        [5, "{}"],
      ],
    ],
    "begin behind a byte order mark": ["\uFEFF{}\n", [[1, "{}"]]],
    "are none in an empty file": ["", []],
  };
  for (const [sentence, [text, expected]] of Object.entries(cases))
    it(sentence, () => {
      const lines = new Lines(Buffer.from(text));
      const found = Array.from({ length: lines.count }, (_, index) => [lines.number(index), lines.at(index)]);
      assert.deepEqual(found, expected);
    });
});
