import assert from "node:assert/strict";
import { it } from "node:test";
import { renderTemplate } from "./liquid.ts";

const render = (template: string, input: unknown = {}) =>
  renderTemplate({ template, input, grantReadAccess: (uri) => `read:${uri}` });

const printed: Readonly<Record<string, readonly [template: string, expected: string, input?: unknown]>> = {
  "what is printed is escaped": [`{{ "James & the 'Peach'" }}`, "James &amp; the &#39;Peach&#39;"],
  "an explicit escape does not escape twice": [`{{ "James & co" | escape }}`, "James &amp; co"],
  "escape_once leaves entities": [`{{ "James &amp; 'co'" | escape_once }}`, "James &amp; &#39;co&#39;"],
  "skip_autoescape prints HTML": [`{{ "<b>James & co</b>" | skip_autoescape }}`, "<b>James & co</b>"],
  "a list prints as JSON, escaped": ["{{ task.input.list }}", "[&#34;a&#34;,1]", { list: ["a", 1] }],
  "JSON is safe in an attribute and a script": [
    "{{ task.input | to_json }}",
    '{"a":"\\u0027\\u003c/script\\u003e"}',
    { a: "'</script>" },
  ],
  "JSON may be escaped for an attribute": [
    "{{ task.input.list | to_json | escape }}",
    "[&#34;a&#34;]",
    { list: ["a"] },
  ],
  "keys may have hyphens": ["{{ task.input.source-ref }}", "s3://b/k", { "source-ref": "s3://b/k" }],
  "an object gives pairs of key and value": [
    "{% for box in task.input.map %}{{ box[0] }}={{ box[1]['class-name'] }};{% endfor %}",
    "0=cat;1=dog;",
    { map: { 0: { "class-name": "cat" }, 1: { "class-name": "dog" } } },
  ],
  "read access is given for what capture has made": [
    "{% capture at %}s3://b/{{ task.input.key }}{% endcapture %}{{ at | grant_read_access }}",
    "read:s3://b/cats & dogs",
    { key: "cats & dogs" },
  ],
  "what is not there prints nothing": ["[{{ task.input.nothing.at.all }}]", "[]"],
  "nothing of JavaScript is reached": ["[{{ task.input.constructor }}{{ task.input.__proto__ }}]", "[]"],
};

for (const [sentence, [template, RenderedContent, input]] of Object.entries(printed))
  it(sentence, async () => assert.deepEqual(await render(template, input), { RenderedContent, Errors: [] }));

const wrong: Readonly<Record<string, readonly [template: string, text: RegExp]>> = {
  "a tag that is not closed": ["{% if task %}", /not closed/],
  "a filter that there is not": ["{{ 'a' | shout }}", /undefined filter: shout/],
  "another template": ["{% render '/etc/passwd' %}", /Failed to lookup/],
  "a loop that takes too long": ["{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}", /limit/],
  "a list that is too long": ["{% for i in (1..999999999) %}x{% endfor %}", /limit/],
  "tags nested too deep": ["{% if true %}".repeat(9000), /stack|not closed/],
};

for (const [sentence, [template, text]] of Object.entries(wrong))
  it(`the error of a template names ${sentence}`, async () => {
    const { RenderedContent, Errors } = await render(template);
    assert.equal(RenderedContent, "");
    assert.match(Errors[0]?.Message ?? "", text);
  });
