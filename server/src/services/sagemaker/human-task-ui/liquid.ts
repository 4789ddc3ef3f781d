// Liquid of worker task templates (guide, "Create Custom Worker Templates", and Shopify's reference, which it follows):
// what is printed is escaped as HTML, and four filters more than Shopify's.
import { AssertionError, Liquid, ParseError, RenderError, TokenizationError } from "liquidjs";

export interface Rendered {
  readonly RenderedContent: string;
  /** Empty when all went well. */
  readonly Errors: readonly { readonly Code: string; readonly Message: string }[];
}

export interface Rendering {
  readonly template: string;
  /** What the template sees as `task.input`. */
  readonly input: unknown;
  /** An address for an object that the reader may have for a while; throws Error in words for whoever wrote the template. */
  readonly grantReadAccess: (uri: string) => string;
}

/** A template is rendered while other callers wait, so one that takes longer is stopped, in milliseconds. */
const MAX_MILLISECONDS = 500;
/** Characters that filters, arrays and loops of one template may make. */
const MAX_MEMORY = 10_000_000;

export async function renderTemplate({ template, input, grantReadAccess }: Rendering): Promise<Rendered> {
  const liquid = new Liquid({
    outputEscape: escapeAll,
    strictFilters: true,
    ownPropertyOnly: true,
    // Nothing is included from anywhere.
    templates: {},
    renderLimit: MAX_MILLISECONDS,
    memoryLimit: MAX_MEMORY,
  });
  const filters: Readonly<Record<string, (value: unknown) => string>> = {
    escape: escapeAll,
    escape_once: escapeOnce,
    skip_autoescape: textOf,
    to_json: jsonOf,
    grant_read_access: (value) => grantReadAccess(withoutEntities(textOf(value))),
  };
  for (const [name, handler] of Object.entries(filters)) liquid.registerFilter(name, { handler, raw: true });
  try {
    return { RenderedContent: await liquid.parseAndRender(template, { task: { input } }), Errors: [] };
  } catch (cause) {
    if (!faultsOfTemplates.some((kind) => cause instanceof kind)) throw cause;
    const { name, message } = cause as Error;
    return { RenderedContent: "", Errors: [{ Code: name, Message: message }] };
  }
}

/** What the library throws for a template that is wrong or does too much; anything else is ours. */
const faultsOfTemplates = [AssertionError, ParseError, RenderError, TokenizationError];

/** Printing a list or an object gives JSON: the templates of the built-in task types count on it. */
const textOf = (value: unknown): string => {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};
const characters = Object.fromEntries(Object.entries(entities).map(([character, entity]) => [entity, character]));

const escapeText = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
const escapeAll = (value: unknown): string => escapeText(textOf(value));
const withoutEntities = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|#34|#39);/g, (entity) => characters[entity] ?? entity);

/** Leaves the entities that are there, also those that a template's author wrote. */
const escapeOnce = (value: unknown): string =>
  textOf(value).replace(/&(?:[a-zA-Z]\w*|#\d+|#x[\da-fA-F]+);|[&<>"']/g, (found) => entities[found] ?? found);

/** JSON that is safe in an attribute and in a script: characters of HTML are written as JSON's own escapes. */
const jsonOf = (value: unknown): string =>
  (JSON.stringify(value) ?? "null").replace(
    /[<>&']/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
