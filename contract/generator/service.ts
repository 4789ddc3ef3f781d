// Turns a raw service model into ours: the operations we serve, the shapes they reach and the service's errors,
// without descriptions.
import type { Member, OperationModel, Protocol, ServiceModel, Shape, StructureShape } from "../model.ts";
import {
  operationOf,
  type RawMember,
  type RawMetadata,
  type RawModel,
  type RawOperation,
  type RawShape,
  shapeOf,
} from "./botocore.ts";
import type { NewerMembers } from "./newer.ts";

const protocols: Readonly<Record<string, Protocol>> = {
  json: "json",
  "rest-json": "rest-json",
  "rest-xml": "rest-xml",
  query: "query",
  ec2: "ec2",
  "smithy-rpc-v2-cbor": "cbor",
};

export interface ServiceRequest {
  readonly name: string;
  readonly model: RawModel;
  /** Names of the operations we serve. */
  readonly operations: readonly string[];
  readonly newer: NewerMembers;
}

/** @throws Error if the model has a protocol, an operation or a shape that the generator does not know. */
export function buildService({ name, model, operations, newer }: ServiceRequest): ServiceModel {
  const { metadata } = model;
  return defined({
    name,
    protocols: (metadata.protocols ?? [metadata.protocol]).map(protocolOf),
    queryCompatible: metadata.awsQueryCompatible === undefined ? undefined : (true as const),
    jsonVersion: metadata.jsonVersion,
    targetPrefix: metadata.targetPrefix,
    signingName: metadata.signingName ?? metadata.endpointPrefix,
    endpointPrefix: metadata.endpointPrefix,
    apiVersion: metadata.apiVersion,
    xmlNamespace: serviceNamespace(model),
    operations: Object.fromEntries(operations.map((name) => [name, buildOperation(operationOf(model, name))])),
    unserved: unservedOperations(model, operations),
    shapes: Object.fromEntries(
      reachableShapes(model, operations).map((name) => [name, buildShape(model, name, newer.get(name))]),
    ),
  });
}

function protocolOf(name: string): Protocol {
  const protocol = protocols[name];
  if (protocol === undefined) throw new Error(`The generator does not know the protocol ${name}.`);
  return protocol;
}

/** S3 gives its namespace only on the members that are request bodies; it is the same on all of them. */
function serviceNamespace({ metadata, shapes }: RawModel): (RawMetadata["xmlNamespace"] & string) | undefined {
  const own = metadata.xmlNamespace;
  if (own !== undefined) return typeof own === "string" ? own : own.uri;
  const named = Object.values(shapes).flatMap((shape) =>
    Object.values(shape.members ?? {}).flatMap((member) =>
      member.xmlNamespace?.prefix === undefined ? (member.xmlNamespace?.uri ?? []) : [],
    ),
  );
  return new Set(named).size === 1 ? named[0] : undefined;
}

function buildOperation(raw: RawOperation): OperationModel {
  const checksum = raw.httpChecksum;
  return defined({
    method: raw.http.method,
    uri: raw.http.requestUri,
    status: raw.http.responseCode,
    input: raw.input?.shape,
    output: raw.output?.shape,
    resultWrapper: raw.output?.resultWrapper,
    errors: (raw.errors ?? []).map(({ shape }) => shape),
    inputLocationName: raw.input?.locationName,
    compression: raw.requestcompression?.encodings,
    unsigned: isUnsigned(raw),
    httpChecksum:
      checksum &&
      defined({
        algorithmMember: checksum.requestAlgorithmMember,
        required: checksum.requestChecksumRequired,
        responseAlgorithms: checksum.responseAlgorithms,
        validationModeMember: checksum.requestValidationModeMember,
      }),
  });
}

const isUnsigned = (raw: RawOperation): true | undefined => (raw.authtype === "none" ? true : undefined);

/** A REST operation whose method and URI a served one already answers can never be asked for, and is left out. */
function unservedOperations(model: RawModel, served: readonly string[]): ServiceModel["unserved"] {
  const isRest = model.metadata.protocol.startsWith("rest");
  const route = ({ http }: RawOperation) => `${http.method} ${http.requestUri}`;
  const taken = new Set(isRest ? served.map((name) => route(operationOf(model, name))) : []);
  return Object.fromEntries(
    Object.entries(model.operations)
      .filter(([name, raw]) => !served.includes(name) && !taken.has(route(raw)))
      .map(([name, raw]) => [
        name,
        defined({ method: raw.http.method, uri: raw.http.requestUri, unsigned: isUnsigned(raw) }),
      ]),
  );
}

