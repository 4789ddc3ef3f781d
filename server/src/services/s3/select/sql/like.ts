// LIKE: % stands for any characters, _ for one. Steps grow with text times pattern, whatever the pattern.
import { selectErrors } from "../errors.ts";

type Part = "many" | "one" | { readonly character: string };

/** @throws ApiError EvaluatorLikePatternInvalidEscapeSequence */
export function likeMatcher(pattern: string, escapeCharacter: string | undefined): (text: string) => boolean {
  const parts = partsOf(pattern, escapeCharacter);
  return (text) => matches([...text], parts);
}

function partsOf(pattern: string, escapeCharacter: string | undefined): readonly Part[] {
  if (escapeCharacter !== undefined && [...escapeCharacter].length !== 1)
    throw selectErrors.likeEscape("The escape of LIKE has to be one character.");
  const parts: Part[] = [];
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    if (character === escapeCharacter) {
      at += 1;
      const next = characters[at];
      if (next === undefined || !["%", "_", escapeCharacter].includes(next))
        throw selectErrors.likeEscape("The escape of LIKE has to stand before %, _ or itself.");
      parts.push({ character: next });
    } else parts.push(character === "%" ? "many" : character === "_" ? "one" : { character });
  }
  return parts;
}

/** When characters differ, the last % takes one more. */
function matches(text: readonly string[], parts: readonly Part[]): boolean {
  let [at, next] = [0, 0];
  let lastMany = -1;
  let takenUpTo = 0;
  while (at < text.length) {
    const part = parts[next];
    if (part === "many") {
      lastMany = next;
      takenUpTo = at;
      next += 1;
    } else if (part !== undefined && (part === "one" || part.character === text[at])) {
      at += 1;
      next += 1;
    } else if (lastMany >= 0) {
      takenUpTo += 1;
      at = takenUpTo;
      next = lastMany + 1;
    } else return false;
  }
  return parts.slice(next).every((part) => part === "many");
}
