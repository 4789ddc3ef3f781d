// JSON values ⇄ values of the model. Used by AWS JSON 1.0 and 1.1 for whole bodies, by rest-json for members, and for
// what CBOR gives, where a blob is bytes already.
import type { Member, ServiceModel, Shape, StructureShape } from "../../../../contract/model.ts";
import { type ApiError, errors } from "../../core/errors.ts";
import { setOwn, shapeCompiler, shapeOf } from "../compile.ts";
import { type TimestampFormat, timestampFromText, timestampToText } from "./scalars.ts";

export type Convert = (value: unknown) => unknown;
type Of = (name: string) => Convert;

const later = (get: () => Convert): Convert => {
  return (value) => get()(value);
};

/** Readers take what JSON.parse gives, drop members no model knows, and refuse a wrong type as AWS does. */
export const jsonReaders = (model: ServiceModel): Of =>
  shapeCompiler<Convert>(model, (shape, _name, of) => buildReader(model, shape, of), later);

/** Writers give what JSON.stringify takes; members that are not in the model or undefined are left out. */
export const jsonWriters = (model: ServiceModel): Of =>
  shapeCompiler<Convert>(model, (shape, _name, of) => buildWriter(model, shape, of), later);

/** @throws ApiError SerializationFailure */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw errors.serializationFailure(`The request body is not JSON: ${(cause as Error).message}`);
  }
  if (body.length > DEEPEST) checkDepth(value);
  return value;
}

/** Deepest nesting of a body: far more than any document has, far less than readers and checks have stack for. */
const DEEPEST = 200;

/** @throws ApiError SerializationFailure for a value nested too deeply */
export function checkDepth(value: unknown): void {
  const isContainer = (item: unknown): item is object => typeof item === "object" && item !== null;
  let level: object[] = isContainer(value) ? [value] : [];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= DEEPEST) throw errors.serializationFailure(`Expected at most ${DEEPEST} levels of nesting.`);
    level = level.flatMap((item) => (ArrayBuffer.isView(item) ? [] : Object.values(item).filter(isContainer)));
  }
}

/** The members of a structure that travel in a JSON body, with the names they have there. */
export function jsonMembers(shape: StructureShape): readonly (readonly [string, string, Member])[] {
  return Object.entries(shape.members)
    .filter(([, member]) => member.location === undefined)
    .map(([name, member]) => [name, member.locationName ?? name, member] as const);
}

function buildReader(model: ServiceModel, shape: Shape, of: Of): Convert {
  switch (shape.type) {
    case "structure":
      return readStructure(model, shape, of);
    case "list": {
      const readMember = memberReader(model, shape.member, of);
      return (value) => {
        if (!Array.isArray(value)) throw mismatch(value, "a list");
        return value.map((item) => (item === null ? null : readMember(item)));
      };
    }
    case "map": {
      const readValue = memberReader(model, shape.value, of);
      return (value) => {
        if (typeof value !== "object" || Array.isArray(value)) throw mismatch(value, "a map");
        const result: Record<string, unknown> = {};
        for (const key of Object.keys(value as object)) {
          const item = (value as Record<string, unknown>)[key];
          if (item !== null) setOwn(result, key, readValue(item));
        }
        return result;
      };
    }
    default:
      return scalarReader(shape, undefined);
  }
}

function readStructure(model: ServiceModel, shape: StructureShape, of: Of): Convert {
  if (shape.document) return (value) => value;
  const members = new Map(
    jsonMembers(shape).map(([name, wireName, member]) => [wireName, { name, read: memberReader(model, member, of) }]),
  );
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw mismatch(value, "a structure");
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const item = (value as Readonly<Record<string, unknown>>)[key];
      const member = item === null || item === undefined ? undefined : members.get(key);
      if (member !== undefined) result[member.name] = member.read(item);
    }
    return result;
  };
}

/** The end of the year 9999: clients cannot read what is later, nor JSON keep what is infinite (1e400). */
const LAST_SECOND = 253_402_300_799;

function memberReader(model: ServiceModel, member: Member, of: Of): Convert {
  const shape = shapeOf(model, member.shape);
  if (member.timestampFormat !== undefined) return scalarReader(shape, member.timestampFormat);
  return of(member.shape);
}

