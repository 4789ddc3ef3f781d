// The query protocol as EC2 has it: a form in, XML out. Smithy: ec2Query.
import type { ServiceModel } from "../../../../contract/model.ts";
import type { Codec } from "./codec.ts";
import { errorNames } from "./error-names.ts";
import { numbered } from "./form.ts";
import { formDecoder } from "./form-read.ts";
import { escapeText, xmlHeaders, xmlWriters } from "./xml-write.ts";

export function ec2Codec(model: ServiceModel): Codec {
  const decode = formDecoder(model, {
    memberName: (name, member) => member.queryName ?? capital(member.locationName ?? name),
    // Lists are always flattened in requests.
    items: numbered,
  });
  const writers = xmlWriters(model, { listMember: "item", timestamp: "iso8601" });
  const names = errorNames(model);
  const namespace = model.xmlNamespace ?? "";
  return {
    decode,
    encode(operation, output, requestId) {
      const shape = operation.model.output;
      const inner = shape === undefined ? "<return>true</return>" : writers.members(shape, output);
      const body = `<${operation.name}Response xmlns="${namespace}"><requestId>${requestId}</requestId>${inner}</${operation.name}Response>`;
      return { status: operation.model.status ?? 200, headers: xmlHeaders(requestId), body };
    },
    encodeError(error, { requestId }) {
      const inner = `<Code>${escapeText(names(error).code)}</Code><Message>${escapeText(error.message)}</Message>`;
      return {
        status: error.status,
        headers: { ...xmlHeaders(requestId), ...error.headers },
        body: `<Response><Errors><Error>${inner}</Error></Errors><RequestID>${requestId}</RequestID></Response>`,
      };
    },
  };
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
