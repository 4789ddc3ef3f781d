// Condition keys that a policy asks for, in its conditions and in its variables, spelled as it spells them.
import { asList, isElements } from "./document.ts";

type Elements = Readonly<Record<string, unknown>>;

/** For each statement of the document its keys, each once: those of variables, then those of conditions. */
export function keysAsked(text: string): readonly (readonly string[])[] {
  const document = JSON.parse(text) as Elements;
  const hasVariables = document["Version"] === "2012-10-17";
  return asList(document["Statement"]).map((statement) =>
    isElements(statement) ? distinct(keysOf(statement, hasVariables)) : [],
  );
}

function keysOf(statement: Elements, hasVariables: boolean): readonly string[] {
  const { Resource, NotResource, Condition } = statement;
  const blocks = isElements(Condition) ? Object.values(Condition).filter(isElements) : [];
  const asked = blocks.flatMap((block) => Object.entries(block));
  const texts = [...asList(Resource), ...asList(NotResource), ...asked.flatMap(([, values]) => asList(values))];
  return [...(hasVariables ? texts.flatMap(variablesIn) : []), ...asked.map(([key]) => key)];
}

const variablesIn = (text: unknown): readonly string[] =>
  [...String(text).matchAll(/\$\{([^},]*)(?:,[^}]*)?\}/g)]
    .map(([, name = ""]) => name.trim())
    .filter((name) => !["", "*", "?", "$"].includes(name));

/** Names ignore case: the first spelling stands. */
export function distinct(names: readonly string[]): readonly string[] {
  const seen = new Map<string, string>();
  for (const name of names) if (!seen.has(name.toLowerCase())) seen.set(name.toLowerCase(), name);
  return [...seen.values()];
}