function scalarReader(shape: Shape, format: TimestampFormat | undefined): Convert {
  switch (shape.type) {
    case "integer":
    case "long":
      return (value) => {
        if (typeof value === "number" && Number.isInteger(value)) return value;
        throw mismatch(value, shape.type === "long" ? "a Long" : "an Integer");
      };
    case "float":
    case "double":
      return (value) => {
        if (typeof value === "number") return value;
        if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
        throw mismatch(value, shape.type === "float" ? "a Float" : "a Double");
      };
    case "boolean":
      return (value) => {
        if (typeof value === "boolean") return value;
        throw mismatch(value, "a Boolean");
      };
    case "timestamp":
      return (value) => {
        if (typeof value === "number" && Math.abs(value) <= LAST_SECOND) return value;
        if (typeof value === "string") return timestampFromText(value, format);
        throw mismatch(value, "a timestamp");
      };
    case "blob":
      return (value) => {
        if (typeof value === "string" && /^[A-Za-z0-9+/\s]*(?:=[=\s]*)?$/.test(value))
          return Buffer.from(value, "base64");
        if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
        throw mismatch(value, "a base64 blob");
      };
    default:
      return (value) => {
        if (typeof value === "string") return value;
        throw mismatch(value, "a String");
      };
  }
}

/** Wording of the real services, `STRING_VALUE can not be converted to an Integer`. */
function mismatch(value: unknown, expected: string): ApiError {
  if (Array.isArray(value)) return errors.serializationFailure("Start of list found where not expected");
  if (typeof value === "object" && value !== null)
    return errors.serializationFailure("Start of structure or map found where not expected.");
  return errors.serializationFailure(`${tokenName(value)} can not be converted to ${expected}`);
}

function tokenName(value: unknown): string {
  if (typeof value === "boolean") return value ? "TRUE_VALUE" : "FALSE_VALUE";
  if (typeof value === "number") return Number.isInteger(value) ? "NUMBER_VALUE" : "DECIMAL_VALUE";
  return value === null ? "NULL_VALUE" : "STRING_VALUE";
}

function buildWriter(model: ServiceModel, shape: Shape, of: Of): Convert {
  switch (shape.type) {
    case "structure":
      return writeStructure(model, shape, of);
    case "list": {
      const write = memberWriter(model, shape.member, of);
      return (value) => (value as readonly unknown[]).map(write);
    }
    case "map": {
      const write = memberWriter(model, shape.value, of);
      return (value) => {
        const result: Record<string, unknown> = {};
        for (const [key, item] of Object.entries(value as object))
          if (item !== undefined) setOwn(result, key, write(item));
        return result;
      };
    }
    default:
      return scalarWriter(shape, shape.type === "timestamp" ? shape.timestampFormat : undefined);
  }
}

function writeStructure(model: ServiceModel, shape: StructureShape, of: Of): Convert {
  if (shape.document) return (value) => value;
  const members = new Map(
    jsonMembers(shape).map(([name, wireName, member]) => [name, { wireName, write: memberWriter(model, member, of) }]),
  );
  return (value) => {
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(value as object)) {
      const item = (value as Readonly<Record<string, unknown>>)[key];
      const member = item === null || item === undefined ? undefined : members.get(key);
      if (member !== undefined) result[member.wireName] = member.write(item);
    }
    return result;
  };
}

function memberWriter(model: ServiceModel, member: Member, of: Of): Convert {
  const shape = shapeOf(model, member.shape);
  return member.timestampFormat === undefined ? of(member.shape) : scalarWriter(shape, member.timestampFormat);
}

function scalarWriter(shape: Shape, format: TimestampFormat | undefined): Convert {
  if (shape.type === "timestamp" && format !== undefined && format !== "unixTimestamp")
    return (value) => timestampToText(Number(value), format);
  if (shape.type === "blob") return (value) => Buffer.from(value as Uint8Array).toString("base64");
  if (shape.type === "float" || shape.type === "double")
    return (value) => (Number.isFinite(value) ? value : String(value));
  return (value) => value;
}
