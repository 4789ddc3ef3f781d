// Values of the model as XML, for query and REST XML. Smithy XML bindings: names, attributes, flattened lists and maps.
import type { ListShape, MapShape, Member, ServiceModel, Shape, StructureShape } from "../../../../contract/model.ts";
import { shapeCompiler, shapeOf } from "../compile.ts";
import { scalarToText, type TimestampFormat } from "./scalars.ts";

/** Writes a value as the element of the given name, with attributes already in text form. */
type Write = (value: unknown, tag: string, attributes: string) => string;

export interface XmlWriters {
  /** Elements of a structure's members, without an element around them. */
  members(shapeName: string, value: object): string;
  element(shapeName: string, value: unknown, tag: string, attributes: string): string;
}

interface Style {
  readonly listMember: string;
  readonly timestamp: TimestampFormat;
}

type Of = (shapeName: string) => Write;

interface Context {
  readonly model: ServiceModel;
  readonly style: Style;
  readonly of: Of;
}

export function xmlWriters(model: ServiceModel, style: Style): XmlWriters {
  const of: Of = shapeCompiler<Write>(
    model,
    (shape, _name, inner) => buildWriter({ model, style, of: inner }, shape),
    (get) => (value, tag, attributes) => get()(value, tag, attributes),
  );
  const bodies = new Map<string, (value: Readonly<Record<string, unknown>>) => string>();
  return {
    members(shapeName, value) {
      const known =
        bodies.get(shapeName) ?? membersWriter({ model, style, of }, shapeOf(model, shapeName) as StructureShape);
      bodies.set(shapeName, known);
      return known(value as Readonly<Record<string, unknown>>);
    },
    element: (shapeName, value, tag, attributes) => of(shapeName)(value, tag, attributes),
  };
}

function buildWriter(context: Context, shape: Shape): Write {
  switch (shape.type) {
    case "structure": {
      const body = membersWriter(context, shape);
      const own = attributesWriter(shape);
      return (value, tag, attributes) => {
        const given = value as Readonly<Record<string, unknown>>;
        return `<${tag}${attributes}${own(given)}>${body(given)}</${tag}>`;
      };
    }
    case "list": {
      const items = listWriter(context, shape, undefined);
      return (value, tag, attributes) => `<${tag}${attributes}>${items(value as readonly unknown[])}</${tag}>`;
    }
    case "map": {
      const entries = mapWriter(context, shape, "entry");
      return (value, tag, attributes) => `<${tag}${attributes}>${entries(value as object)}</${tag}>`;
    }
    default:
      return scalarWriter(context, shape, undefined);
  }
}

function scalarWriter(context: Context, shape: Shape, format: TimestampFormat | undefined): Write {
  const timestamp =
    format ?? (shape.type === "timestamp" ? shape.timestampFormat : undefined) ?? context.style.timestamp;
  return (value, tag, attributes) =>
    `<${tag}${attributes}>${escapeXml(scalarToText(shape, value, timestamp))}</${tag}>`;
}

function membersWriter(context: Context, shape: StructureShape) {
  const members = Object.entries(shape.members)
    .filter(([, member]) => member.location === undefined && !member.xmlAttribute)
    .map(([name, member]) => [name, memberWriter(context, name, member)] as const);
  return (value: Readonly<Record<string, unknown>>): string => {
    let text = "";
    for (const [name, write] of members) {
      const item = value[name];
      if (item !== undefined && item !== null) text += write(item);
    }
    return text;
  };
}

function memberWriter(context: Context, name: string, member: Member): (value: unknown) => string {
  const shape = shapeOf(context.model, member.shape);
  const tag = member.locationName ?? name;
  const attributes = namespaceAttribute(member.xmlNamespace);
  if (shape.type === "list" && (shape.flattened || member.flattened)) {
    const items = listWriter(context, shape, member.locationName ?? shape.member.locationName ?? name);
    return (value) => items(value as readonly unknown[]);
  }
  if (shape.type === "map" && (shape.flattened || member.flattened)) {
    const entries = mapWriter(context, shape, tag);
    return (value) => entries(value as object);
  }
  const write = member.timestampFormat
    ? scalarWriter(context, shape, member.timestampFormat)
    : context.of(member.shape);
  return (value) => write(value, tag, attributes);
}

function listWriter(context: Context, shape: ListShape, flatTag: string | undefined) {
  const write = context.of(shape.member.shape);
  const tag = flatTag ?? shape.member.locationName ?? context.style.listMember;
  return (items: readonly unknown[]): string => {
    let text = "";
    for (const item of items) text += write(item, tag, "");
    return text;
  };
}

function mapWriter(context: Context, shape: MapShape, tag: string) {
  const key = shape.key.locationName ?? "key";
  const valueTag = shape.value.locationName ?? "value";
  const write = context.of(shape.value.shape);
  return (entries: object): string => {
    let text = "";
    for (const [name, item] of Object.entries(entries))
      if (item !== undefined)
        text += `<${tag}><${key}>${escapeXml(name)}</${key}>${write(item, valueTag, "")}</${tag}>`;
    return text;
  };
}

/** Members that are attributes, such as `xsi:type` of a grantee, and the namespace their prefix needs. */
function attributesWriter(shape: StructureShape): (value: Readonly<Record<string, unknown>>) => string {
  const members = Object.entries(shape.members).filter(([, member]) => member.xmlAttribute);
  if (members.length === 0) return () => "";
  return (value) => {
    let text = "";
    for (const [name, member] of members) {
      const item = value[name];
      const tag = member.locationName ?? name;
      const namespace = tag.startsWith("xsi:") ? ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"' : "";
      if (item !== undefined && item !== null) text += `${namespace} ${tag}="${escapeXml(String(item))}"`;
    }
    return text;
  };
}

/** A namespace with a prefix stands where the attribute that uses it is written. */
const namespaceAttribute = (namespace: Member["xmlNamespace"]): string =>
  namespace && namespace.prefix === undefined ? ` xmlns="${namespace.uri}"` : "";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

// Control characters are written as references, which S3 does for keys that hold them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what has to be escaped
const special = /[&<>"\x00-\x08\x0b-\x1f]/g;

/** Of documents that the query protocols answer with. */
export const xmlHeaders = (requestId: string): Readonly<Record<string, string>> => ({
  "Content-Type": "text/xml",
  "x-amzn-RequestId": requestId,
});

/** Escapes markup and control characters. */
export const escapeXml = (text: string): string =>
  text.replace(special, (char) => entities[char] ?? `&#x${char.charCodeAt(0).toString(16)};`);

/** Text for people, as in messages: what XML cannot hold even as a reference is replaced. */
export const escapeText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what XML cannot hold
  escapeXml(text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd"));
