// The documents that are made from code: the compatibility page, the table of settings, those of built-in algorithms.
// documents.test.ts makes them again and compares.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { flagOf, type SettingName, settingNames, settingsTable, variableOf } from "../server/src/app/settings.ts";
import { renderCompatibility } from "./compatibility.ts";
import { root } from "./steps.ts";

/** Page of a built-in algorithm to its folder of images/. */
const algorithmPages: Readonly<Record<string, string>> = {
  "docs/factorization-machines.md": "factorization_machines",
  "docs/xgboost.md": "xgboost",
};

/** Path inside the repository to content, for every document that is generated, whole or in part. */
export function generateDocuments(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/compatibility.md", renderCompatibility()],
    ["docs/configuration.md", withBlock("docs/configuration.md", "settings", settingsRows())],
    ...Object.entries(algorithmPages).map(
      ([page, image]) => [page, withBlock(page, "hyperparameters", hyperparameterRows(image))] as const,
    ),
  ]);
}

/** A document with the text between its two markers for `name` replaced. @throws Error if it lacks them. */
function withBlock(path: string, name: string, rows: readonly (readonly string[])[]): string {
  const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
  const page = readFileSync(join(root, path), "utf8");
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path}: expected the lines ${begin} and ${end}, in this order.`);
  return `${page.slice(0, from + begin.length)}\n\n${renderTable(rows)}\n\n${page.slice(to)}`;
}

/** A table in the form the formatter keeps: columns as wide as their widest cell. The first row is the head. */
function renderTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = cells;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

/** Defaults that depend on the machine, in words. */
const machineDefaults: Partial<Record<SettingName, string>> = { cpus: "all CPUs of the machine" };

function settingsRows(): readonly (readonly string[])[] {
  return [
    ["in the file", "flag", "variable", "default", "what it does"],
    ...settingNames.map((name) => {
      const { argument, default: value, help } = settingsTable[name];
      const isNothing = value === "" || typeof value === "object";
      const shown = machineDefaults[name] ?? (isNothing ? "" : `\`${value}\``);
      return [`\`${name}\``, `\`${flagOf(name)} ${argument}\``, `\`${variableOf(name)}\``, shown, help];
    }),
  ];
}

/** What these tables need of a row of an image's algorithm.json. */
interface Hyperparameter {
  readonly name: string;
  /** Absent for an alias, which is as the one it stands for. */
  readonly type?: string;
  readonly description: string;
  readonly required?: boolean;
  readonly requiredWhen?: string;
  readonly appliesWhen?: string;
  readonly default?: string | number | boolean;
  readonly defaultNote?: string;
  readonly min?: number;
  readonly max?: number;
  readonly exclusiveMin?: boolean;
  readonly exclusiveMax?: boolean;
  readonly values?: readonly (string | number)[];
  readonly itemValues?: readonly (string | number)[];
}

function hyperparameterRows(image: string): readonly (readonly string[])[] {
  const { hyperparameters } = JSON.parse(readFileSync(join(root, "images", image, "algorithm.json"), "utf8")) as {
    readonly hyperparameters: readonly Hyperparameter[];
  };
  return [
    ["name", "type", "values", "default", "what it does"],
    ...hyperparameters.map((entry) => [
      `\`${entry.name}\``,
      entry.type ?? "",
      legalValues(entry),
      defaultOf(entry),
      entry.appliesWhen === undefined ? entry.description : `${entry.description} Only with \`${entry.appliesWhen}\`.`,
    ]),
  ];
}

function legalValues({ values, itemValues, min, max, exclusiveMin, exclusiveMax }: Hyperparameter): string {
  const listed = values ?? itemValues;
  if (listed !== undefined) return listed.map((value) => `\`${value}\``).join(", ");
  const low = min === undefined ? "" : `${exclusiveMin ? ">" : "≥"} ${min}`;
  const high = max === undefined ? "" : `${exclusiveMax ? "<" : "≤"} ${max}`;
  return [low, high].filter((part) => part !== "").join(", ");
}

function defaultOf(entry: Hyperparameter): string {
  if (entry.required) return "required";
  if (entry.requiredWhen !== undefined) return `required when \`${entry.requiredWhen}\``;
  return entry.defaultNote ?? (entry.default === undefined ? "" : `\`${entry.default}\``);
}

if (import.meta.main) {
  for (const [path, content] of generateDocuments()) {
    writeFileSync(join(root, path), content);
    console.log(`${path}: ${content.split("\n").length} lines`);
  }
}
