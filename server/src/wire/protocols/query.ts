// The query protocol: a form in, XML out. Smithy: awsQuery.
import type { ListShape, Member, ServiceModel } from "../../../../contract/model.ts";
import type { ApiError } from "../../core/errors.ts";
import { shapeOf } from "../compile.ts";
import { inDialect } from "../dialects.ts";
import type { Answer, Codec } from "./codec.ts";
import { errorNames } from "./error-names.ts";
import { type FormNode, numbered } from "./form.ts";
import { formDecoder } from "./form-read.ts";
import { escapeText, xmlHeaders, xmlWriters } from "./xml-write.ts";

export function queryCodec(model: ServiceModel): Codec {
  const decode = formDecoder(model, { memberName: (name, member) => memberName(model, name, member), items });
  const writers = xmlWriters(model, { listMember: "member", timestamp: "iso8601" });
  const names = errorNames(model);
  const namespace = model.xmlNamespace ?? "";
  return {
    decode,
    encode(operation, output, requestId) {
      const { output: shape, resultWrapper } = operation.model;
      const inner = shape === undefined ? "" : writers.members(shape, output);
      const result = resultWrapper === undefined ? inner : `<${resultWrapper}>${inner}</${resultWrapper}>`;
      const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      const body = `<${operation.name}Response xmlns="${namespace}">${result}${metadata}</${operation.name}Response>`;
      return { status: operation.model.status ?? 200, headers: xmlHeaders(requestId), body };
    },
    encodeError(error, { requestId }) {
      const { code, type } = names(error);
      const more = Object.entries(error.fields)
        .map(([name, value]) => `<${name}>${escapeText(String(value))}</${name}>`)
        .join("");
      const inner = `<Type>${type}</Type><Code>${escapeText(code)}</Code><Message>${escapeText(error.message)}</Message>${more}`;
      return {
        status: error.status,
        headers: { ...xmlHeaders(requestId), ...error.headers },
        body: errorDocument(` xmlns="${namespace}"`, inner, requestId),
      };
    },
  };
}

const errorDocument = (attributes: string, inner: string, requestId: string): string =>
  `<ErrorResponse${attributes}><Error>${inner}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;

/** To a form for a service that is not served, in the words of every query service. */
export function strangerError(error: ApiError, requestId: string): Answer {
  const { code, status, message } = inDialect("query", error);
  const inner = `<Type>Sender</Type><Code>${escapeText(code)}</Code><Message>${escapeText(message)}</Message>`;
  return { status, headers: xmlHeaders(requestId), body: errorDocument("", inner, requestId) };
}

/** Flattened lists have their numbers one level higher; clients before Smithy wrote `member` always. */
function items(node: FormNode, shape: ListShape): readonly FormNode[] {
  if (shape.flattened) return numbered(node);
  return numbered(node.children?.get(shape.member.locationName ?? "member") ?? node.children?.get("member"));
}

function memberName(model: ServiceModel, name: string, member: Member): string {
  const inner = shapeOf(model, member.shape);
  const flattened = (inner.type === "list" && inner.flattened && inner.member.locationName) || undefined;
  return flattened ?? member.locationName ?? name;
}
