// XML documents of requests: parsed without document types, entities of their own or unlimited nesting.
import { createRequire } from "node:module";
import type { Member, ServiceModel, Shape, StructureShape } from "../../../../contract/model.ts";
import { ApiError } from "../../core/errors.ts";
import { setOwn, shapeCompiler, shapeOf } from "../compile.ts";
import { formatOf } from "./rest-bindings.ts";
import { scalarFromText } from "./scalars.ts";

/** An element: its text, its attributes with `@` in front, and its children, each name with a list. */
export interface XmlNode {
  readonly "#text"?: string;
  readonly [name: string]: string | readonly XmlNode[] | undefined;
}

/** Deepest nesting; S3's deepest documents (replication rules) have about ten levels. */
const DEEPEST = 50;

/** The parser has thirty modules: they are loaded with the first document. */
function loadParser() {
  const { XMLParser, XMLValidator } = createRequire(import.meta.url)(
    "fast-xml-parser",
  ) as typeof import("fast-xml-parser");
  return { parser: new XMLParser(options), isWellFormed: (text: string) => XMLValidator.validate(text) === true };
}

let loaded: ReturnType<typeof loadParser> | undefined;

const options = {
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  alwaysCreateTextNode: true,
  isArray: (_name: string, _path: unknown, _isLeaf: boolean, isAttribute: boolean) => !isAttribute,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  trimValues: false,
  removeNSPrefix: true,
  maxNestedTags: DEEPEST,
};

/** @throws ApiError MalformedXML */
export function parseXml(body: Buffer): { readonly root: string; readonly node: XmlNode } {
  loaded ??= loadParser();
  const { parser, isWellFormed } = loaded;
  const text = body.toString("utf8");
  // fast-xml-parser would read a document type; requests of AWS never have one.
  if (/<!(DOCTYPE|ENTITY)/i.test(text) || !isWellFormed(text)) throw malformed();
  try {
    const [entry] = Object.entries(parser.parse(text) as Record<string, readonly XmlNode[]>);
    const node = entry?.[1][0];
    if (entry === undefined || node === undefined) throw malformed();
    return { root: entry[0], node };
  } catch (cause) {
    throw cause instanceof ApiError ? cause : malformed();
  }
}

export const malformed = (): ApiError =>
  new ApiError(
    "MalformedXML",
    400,
    "The XML you provided was not well-formed or did not validate against our published schema",
  );

export type ReadXml = (node: XmlNode) => unknown;

/** Readers of elements by shape name. */
export const xmlReaders = (model: ServiceModel): ((name: string) => ReadXml) =>
  shapeCompiler<ReadXml>(
    model,
    (shape, _name, of) => buildReader(model, shape, of),
    (get) => (node) => get()(node),
  );

function buildReader(model: ServiceModel, shape: Shape, of: (name: string) => ReadXml): ReadXml {
  switch (shape.type) {
    case "structure":
      return structureReader(model, shape, of);
    case "list": {
      const read = of(shape.member.shape);
      const tag = shape.member.locationName ?? "member";
      return (node) => children(node, tag).map(read);
    }
    case "map": {
      const read = entriesReader(model, shape, of);
      return (node) => read(children(node, "entry"));
    }
    default:
      return (node) => scalarFromText(shape, textOf(node), formatOf(shape, { shape: "" }));
  }
}

function structureReader(model: ServiceModel, shape: StructureShape, of: (name: string) => ReadXml): ReadXml {
  const members = Object.entries(shape.members)
    .filter(([, member]) => member.location === undefined)
    .map(([name, member]) => [name, memberReader(model, name, member, of), shape.required?.includes(name)] as const);
  return (node) => {
    const result: Record<string, unknown> = {};
    for (const [name, read, isRequired] of members) {
      const value = read(node);
      if (value !== undefined) result[name] = value;
      // S3 holds documents to its schema before it looks at the values.
      else if (isRequired) throw malformed();
    }
    return result;
  };
}

function memberReader(model: ServiceModel, name: string, member: Member, of: (name: string) => ReadXml): ReadXml {
  const shape = shapeOf(model, member.shape);
  const tag = (member.locationName ?? name).replace(/^.*:/, "");
  if (member.xmlAttribute) return (node) => attribute(node, tag);
  if (shape.type === "list" && (shape.flattened || member.flattened)) {
    const read = of(shape.member.shape);
    const itemTag = member.locationName ?? shape.member.locationName ?? name;
    return (node) => {
      const found = children(node, itemTag);
      return found.length === 0 ? undefined : found.map(read);
    };
  }
  if (shape.type === "map" && (shape.flattened || member.flattened)) {
    const read = entriesReader(model, shape, of);
    return (node) => {
      const found = children(node, tag);
      return found.length === 0 ? undefined : read(found);
    };
  }
  const read: ReadXml = member.timestampFormat
    ? (node) => scalarFromText(shape, textOf(node), formatOf(shape, member))
    : of(member.shape);
  return (node) => {
    const [child] = children(node, tag);
    return child === undefined ? undefined : read(child);
  };
}

function entriesReader(
  model: ServiceModel,
  shape: Shape,
  of: (name: string) => ReadXml,
): (entries: readonly XmlNode[]) => Record<string, unknown> {
  if (shape.type !== "map") throw new Error(`contract/${model.name}: a map was expected`);
  const key = shape.key.locationName ?? "key";
  const value = shape.value.locationName ?? "value";
  const read = of(shape.value.shape);
  return (entries) => {
    const result: Record<string, unknown> = {};
    for (const entry of entries) {
      const [name] = children(entry, key);
      const [item] = children(entry, value);
      if (name !== undefined && item !== undefined) setOwn(result, textOf(name), read(item));
    }
    return result;
  };
}

export function children(node: XmlNode, tag: string): readonly XmlNode[] {
  const found = Object.hasOwn(node, tag) ? node[tag] : undefined;
  return Array.isArray(found) ? found : [];
}

function attribute(node: XmlNode, name: string): string | undefined {
  const value = Object.hasOwn(node, `@${name}`) ? node[`@${name}`] : undefined;
  return typeof value === "string" ? decodeEntities(value) : undefined;
}

export const textOf = (node: XmlNode): string => decodeEntities(node["#text"] ?? "");

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** XML's own five entities and character references; there are no others without a document type. */
function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return named[name] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      if (code > 0x10ffff) throw malformed();
      return String.fromCodePoint(code);
    },
  );
}
