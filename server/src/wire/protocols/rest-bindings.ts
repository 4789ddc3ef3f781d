// Members of REST protocols outside the body: labels of the path, query string, headers, status. Smithy HTTP bindings.
import type { Member, ServiceModel, Shape, StructureShape } from "../../../../contract/model.ts";
import { errors } from "../../core/errors.ts";
import { setOwn, shapeOf } from "../compile.ts";
import type { Source } from "./codec.ts";
import { scalarFromText, scalarToText, type TimestampFormat } from "./scalars.ts";

type Values = Record<string, unknown>;

/** Reads every member that is not in the body. */
export function bindingReader(model: ServiceModel, shape: StructureShape): (source: Source, into: Values) => void {
  const bound = Object.entries(shape.members).filter(([, member]) => member.location !== undefined);
  const named = new Set(
    bound
      .filter(([, member]) => member.location === "querystring")
      .map(([name, member]) => member.locationName ?? name),
  );
  const readers = bound.map(([name, member]) => memberReader(model, name, member, named));
  return (source, into) => {
    for (const read of readers) read(source, into);
  };
}

/** Gives headers and status of the members that an output puts there. */
export function bindingWriter(
  model: ServiceModel,
  shape: StructureShape,
): (output: Readonly<Values>, headers: Record<string, string>) => number | undefined {
  const members = Object.entries(shape.members).filter(([, member]) => member.location !== undefined);
  return (output, headers) => {
    let status: number | undefined;
    for (const [name, member] of members) {
      const value = output[name];
      if (value === undefined || value === null) continue;
      if (member.location === "statusCode") status = Number(value);
      else if (member.location === "headers")
        for (const [key, item] of Object.entries(value))
          headers[`${member.locationName ?? ""}${key}`] = headerText(String(item));
      else headers[member.locationName ?? name] = headerText(writeHeader(model, member, value));
    }
    return status;
  };
}

function memberReader(
  model: ServiceModel,
  name: string,
  member: Member,
  namedQuery: ReadonlySet<string>,
): (source: Source, into: Values) => void {
  const wireName = member.locationName ?? name;
  const shape = shapeOf(model, member.shape);
  switch (member.location) {
    case "uri":
      return ({ labels }, into) => {
        const text = labels[wireName];
        if (text !== undefined) into[name] = scalarFromText(shape, text, formatOf(shape, member));
      };
    case "querystring":
      return queryReader(model, name, wireName, shape, member, namedQuery);
    case "headers": {
      const prefix = wireName.toLowerCase();
      return ({ headers }, into) => {
        const found: Values = {};
        for (const header in headers)
          if (header.startsWith(prefix)) setOwn(found, header.slice(prefix.length), headers[header]);
        if (Object.keys(found).length > 0) into[name] = found;
      };
    }
    default: {
      const header = wireName.toLowerCase();
      return ({ headers }, into) => {
        const text = headers[header];
        if (text !== undefined && text !== "") into[name] = readHeader(model, shape, member, text);
      };
    }
  }
}

function queryReader(
  model: ServiceModel,
  name: string,
  wireName: string,
  shape: Shape,
  member: Member,
  named: ReadonlySet<string>,
): (source: Source, into: Values) => void {
  if (shape.type === "map")
    return ({ query }, into) => {
      const found: Values = {};
      for (const parameter of query) if (!named.has(parameter.name)) setOwn(found, parameter.name, parameter.value);
      into[name] = found;
    };
  if (shape.type === "list") {
    const item = shapeOf(model, shape.member.shape);
    return ({ query }, into) => {
      const found = query.filter((parameter) => parameter.name === wireName);
      if (found.length > 0) into[name] = found.map(({ value }) => scalarFromText(item, value, formatOf(item, member)));
    };
  }
  return ({ query }, into) => {
    const found = query.find((parameter) => parameter.name === wireName);
    if (found) into[name] = scalarFromText(shape, found.value, formatOf(shape, member));
  };
}

function readHeader(model: ServiceModel, shape: Shape, member: Member, text: string): unknown {
  if (member.jsonValue) return jsonHeader(text);
  if (shape.type !== "list") return scalarFromText(shape, text, formatOf(shape, member, "rfc822"));
  const item = shapeOf(model, shape.member.shape);
  return text.split(",").map((part) => scalarFromText(item, part.trim(), formatOf(item, member, "rfc822")));
}

function jsonHeader(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64").toString("utf8"));
  } catch (cause) {
    throw errors.serializationFailure(`Expected base64 of JSON in a header: ${(cause as Error).message}`);
  }
}

function writeHeader(model: ServiceModel, member: Member, value: unknown): string {
  const shape = shapeOf(model, member.shape);
  if (member.jsonValue) return Buffer.from(JSON.stringify(value)).toString("base64");
  if (shape.type !== "list") return scalarToText(shape, value, formatOf(shape, member, "rfc822"));
  const item = shapeOf(model, shape.member.shape);
  return (value as readonly unknown[])
    .map((one) => scalarToText(item, one, formatOf(item, member, "rfc822")))
    .join(", ");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what a header cannot hold
const unfit = /[\x00-\x08\x0a-\x1f\x7f]+/g;

/** Bytes of UTF-8 as Node wants them in a header; control characters would end it or be refused and become spaces. */
const headerText = (text: string): string => Buffer.from(text.replace(unfit, " "), "utf8").toString("latin1");

export function formatOf(shape: Shape, member: Member, fallback: TimestampFormat = "iso8601"): TimestampFormat {
  if (member.timestampFormat) return member.timestampFormat;
  return shape.type === "timestamp" && shape.timestampFormat ? shape.timestampFormat : fallback;
}