/** Every shape a served operation can carry, and every error shape of the service. */
function reachableShapes(model: RawModel, operations: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    const shape = shapeOf(model, name);
    for (const member of Object.values(shape.members ?? {})) visit(member.shape);
    for (const element of [shape.member, shape.key, shape.value]) if (element) visit(element.shape);
  };
  for (const operation of operations) {
    const { input, output, errors } = operationOf(model, operation);
    refuseSentEvents(model, input?.shape);
    for (const top of [input, output, ...(errors ?? [])]) if (top) visit(top.shape);
  }
  for (const [name, shape] of Object.entries(model.shapes)) if (shape.exception) visit(name);
  return [...found];
}

/** Events from a client need a signature each, which the wire does not check. */
function refuseSentEvents(model: RawModel, input: string | undefined): void {
  const members = input === undefined ? [] : Object.values(shapeOf(model, input).members ?? {});
  const sent = members.find(({ shape }) => shapeOf(model, shape).eventstream);
  if (sent !== undefined)
    throw new Error(`${sent.shape} is a stream of events from the client; leave its operation unserved.`);
}

function buildShape(model: RawModel, name: string, newer: ReadonlySet<string> | undefined): Shape {
  const raw = shapeOf(model, name);
  const { type, min, max } = raw;
  const element = (part: RawMember | undefined): Member => {
    if (part === undefined) throw new Error(`The ${type} ${name} lacks a part of its elements in the service model.`);
    return buildMember(model, part, false);
  };
  switch (type) {
    case "structure":
      return buildStructure(model, raw, newer);
    case "list":
      return defined({ type, member: element(raw.member), min, max, flattened: raw.flattened || undefined });
    case "map":
      return defined({
        type,
        key: element(raw.key),
        value: element(raw.value),
        min,
        max,
        flattened: raw.flattened || undefined,
      });
    case "string":
      return defined({ type, min, max, pattern: raw.pattern, enum: raw.enum, sensitive: raw.sensitive || undefined });
    case "integer":
    case "long":
    case "float":
    case "double":
      return defined({ type, min, max });
    case "blob":
      return defined({ type, min, max });
    case "boolean":
      return { type };
    case "timestamp":
      return defined({ type, timestampFormat: raw.timestampFormat });
    default:
      throw new Error(`The generator does not know the type ${type} of shape ${name}.`);
  }
}

function buildStructure(model: RawModel, raw: RawShape, newer: ReadonlySet<string> | undefined): StructureShape {
  return defined({
    type: "structure" as const,
    members: Object.fromEntries(
      Object.entries(raw.members ?? {}).map(([name, member]) => [name, buildMember(model, member, newer?.has(name))]),
    ),
    required: raw.required?.length ? raw.required : undefined,
    payload: raw.payload,
    union: raw.union || undefined,
    document: raw.document || undefined,
    eventStream: raw.eventstream || undefined,
    error: raw.exception ? errorFacts(raw) : undefined,
  });
}

function errorFacts({ error = {}, fault }: RawShape): NonNullable<StructureShape["error"]> {
  const isOurs = fault || error.fault;
  return defined({
    code: error.code,
    status: error.httpStatusCode,
    sender: isOurs ? false : error.senderFault || undefined,
  });
}

/** Traits of the shape count where the member has none of its own, as botocore merges them. */
function buildMember(model: RawModel, raw: RawMember, isNewer: boolean | undefined): Member {
  const target = shapeOf(model, raw.shape);
  return defined({
    shape: raw.shape,
    location: raw.location,
    locationName: raw.locationName ?? target.locationName,
    queryName: raw.queryName,
    streaming: raw.streaming || target.streaming || undefined,
    xmlAttribute: raw.xmlAttribute || undefined,
    xmlNamespace: raw.xmlNamespace ?? target.xmlNamespace,
    flattened: raw.flattened || undefined,
    timestampFormat: raw.timestampFormat,
    jsonValue: raw.jsonvalue || undefined,
    idempotencyToken: raw.idempotencyToken || undefined,
    eventPayload: raw.eventpayload || undefined,
    newer: isNewer || undefined,
  });
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the properties that are undefined. */
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, property]) => property !== undefined)) as Defined<T>;
}
