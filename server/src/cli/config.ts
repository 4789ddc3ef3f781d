// `sagebrush config`
import { type ResolvedSettings, settingNames, shownSetting, variableOf } from "../app/settings.ts";

/** Prints a table of settings, values and origins. */
export function printConfig(settings: ResolvedSettings): void {
  const rows = settingNames.map((name) => [
    name,
    shownSetting(settings.values, name),
    settings.origins[name],
    variableOf(name),
  ]);
  const table = [["setting", "value", "from", "variable"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => (row[column] ?? "").length)));
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  console.log(settings.file ? `\nRead ${settings.file}.` : "\nNo sagebrush.yaml here.");
}
