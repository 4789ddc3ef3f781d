// AWS JSON 1.0 and 1.1: one JSON object each way, the operation in X-Amz-Target. Smithy: awsJson1_0, awsJson1_1.
import type { ServiceModel } from "../../../../contract/model.ts";
import type { Codec } from "./codec.ts";
import { errorNames, messageMember } from "./error-names.ts";
import { jsonReaders, jsonWriters, parseJson } from "./json.ts";

export function awsJsonCodec(model: ServiceModel): Codec {
  const readers = jsonReaders(model);
  const writers = jsonWriters(model);
  const names = errorNames(model);
  const contentType = `application/x-amz-json-${model.jsonVersion ?? "1.1"}`;
  const headers = (requestId: string): Record<string, string> => ({
    "Content-Type": contentType,
    "x-amzn-RequestId": requestId,
  });
  return {
    decode(operation, { body }) {
      const input = operation.model.input;
      if (input === undefined || !Buffer.isBuffer(body)) return {};
      return readers(input)(parseJson(body)) as Record<string, unknown>;
    },
    encode(operation, output, requestId) {
      const shape = operation.model.output;
      // An operation without output answers an empty body, as AWS does; one with an empty output answers {}.
      const body = shape === undefined ? "" : JSON.stringify(writers(shape)(output));
      return { status: operation.model.status ?? 200, headers: headers(requestId), body };
    },
    encodeError(error, { requestId }) {
      const { shapeName, code, type, shape } = names(error);
      const body = { __type: shapeName, ...error.fields, [messageMember(shape)]: error.message };
      return {
        status: error.status,
        headers: {
          ...headers(requestId),
          ...error.headers,
          ...(model.queryCompatible ? { "x-amzn-query-error": `${code};${type}` } : {}),
        },
        body: JSON.stringify(body),
      };
    },
  };
}
