// Quotas as a setting gives them: `ml.m5.large for training job usage=2,Number of models=50`, in the file a table of the same.
import { isQuotaName, quotaNames } from "../services/sagemaker/shared/quota-names.ts";

/** Limits by name. @throws Error saying what was expected and what came */
export function parseQuotas(text: string): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [name, limit] of itemsOf(text)) {
    if (!isQuotaName(name))
      throw new Error(
        `expected NAME=COUNT with a name such as "ml.m5.large for training job usage" or one of ${quotaNames.join("; ")}; got ${JSON.stringify(name)}`,
      );
    const count = Number(limit);
    if (!/^\d+$/.test(limit) || !Number.isSafeInteger(count))
      throw new Error(`expected a whole number for "${name}", got ${JSON.stringify(limit)}`);
    if (name in found) throw new Error(`the quota "${name}" is given twice`);
    found[name] = count;
  }
  return found;
}

/** A table of the file comes as JSON. */
function itemsOf(text: string): readonly (readonly [string, string])[] {
  if (text.startsWith("{"))
    return Object.entries(JSON.parse(text) as object).map(([name, limit]) => [name, String(limit)]);
  const items = text.split(",").map((item) => item.trim());
  return items
    .filter((item) => item !== "")
    .map((item) => [item.slice(0, item.lastIndexOf("=")).trim(), item.slice(item.lastIndexOf("=") + 1).trim()]);
}
