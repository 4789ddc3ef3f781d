// The protocols, by the name the contract gives them.
import type { ServiceModel } from "../../../../contract/model.ts";
import { awsJsonCodec } from "./aws-json.ts";
import { cborCodec } from "./cbor.ts";
import type { Codec, WireProtocol } from "./codec.ts";
import { ec2Codec } from "./ec2.ts";
import { queryCodec } from "./query.ts";
import { restJsonCodec } from "./rest-json.ts";
import { restXmlCodec } from "./rest-xml.ts";

const makers: Readonly<Record<WireProtocol, (model: ServiceModel) => Codec>> = {
  json: awsJsonCodec,
  "rest-json": restJsonCodec,
  "rest-xml": restXmlCodec,
  query: queryCodec,
  ec2: ec2Codec,
  cbor: cborCodec,
};

/** Codecs of a service, each made when first needed. */
export function codecsOf(model: ServiceModel): (protocol: WireProtocol) => Codec {
  const made = new Map<WireProtocol, Codec>();
  return (protocol) => {
    const known = made.get(protocol);
    if (known) return known;
    const codec = makers[protocol](model);
    made.set(protocol, codec);
    return codec;
  };
}
