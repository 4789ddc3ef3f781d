// The shape of the generated contract: one service.json for each AWS service, made by contract/generator from the
// service models that botocore ships. Loaded at a service's first call.
import { readFileSync } from "node:fs";

/** `cbor` is Smithy RPC v2 CBOR; `ec2` is the query protocol as EC2 alone has it; `query` is also what a query-compatible json service answers old clients with. */
export type Protocol = "json" | "rest-json" | "rest-xml" | "query" | "ec2" | "cbor";

export interface ServiceModel {
  readonly name: string;
  /** Every protocol the service answers; the first is the one the model prefers. */
  readonly protocols: readonly Protocol[];
  /** Errors carry the old query code in `x-amzn-query-error` (awsQueryCompatible). */
  readonly queryCompatible?: true;
  /** X-Amz-Json version of the `json` protocol, "1.0" or "1.1". */
  readonly jsonVersion?: string;
  readonly targetPrefix?: string;
  /** Service name in the credential scope of a signature. */
  readonly signingName: string;
  /** First label of the service's host name, `runtime.sagemaker`. */
  readonly endpointPrefix: string;
  readonly apiVersion: string;
  /** Namespace of the root element of XML answers. */
  readonly xmlNamespace?: string;
  /** Operations we serve, by wire name. */
  readonly operations: Readonly<Record<string, OperationModel>>;
  /**
   * Every other operation that AWS knows, by wire name: method and URI for routing the REST protocols. A REST operation
   * with the method and URI of a served one is left out.
   */
  readonly unserved: Readonly<Record<string, UnservedOperation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

export interface UnservedOperation {
  readonly method: string;
  readonly uri: string;
  readonly unsigned?: true;
}

export interface OperationModel {
  readonly method: string;
  /** URI template, `/endpoints/{EndpointName}/invocations` or `/{Bucket}/{Key+}?acl`. */
  readonly uri: string;
  readonly status?: number;
  readonly input?: string;
  readonly output?: string;
  /** Element around the result in the query protocol, `GetCallerIdentityResult`. */
  readonly resultWrapper?: string;
  readonly errors: readonly string[];
  /** rest-xml: element name of the request body's root, when the model gives it. */
  readonly inputLocationName?: string;
  /** Content encodings in which clients may send the body of the request, `gzip`. */
  readonly compression?: readonly string[];
  /** Callers need no signature: what they bring is in the input. */
  readonly unsigned?: true;
  readonly httpChecksum?: {
    readonly algorithmMember?: string;
    readonly required?: boolean;
    readonly responseAlgorithms?: readonly string[];
    readonly validationModeMember?: string;
  };
}

export type Shape = StructureShape | ListShape | MapShape | StringShape | NumberShape | BlobShape | PlainShape;

export interface StructureShape {
  readonly type: "structure";
  readonly members: Readonly<Record<string, Member>>;
  readonly required?: readonly string[];
  /** Member that is the whole body (REST protocols). */
  readonly payload?: string;
  readonly union?: true;
  readonly document?: true;
  /** Each member is a kind of event; the body of the answer is any number of them, one after the other. */
  readonly eventStream?: true;
  /** Set on error shapes, empty where the model says nothing more. */
  readonly error?: { readonly code?: string; readonly status?: number; readonly sender?: boolean };
}

export interface Member {
  readonly shape: string;
  /** Traits of the shape it names are already merged in, as botocore does. */
  readonly location?: "header" | "headers" | "querystring" | "uri" | "statusCode";
  readonly locationName?: string;
  /** ec2: name in requests, where it is not the locationName with a capital. */
  readonly queryName?: string;
  readonly streaming?: true;
  readonly xmlAttribute?: true;
  readonly xmlNamespace?: { readonly prefix?: string; readonly uri: string };
  readonly flattened?: true;
  readonly timestampFormat?: "iso8601" | "rfc822" | "unixTimestamp";
  readonly jsonValue?: true;
  readonly idempotencyToken?: true;
  /** Of an event: the member that is its whole payload. */
  readonly eventPayload?: true;
  /** Not in the model of September 2020: a caller may send it, an operation has to say that it honours it. */
  readonly newer?: true;
}

export interface ListShape {
  readonly type: "list";
  readonly member: Member;
  readonly min?: number;
  readonly max?: number;
  readonly flattened?: true;
}

export interface MapShape {
  readonly type: "map";
  readonly key: Member;
  readonly value: Member;
  readonly min?: number;
  readonly max?: number;
  readonly flattened?: true;
}

export interface StringShape {
  readonly type: "string";
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly sensitive?: true;
}

export interface NumberShape {
  readonly type: "integer" | "long" | "float" | "double";
  readonly min?: number;
  readonly max?: number;
}

export interface BlobShape {
  readonly type: "blob";
  readonly min?: number;
  readonly max?: number;
}

export interface PlainShape {
  readonly type: "boolean" | "timestamp";
  readonly timestampFormat?: "iso8601" | "rfc822" | "unixTimestamp";
}

/** IAM facts of one service prefix (`sagemaker`), from the Service Authorization Reference. */
export interface IamService {
  readonly prefix: string;
  readonly actions: Readonly<Record<string, IamAction>>;
  /** Resource type to ARN format with `${Partition}` … placeholders. */
  readonly resources: Readonly<Record<string, string>>;
  readonly conditionKeys: readonly string[];
}

export interface IamAction {
  readonly access: "List" | "Read" | "Write" | "Permissions management" | "Tagging";
  /** Resource types it applies to; a trailing `*` marks the required ones. Empty: only `*`. */
  readonly resources: readonly string[];
  readonly conditionKeys: readonly string[];
  readonly dependentActions: readonly string[];
}

/** AWS's managed policies by name. */
export interface AwsPolicies {
  readonly policies: Readonly<Record<string, AwsPolicy>>;
}

export interface AwsPolicy {
  readonly path: string;
  /** VersionId of the document, the default one. */
  readonly version: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** As on AWS, but for runs of actions of one service: `s3:Get*,List*` stands for `s3:Get*` and `s3:List*`. */
  readonly document: { readonly Statement: readonly Readonly<Record<string, unknown>>[] };
}

/** Reads the generated model of a service, `sagemaker` or `s3`. Callers keep it. */
export function loadService(name: string): ServiceModel {
  return JSON.parse(readFileSync(new URL(`./${name}/service.json`, import.meta.url), "utf8")) as ServiceModel;
}

/** Reads the IAM facts of a service prefix; the folder is the service's, `contract/<name>/iam.json`. */
export function loadIam(name: string): IamService {
  return JSON.parse(readFileSync(new URL(`./${name}/iam.json`, import.meta.url), "utf8")) as IamService;
}

/** Reads AWS's managed policies, a third of a megabyte. */
export function loadAwsPolicies(): AwsPolicies {
  return JSON.parse(readFileSync(new URL("./iam/aws-policies.json", import.meta.url), "utf8")) as AwsPolicies;
}
