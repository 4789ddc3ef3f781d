// Filters of ListSecrets and BatchGetSecretValue (API reference, Filter): values of one filter are alternatives, several
// filters narrow, an exclamation mark in front turns a value round.
import type { Filter } from "../../../../../contract/secretsmanager/types.ts";
import { type Parts, type Place, SECRET, type SecretDocument, type SecretRow, scopeOf } from "./secrets.ts";

const PAGE = 1000;

/** All secrets of an account and region that the filters let through. */
export async function filteredSecrets(
  parts: Parts,
  place: Place,
  { filters, withDeleted }: { readonly filters: readonly Filter[]; readonly withDeleted: boolean },
): Promise<readonly SecretRow[]> {
  const found: SecretRow[] = [];
  for (let after: string | undefined; ; ) {
    const range = { kind: SECRET, scope: scopeOf(place), after, limit: PAGE };
    const rows = await parts.rows.scan<SecretDocument>(range);
    found.push(
      ...rows.filter(
        (row) => (withDeleted || row.document.removeAt === undefined) && filters.every((filter) => passes(row, filter)),
      ),
    );
    after = rows.at(-1)?.name;
    if (rows.length < PAGE) return found;
  }
}

const passes = (row: SecretRow, { Key, Values }: Filter): boolean =>
  (Values ?? []).some((value) =>
    value.startsWith("!") ? !matches(row, Key ?? "all", value.slice(1)) : matches(row, Key ?? "all", value),
  );

function matches({ name, document }: SecretRow, key: string, value: string): boolean {
  const tags = Object.entries(document.tags ?? {});
  const description = document.description ?? "";
  switch (key) {
    case "name":
      return name.startsWith(value);
    case "description":
      return startsWithAnyCase(description, value);
    case "tag-key":
      return tags.some(([tag]) => tag.startsWith(value));
    case "tag-value":
      return tags.some(([, content]) => content.startsWith(value));
    case "all":
      return wordsOf(value).every((word) =>
        [name, description, ...tags.flat()].some((text) => wordsOf(text).some((own) => own.startsWith(word))),
      );
    case "owning-service":
      return (document.owningService ?? "").startsWith(value);
    default:
      // There are no replicas in other regions.
      return false;
  }
}

const startsWithAnyCase = (text: string, start: string): boolean => text.toLowerCase().startsWith(start.toLowerCase());

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
