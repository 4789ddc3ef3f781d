// The query protocol: a form in, XML out. Smithy: awsQuery.
import type { Member, ServiceModel, Shape, StructureShape } from "../../../../contract/model.ts";
import { errors } from "../../core/errors.ts";
import { setOwn, shapeCompiler, shapeOf } from "../compile.ts";
import type { Codec } from "./codec.ts";
import { errorNames } from "./error-names.ts";
import { type FormNode, formTree, numbered } from "./form.ts";
import { formatOf } from "./rest-bindings.ts";
import { scalarFromText } from "./scalars.ts";
import { escapeText, xmlWriters } from "./xml-write.ts";

type Read = (node: FormNode) => unknown;

export function queryCodec(model: ServiceModel): Codec {
  const readers = shapeCompiler<Read>(
    model,
    (shape, _name, of) => buildReader(model, shape, of),
    (get) => (node) => get()(node),
  );
  const writers = xmlWriters(model, { listMember: "member", timestamp: "iso8601" });
  const names = errorNames(model);
  const namespace = model.xmlNamespace ?? "";
  const headers = (requestId: string) => ({ "Content-Type": "text/xml", "x-amzn-RequestId": requestId });
  return {
    decode(operation, { form }) {
      const input = operation.model.input;
      return input === undefined ? {} : (readers(input)(formTree(form)) as Record<string, unknown>);
    },
    encode(operation, output, requestId) {
      const { output: shape, resultWrapper } = operation.model;
      const inner = shape === undefined ? "" : writers.members(shape, output);
      const result = resultWrapper === undefined ? inner : `<${resultWrapper}>${inner}</${resultWrapper}>`;
      const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      const body = `<${operation.name}Response xmlns="${namespace}">${result}${metadata}</${operation.name}Response>`;
      return { status: operation.model.status ?? 200, headers: headers(requestId), body };
    },
    encodeError(error, { requestId }) {
      const { code, type } = names(error);
      const more = Object.entries(error.fields)
        .map(([name, value]) => `<${name}>${escapeText(String(value))}</${name}>`)
        .join("");
      const inner = `<Type>${type}</Type><Code>${escapeText(code)}</Code><Message>${escapeText(error.message)}</Message>${more}`;
      return {
        status: error.status,
        headers: { ...headers(requestId), ...error.headers },
        body: `<ErrorResponse xmlns="${namespace}"><Error>${inner}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
      };
    },
  };
}

function buildReader(model: ServiceModel, shape: Shape, of: (name: string) => Read): Read {
  switch (shape.type) {
    case "structure":
      return structureReader(model, shape, of);
    case "list": {
      const read = of(shape.member.shape);
      const itemName = shape.member.locationName ?? "member";
      // Flattened lists have their numbers one level higher; clients before Smithy wrote `member` always.
      return (node) => {
        const items = shape.flattened
          ? numbered(node)
          : numbered(node.children?.get(itemName) ?? node.children?.get("member"));
        return items.map(read);
      };
    }
    case "map": {
      const key = shape.key.locationName ?? "key";
      const value = shape.value.locationName ?? "value";
      const read = of(shape.value.shape);
      return (node) => {
        const result: Record<string, unknown> = {};
        for (const entry of numbered(shape.flattened ? node : node.children?.get("entry"))) {
          const name = entry.children?.get(key)?.text;
          const item = entry.children?.get(value);
          if (name !== undefined && item !== undefined) setOwn(result, name, read(item));
        }
        return result;
      };
    }
    default:
      return scalarReader(shape, { shape: "" });
  }
}

function structureReader(model: ServiceModel, shape: StructureShape, of: (name: string) => Read): Read {
  const members = Object.entries(shape.members).map(([name, member]) => {
    const inner = shapeOf(model, member.shape);
    const flattened = (inner.type === "list" && inner.flattened && inner.member.locationName) || undefined;
    const read = member.timestampFormat === undefined ? of(member.shape) : scalarReader(inner, member);
    return [name, flattened ?? member.locationName ?? name, read] as const;
  });
  return (node) => {
    const result: Record<string, unknown> = {};
    for (const [name, wireName, read] of members) {
      const child = node.children?.get(wireName);
      if (child !== undefined) result[name] = read(child);
    }
    return result;
  };
}

function scalarReader(shape: Shape, member: Member): Read {
  return (node) => {
    if (node.text === undefined) throw errors.serializationFailure("Expected a value, got nested parameters.");
    return scalarFromText(shape, node.text, formatOf(shape, member));
  };
}
