// Smithy RPC v2 CBOR: the newest clients speak it to CloudWatch. Timestamps carry tag 1, structures are maps.
import { decode, encode, Token, Type } from "cborg";
import type { ServiceModel, Shape } from "../../../../contract/model.ts";
import { errors } from "../../core/errors.ts";
import { setOwn, shapeCompiler } from "../compile.ts";
import type { Codec } from "./codec.ts";
import { errorNames } from "./error-names.ts";
import { type Convert, checkDepth, jsonReaders } from "./json.ts";

/** A timestamp on its way out. */
class EpochTime {
  readonly seconds: number;
  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

const encodeOptions = {
  typeEncoders: {
    Object: (value: unknown) =>
      value instanceof EpochTime ? [new Token(Type.tag, 1), numberToken(value.seconds)] : null,
  },
};

const numberToken = (value: number): Token =>
  Number.isInteger(value) ? new Token(value < 0 ? Type.negint : Type.uint, value) : new Token(Type.float, value);

const decodeOptions = {
  tags: { 1: (decodeContent: () => unknown) => decodeContent() },
  useMaps: false,
  allowIndefinite: true,
  allowUndefined: true,
  allowBigInt: false,
  allowNaN: true,
  allowInfinity: true,
};

export function cborCodec(model: ServiceModel): Codec {
  const readers = jsonReaders(model);
  const writers = shapeCompiler<Convert>(
    model,
    (shape, _name, of) => buildWriter(shape, of),
    (get) => (value) => get()(value),
  );
  const names = errorNames(model);
  const headers = (requestId: string) => ({
    "Content-Type": "application/cbor",
    "smithy-protocol": "rpc-v2-cbor",
    "x-amzn-RequestId": requestId,
  });
  return {
    decode(operation, { body }) {
      const input = operation.model.input;
      if (input === undefined || !Buffer.isBuffer(body) || body.length === 0) return {};
      return readers(input)(parseCbor(body)) as Record<string, unknown>;
    },
    encode(operation, output, requestId) {
      const shape = operation.model.output;
      const body = shape === undefined ? undefined : encode(writers(shape)(output), encodeOptions);
      return { status: operation.model.status ?? 200, headers: headers(requestId), body };
    },
    encodeError(error, { requestId }) {
      const { shapeName, code, type } = names(error);
      return {
        status: error.status,
        headers: {
          ...headers(requestId),
          ...error.headers,
          ...(model.queryCompatible ? { "x-amzn-query-error": `${code};${type}` } : {}),
        },
        body: encode({ __type: shapeName, ...error.fields, message: error.message }),
      };
    },
  };
}

function parseCbor(body: Buffer): unknown {
  let value: unknown;
  try {
    value = decode(body, decodeOptions);
  } catch (cause) {
    throw errors.serializationFailure(`The request body is not CBOR: ${(cause as Error).message}`);
  }
  checkDepth(value);
  return value;
}

function buildWriter(shape: Shape, of: (name: string) => Convert): Convert {
  switch (shape.type) {
    case "structure": {
      const members = Object.entries(shape.members).map(([name, member]) => [name, of(member.shape)] as const);
      return (value) => {
        const result: Record<string, unknown> = {};
        for (const [name, write] of members) {
          const item = (value as Readonly<Record<string, unknown>>)[name];
          if (item !== undefined && item !== null) result[name] = write(item);
        }
        return result;
      };
    }
    case "list":
      return (value) => (value as readonly unknown[]).map(of(shape.member.shape));
    case "map":
      return (value) => {
        const result: Record<string, unknown> = {};
        for (const [key, item] of Object.entries(value as object)) setOwn(result, key, of(shape.value.shape)(item));
        return result;
      };
    case "timestamp":
      return (value) => new EpochTime(Number(value));
    default:
      return (value) => value;
  }
}
