// The services we answer, each with its model, loaded at the first call that may be meant for it, and its operations
// as plans: everything that can be worked out before a call, worked out once.
import { loadService, type OperationModel, type ServiceModel, type StructureShape } from "../../../contract/model.ts";
import type { AnyOperation, Service } from "../core/service.ts";
import { shapeOf } from "./compile.ts";
import { type Dialect, dialectOf } from "./dialects.ts";
import type { Codec, WireProtocol } from "./protocols/codec.ts";
import { codecsOf } from "./protocols/codecs.ts";
import { type Redact, redactors } from "./redact.ts";
import { type RestRoute, restRoutes } from "./rest-routes.ts";
import { type Check, constraintChecks } from "./validation/constraints.ts";
import { type FindNewer, newerFinders } from "./validation/newer.ts";

/** Largest body of a request that is held in memory: more than the largest JSON or XML request AWS documents takes. */
export const DEFAULT_BODY_LIMIT_BYTES = 4 * 1024 * 1024;

export interface LoadedService {
  readonly service: Service;
  readonly model: ServiceModel;
  /** Of its preferred protocol. */
  readonly dialect: Dialect;
  readonly routes: readonly RestRoute[];
  codec(protocol: WireProtocol): Codec;
  /** Undefined when the operation is not among those we serve. */
  plan(operation: string): Plan | undefined;
}

/** What is known of an operation before a call. */
export interface Plan {
  readonly name: string;
  readonly model: OperationModel;
  readonly operation: AnyOperation | undefined;
  readonly input: StructureShape | undefined;
  readonly output: StructureShape | undefined;
  /** Member of the input that arrives as a StreamedBody. */
  readonly streamedMember: string | undefined;
  readonly bodyLimitBytes: number;
  readonly check: Check;
  readonly findNewer: FindNewer;
  readonly honoured: ReadonlySet<string>;
  /** Calls that carry bytes one way or the other: objects, invocations. */
  readonly isData: boolean;
  /** Parameters as the call log keeps them: of data calls those that their address names. */
  readonly redact: Redact | undefined;
  /** The answer as the call log keeps it; undefined for calls that change nothing, and for S3's. */
  readonly redactOutput: Redact | undefined;
  /** Describe and List calls and their like change nothing. */
  readonly isRead: boolean;
}

export interface Catalogue {
  byName(name: string): LoadedService | undefined;
  /** Services that answer to a signing name, the one named like it first. */
  bySigningName(signingName: string): readonly LoadedService[];
  all(): readonly LoadedService[];
}

export function createCatalogue(services: readonly Service[]): Catalogue {
  const loaded = new Map<string, LoadedService>();
  const signing = new Map<string, readonly LoadedService[]>();
  const load = (service: Service): LoadedService => {
    const known = loaded.get(service.name);
    if (known) return known;
    const fresh = loadedService(service);
    loaded.set(service.name, fresh);
    return fresh;
  };
  const withSigningName = (signingName: string): readonly LoadedService[] => {
    const alike = services.filter(({ name }) => name === signingName || name.startsWith(`${signingName}-`));
    const found = (alike.length > 0 ? alike : services)
      .map(load)
      .filter(({ model }) => model.signingName === signingName);
    return found.sort((left, right) => left.service.name.length - right.service.name.length);
  };
  return {
    byName: (name) => {
      const service = services.find((one) => one.name === name);
      return service && load(service);
    },
    bySigningName: (signingName) => {
      const known = signing.get(signingName);
      if (known) return known;
      const found = withSigningName(signingName);
      if (found.length > 0) signing.set(signingName, found);
      return found;
    },
    all: () => services.map(load),
  };
}

function loadedService(service: Service): LoadedService {
  const model = loadService(service.name);
  const codecs = codecsOf(model);
  const tools = { check: constraintChecks(model), newer: newerFinders(model), redact: redactors(model) };
  const plans = new Map<string, Plan>();
  return {
    service,
    model,
    dialect: dialectOf(model.protocols[0]),
    routes: restRoutes(model),
    codec: codecs,
    plan: (name) => {
      const known = plans.get(name);
      if (known) return known;
      const operation = Object.hasOwn(model.operations, name) ? model.operations[name] : undefined;
      if (operation === undefined) return undefined;
      const fresh = planOf(service, model, name, operation, tools);
      plans.set(name, fresh);
      return fresh;
    },
  };
}

/** Names of operations that change nothing. Facts of IAM say it of most too; they are not read for a call. */
const READ =
  /^(Describe|List|Get|Head|Search|Lookup|Filter|Test|Render|BatchGet|BatchDescribe|BatchCheck|Invoke|Simulate|Select|Query)/;

function planOf(
  service: Service,
  model: ServiceModel,
  name: string,
  operation: OperationModel,
  tools: {
    readonly check: (shape: string) => Check;
    readonly newer: (shape: string) => FindNewer;
    readonly redact: (shape: string) => Redact;
  },
): Plan {
  const input = structureOf(model, operation.input);
  const output = structureOf(model, operation.output);
  const handler = Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
  const streamedMember = streamedPayload(input);
  const isData = hasBlobPayload(model, input) || hasBlobPayload(model, output);
  const isRead = READ.test(name);
  return {
    name,
    model: operation,
    operation: handler,
    input,
    output,
    streamedMember,
    bodyLimitBytes: handler?.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES,
    check: service.validatesItself || operation.input === undefined ? () => {} : tools.check(operation.input),
    findNewer: operation.input === undefined ? () => undefined : tools.newer(operation.input),
    honoured: new Set(handler?.newer),
    isData,
    redact: operation.input === undefined ? undefined : isData ? inAddress(input) : tools.redact(operation.input),
    redactOutput:
      operation.output === undefined || isData || isRead || dialectOf(model.protocols[0]) === "s3"
        ? undefined
        : tools.redact(operation.output),
    isRead,
  };
}

/** The members that an address names, `Bucket` and `Key`. */
function inAddress(input: StructureShape | undefined): Redact {
  const names = Object.entries(input?.members ?? {}).flatMap(([name, { location }]) =>
    location === "uri" ? [name] : [],
  );
  return (value) => {
    const given = value as Readonly<Record<string, unknown>>;
    return Object.fromEntries(
      names.flatMap((name) => (given[name] === undefined ? [] : [[name, String(given[name])]])),
    );
  };
}

function structureOf(model: ServiceModel, name: string | undefined): StructureShape | undefined {
  const shape = name === undefined ? undefined : shapeOf(model, name);
  return shape?.type === "structure" ? shape : undefined;
}

function streamedPayload(shape: StructureShape | undefined): string | undefined {
  const payload = shape?.payload;
  const member = payload === undefined ? undefined : shape?.members[payload];
  return member?.streaming ? payload : undefined;
}

function hasBlobPayload(model: ServiceModel, shape: StructureShape | undefined): boolean {
  const member = shape?.payload === undefined ? undefined : shape.members[shape.payload];
  return member !== undefined && shapeOf(model, member.shape).type === "blob";
}
