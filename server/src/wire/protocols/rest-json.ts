// REST with JSON bodies. Smithy: restJson1.
import { Readable } from "node:stream";
import type { Member, ServiceModel, StructureShape } from "../../../../contract/model.ts";
import { shapeOf } from "../compile.ts";
import type { Answer, Codec, Source } from "./codec.ts";
import { errorNames, messageMember } from "./error-names.ts";
import { jsonMembers, jsonReaders, jsonWriters, parseJson } from "./json.ts";
import { bindingReader, bindingWriter } from "./rest-bindings.ts";

type Values = Record<string, unknown>;

export function restJsonCodec(model: ServiceModel): Codec {
  const readers = jsonReaders(model);
  const writers = jsonWriters(model);
  const names = errorNames(model);
  const cache = new Map<
    string,
    { readonly read: ReturnType<typeof bindingReader>; readonly write: ReturnType<typeof bindingWriter> }
  >();
  const bindings = (name: string, shape: StructureShape) => {
    const known = cache.get(name) ?? { read: bindingReader(model, shape), write: bindingWriter(model, shape) };
    cache.set(name, known);
    return known;
  };
  return {
    decode(operation, source) {
      const name = operation.model.input;
      const shape = operation.input;
      if (name === undefined || shape === undefined) return {};
      const body = readBody(shape, name, source);
      bindings(name, shape).read(source, body);
      return body;
    },
    encode(operation, output, requestId) {
      const name = operation.model.output;
      const shape = operation.output;
      const headers: Record<string, string> = { "x-amzn-RequestId": requestId };
      if (name === undefined || shape === undefined)
        return { status: operation.model.status ?? 200, headers, body: "" };
      const body = writeBody(shape, name, output as Values, headers);
      const status = bindings(name, shape).write(output as Values, headers);
      return { status: status ?? operation.model.status ?? 200, headers, body };
    },
    encodeError(error, { requestId }) {
      const { shapeName, shape } = names(error);
      return {
        status: error.status,
        headers: {
          "Content-Type": "application/json",
          "x-amzn-RequestId": requestId,
          "x-amzn-ErrorType": shapeName,
          ...error.headers,
        },
        body: JSON.stringify({ [messageMember(shape)]: error.message, ...error.fields }),
      };
    },
  };

  function readBody(shape: StructureShape, name: string, { body }: Source): Values {
    if (shape.payload !== undefined) {
      const member = shape.members[shape.payload];
      const value = member === undefined ? undefined : readPayload(member, body);
      return value === undefined ? {} : { [shape.payload]: value };
    }
    if (!Buffer.isBuffer(body) || body.length === 0 || jsonMembers(shape).length === 0) return {};
    return readers(name)(parseJson(body)) as Values;
  }

  function readPayload(member: Member, body: Source["body"]): unknown {
    if (!Buffer.isBuffer(body)) return body;
    const { type } = shapeOf(model, member.shape);
    if (type === "blob") return body;
    if (body.length === 0) return undefined;
    return type === "string" ? body.toString("utf8") : readers(member.shape)(parseJson(body));
  }

  function writeBody(
    shape: StructureShape,
    name: string,
    output: Values,
    headers: Record<string, string>,
  ): Answer["body"] {
    const payload = shape.payload;
    const member = payload === undefined ? undefined : shape.members[payload];
    if (payload !== undefined && member !== undefined) {
      const value = output[payload];
      if (value === undefined || value === null) return "";
      if (value instanceof Readable || value instanceof Uint8Array || typeof value === "string") return value;
      headers["Content-Type"] = "application/json";
      return JSON.stringify(writers(member.shape)(value));
    }
    headers["Content-Type"] = "application/json";
    return JSON.stringify(writers(name)(output));
  }
}
