// The documents: what is generated is what the code gives, no gap is left out, and no link leads nowhere.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { gapsOf } from "./compatibility.ts";
import { generateDocuments } from "./documents.ts";
import { root } from "./steps.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");

test("generating the documents again gives what is checked in", () => {
  const differing = [...generateDocuments()].filter(([path, content]) => read(path) !== content).map(([path]) => path);
  assert.deepEqual(differing, [], "run `npm run generate` and commit what it writes");
});

test("every `Gap:` begins a line that opens an operations.ts, where the compatibility page finds it", () => {
  const files = globSync("server/src/**/*.ts", { cwd: root });
  const stray = files.filter((path) => {
    const source = read(path);
    const found = path.endsWith("/operations.ts") ? gapsOf(source).length : 0;
    return (source.match(/^\s*(\/\/|\*).*\bGap:/gm)?.length ?? 0) !== found;
  });
  assert.deepEqual(stray, []);
});

test("a comment line after a gap goes on with it", () => {
  assert.deepEqual(gapsOf("// A noun.\n// Gap: one\n// and more.\n// Gap: two.\nimport x;\n// Gap: too late."), [
    "one and more.",
    "two.",
  ]);
});

/** `page: target` for every relative link of a page whose file, or whose heading in it, does not exist. */
function brokenLinks(page: string): readonly string[] {
  const text = read(page).replace(/^```[\s\S]*?^```$/gm, "");
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = "", heading] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      return !existsSync(join(root, file)) || (heading !== undefined && !headingsOf(file).includes(heading));
    })
    .map((target) => `${page}: ${target}`);
}

const headingsOf = (page: string): readonly string[] =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, "")
      .replaceAll(" ", "-"),
  );

test("every link inside README and the documents leads to a file and a heading that exist", () => {
  const pages = globSync("{*.md,{docs,contract,bench,images,server}/**/*.md}", { cwd: root });
  assert.ok(pages.includes("README.md"));
  assert.deepEqual(pages.flatMap(brokenLinks), []);
});

test("every decision is in the index", () => {
  const pages = globSync("docs/decisions/[0-9]*.md", { cwd: root }).map((path) => path.slice("docs/decisions/".length));
  const index = read("docs/decisions/README.md");
  assert.ok(pages.length > 0);
  assert.deepEqual(
    pages.filter((page) => !index.includes(`](${page})`)),
    [],
  );
});
