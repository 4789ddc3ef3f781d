// Attributes of messages: names, types and values that SNS takes, and their form in notifications and filters.
// Source: SNS developer guide, "Amazon SNS message attributes"; refusals recorded in LocalStack's test_sns.snapshot.json.
import type { MessageAttributeValue } from "../../../../../contract/sns/types.ts";
import { invalidValue, missing } from "../errors.ts";

/** As notifications have it: `{"Type": "String", "Value": "a"}`; of Binary in base 64. */
export interface MessageAttribute {
  readonly Type: string;
  readonly Value: string;
}

type Given = Readonly<Record<string, MessageAttributeValue>>;

const LONGEST_NAME = 256;

/** `path` names them in refusals, `messageAttributes`. @throws ApiError ParameterValueInvalid, ValidationError */
export function readAttributes(given: Given | undefined, path: string): Readonly<Record<string, MessageAttribute>> {
  return Object.fromEntries(
    Object.entries(given ?? {}).map(([name, value]) => {
      checkName(name);
      return [name, readAttribute(name, value, path)];
    }),
  );
}

function checkName(name: string): void {
  if (name.length > LONGEST_NAME) throw invalidValue("Length of message attribute name must be less than 256 bytes.");
  const strange = /[^\w.-]/.exec(name)?.[0];
  if (strange !== undefined) {
    const code = (strange.codePointAt(0) ?? 0).toString(16).toUpperCase();
    throw invalidValue(
      `Invalid non-alphanumeric character '#x${code}' was found in the message attribute name. ` +
        "Can only include alphanumeric characters, hyphens, underscores, or dots.",
    );
  }
  if (name.startsWith(".")) throw invalidValue("Invalid message attribute name starting with character '.' was found.");
  if (name.endsWith(".")) throw invalidValue("Invalid message attribute name ending with character '.' was found.");
  if (name.includes("..")) throw invalidValue("Message attribute name can not have successive '.' character.");
}

function readAttribute(name: string, value: MessageAttributeValue, path: string): MessageAttribute {
  const { DataType: type, StringValue: text, BinaryValue: bytes } = value as Partial<MessageAttributeValue>;
  if (type === undefined) throw missing(`${path}.${name}.member.dataType`);
  const [prefix = ""] = type.split(".");
  if (!["String", "Number", "Binary"].includes(prefix)) {
    throw invalidValue(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is ` +
        "Binary, Number, and String.",
    );
  }
  const isBinary = prefix === "Binary";
  const field = isBinary ? "Binary" : "String";
  const [own, other] = isBinary ? [bytes, text] : [text, bytes];
  if (own === undefined && other !== undefined) {
    throw invalidValue(`The message attribute '${name}' with type '${type}' must use field '${field}'.`);
  }
  if (own === undefined || own.length === 0) {
    throw invalidValue(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  }
  if (prefix === "Number" && !Number.isFinite(Number(text))) {
    throw invalidValue(`Could not cast message attribute '${name}' value to number.`);
  }
  return { Type: type, Value: isBinary ? Buffer.from(bytes ?? []).toString("base64") : (text ?? "") };
}

/** Name, type and value of each count (SNS developer guide, "message attribute considerations"). */
export const sizeOf = (attributes: Readonly<Record<string, MessageAttribute>>): number =>
  Object.entries(attributes).reduce((bytes, [name, { Type, Value }]) => {
    const value = Type.startsWith("Binary") ? Buffer.from(Value, "base64").length : Buffer.byteLength(Value);
    return bytes + Buffer.byteLength(name) + Buffer.byteLength(Type) + value;
  }, 0);

/** What filter policies see: texts, numbers, the items of a String.Array; nothing of Binary. */
export function filterable(attributes: Readonly<Record<string, MessageAttribute>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([, { Type }]) => !Type.startsWith("Binary"))
      .map(([name, { Type, Value }]) => {
        if (Type.startsWith("Number")) return [name, Number(Value)];
        return [name, Type === "String.Array" ? listOf(Value) : Value];
      }),
  );
}

/** A String.Array that is no JSON is one text. */
function listOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return text;
  }
}
