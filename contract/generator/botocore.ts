// The service model as botocore ships it (data/<service>/<version>/service-2.json), as far as the generator reads it.

export interface RawModel {
  readonly metadata: RawMetadata;
  readonly operations: Readonly<Record<string, RawOperation>>;
  readonly shapes: Readonly<Record<string, RawShape>>;
}

export interface RawMetadata {
  readonly apiVersion: string;
  readonly endpointPrefix: string;
  readonly protocol: string;
  readonly protocols?: readonly string[];
  readonly awsQueryCompatible?: object;
  readonly jsonVersion?: string;
  readonly signingName?: string;
  readonly targetPrefix?: string;
  readonly xmlNamespace?: string | RawNamespace;
}

export interface RawNamespace {
  readonly prefix?: string;
  readonly uri: string;
}

export interface RawOperation {
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input?: { readonly shape: string; readonly locationName?: string };
  readonly output?: { readonly shape: string; readonly resultWrapper?: string };
  readonly errors?: readonly { readonly shape: string }[];
  /** `none`: the operation is called without a signature. */
  readonly authtype?: string;
  readonly requestcompression?: { readonly encodings: readonly string[] };
  readonly httpChecksum?: {
    readonly requestAlgorithmMember?: string;
    readonly requestChecksumRequired?: boolean;
    readonly responseAlgorithms?: readonly string[];
    readonly requestValidationModeMember?: string;
  };
}

/** Traits that a member and the shape it names may both carry; the member's win. */
export interface RawTraits {
  readonly locationName?: string;
  readonly flattened?: boolean;
  readonly streaming?: boolean;
  readonly timestampFormat?: "iso8601" | "rfc822" | "unixTimestamp";
  readonly xmlNamespace?: RawNamespace;
}

export interface RawMember extends RawTraits {
  readonly shape: string;
  readonly location?: "header" | "headers" | "querystring" | "uri" | "statusCode";
  readonly xmlAttribute?: boolean;
  readonly queryName?: string;
  readonly jsonvalue?: boolean;
  readonly idempotencyToken?: boolean;
  readonly eventpayload?: boolean;
}

export interface RawShape extends RawTraits {
  readonly type: string;
  readonly members?: Readonly<Record<string, RawMember>>;
  readonly required?: readonly string[];
  readonly payload?: string;
  readonly union?: boolean;
  readonly document?: boolean;
  readonly eventstream?: boolean;
  readonly exception?: boolean;
  readonly fault?: boolean;
  readonly error?: {
    readonly code?: string;
    readonly httpStatusCode?: number;
    readonly senderFault?: boolean;
    readonly fault?: boolean;
  };
  readonly member?: RawMember;
  readonly key?: RawMember;
  readonly value?: RawMember;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly sensitive?: boolean;
}

/** The shape a name stands for. */
export function shapeOf(model: RawModel, name: string): RawShape {
  const shape = model.shapes[name];
  if (shape === undefined) throw new Error(`The service model names a shape ${name} that it does not define.`);
  return shape;
}

/** The operation a name stands for. */
export function operationOf(model: RawModel, name: string): RawOperation {
  const operation = model.operations[name];
  if (operation === undefined)
    throw new Error(`operations.txt lists ${name}, which the service model does not have; correct the line.`);
  return operation;
}
