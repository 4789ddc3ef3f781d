// What one part gives to the others, as interfaces only. Implemented in services/<service>/port.ts, handed over in app/.
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { Call, Permission, Principal } from "./call.ts";

/** Where permissions are evaluated: facts of the request that global condition keys read. */
export interface RequestFacts {
  readonly at: number;
  readonly region: string;
  readonly sourceIp?: string;
  readonly userAgent?: string;
  readonly secure?: boolean;
  readonly referer?: string;
}

/** IAM, to the wire: the secret behind an access key. */
export interface Authenticator {
  /**
   * @throws ApiError InvalidClientToken (unknown or inactive key, token that does not belong to the key), ExpiredToken
   */
  credential(accessKeyId: string, sessionToken: string | undefined, now: number): Promise<Credential> | Credential;
}

export interface Credential {
  readonly secretAccessKey: string;
  readonly principal: Principal;
}

/** IAM, to the wire and to whoever works under a role. */
export interface Authorizer {
  /** Undefined when everything is allowed, else the first refusal in AWS's words. */
  refusal(
    principal: Principal,
    permissions: readonly Permission[],
    facts: RequestFacts,
  ): Promise<string | undefined> | (string | undefined);
}

/** IAM, to services whose resources have policies. */
export interface PolicyChecks {
  /** Whether the text is a policy that can be evaluated. @throws ApiError MalformedPolicyDocument */
  resourcePolicy(text: string): void;
}

/** KMS, to S3 and SageMaker: keys by which they encrypt what they keep, in the name of whoever calls. */
export interface DataKeys {
  /**
   * A new data key of 32 bytes, in clear and encrypted under the key that is named by id, ARN or alias. The key of KMS is one
   * of the call's region and account.
   * @throws ApiError NotFoundException, DisabledException, KMSInvalidStateException, AccessDenied
   */
  generate(call: Call, keyId: string, use: KeyUse): Promise<DataKey>;
  /** A data key in clear. @throws ApiError as `generate`, InvalidCiphertextException for another encryption context */
  decrypt(call: Call, encrypted: Uint8Array, use: KeyUse): Promise<Uint8Array>;
  /** ARN of an enabled key that the caller may use for all of `operations`. @throws ApiError as `generate` */
  usable(call: Call, keyId: string, use: KeyUse & { readonly operations: readonly string[] }): Promise<string>;
}

export interface DataKey {
  /** ARN of the key of KMS. */
  readonly keyArn: string;
  readonly plaintext: Uint8Array;
  readonly encrypted: Uint8Array;
}

export interface KeyUse {
  /** For conditions of policies and constraints of grants; and the same is needed to decrypt. */
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /** `s3.us-east-1.amazonaws.com`: the service in whose name the caller uses the key. */
  readonly viaService: string;
  /** Further condition keys, `kms:GrantIsForAWSResource`. */
  readonly conditions?: Readonly<Record<string, string>>;
}

/** IAM and STS, to the engine: work under an execution role. */
export interface RoleSessions {
  /** As `assume`, without making a session. @throws ApiError Validation as `assume` */
  check(request: { readonly roleArn: string; readonly servicePrincipal: string }): Promise<void>;
  /**
   * Assumes the role for one of our services. The principal serves calls inside this process, the keys go to the
   * container. @throws ApiError Validation when the role does not exist or does not trust the service.
   */
  assume(request: {
    readonly roleArn: string;
    readonly sessionName: string;
    /** `sagemaker.amazonaws.com`. */
    readonly servicePrincipal: string;
    readonly durationSeconds: number;
  }): Promise<RoleSession>;
}

export interface RoleSession {
  readonly principal: Principal;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** IAM, to STS: temporary credentials for callers. Who may ask for them is the operation's permission. */
export interface Sessions {
  /** Trust policy of a role as JSON text, undefined when there is no such role. */
  trustPolicy(roleArn: string): Promise<string | undefined>;
  /**
   * @throws ApiError ValidationError (longer than the role's maximum), MalformedPolicyDocument, PackedPolicyTooLarge,
   * NoSuchEntity
   */
  assumeRole(
    request: SessionRequest & { readonly roleArn: string; readonly sessionName: string },
  ): Promise<IssuedSession>;
  /** Credentials of a federated user, who has no more than the caller. @throws ApiError as `assumeRole` */
  federate(caller: Principal, request: SessionRequest & { readonly name: string }): Promise<IssuedSession>;
  /** Credentials of the caller itself. */
  sessionToken(caller: Principal, durationSeconds: number): RoleSession;
  /**
   * Who a token of an OpenID Connect provider speaks for, by a provider that the role's account knows.
   * @throws ApiError InvalidIdentityToken, IDPCommunicationError, ExpiredWebIdentityToken
   */
  webIdentity(roleArn: string, token: string): Promise<WebIdentity>;
  /** Undefined for a key that nobody here has. */
  accountOfKey(accessKeyId: string): Promise<string | undefined>;
}

/** How long a session lasts, what narrows it and what is known of it. */
export interface SessionRequest {
  readonly durationSeconds: number;
  /** JSON text, given with the call. */
  readonly policy?: string | undefined;
  /** Managed policies that narrow the session. */
  readonly policyArns: readonly string[];
  readonly sessionTags?: Readonly<Record<string, string>>;
  readonly transitiveTagKeys?: readonly string[];
  readonly sourceIdentity?: string | undefined;
  readonly federated?: Principal["federated"];
}

/** `packedPolicyPercent`: how much of the room for policies and tags of a session is taken. */
export type IssuedSession = RoleSession & { readonly packedPolicyPercent: number };

export interface WebIdentity {
  /** Of kind `web-identity`, as trust policies name it. */
  readonly principal: Principal;
  readonly federated: NonNullable<Principal["federated"]>;
  /** Claims `iss`, `sub` and `aud` (or `azp`). */
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** What the token asks for its session. */
  readonly sessionTags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity?: string;
}

export interface ObjectReference {
  readonly bucket: string;
  readonly key: string;
}

export interface ObjectFacts extends ObjectReference {
  readonly sizeBytes: number;
  /** With its quotes, as in the ETag header. */
  readonly etag: string;
  readonly modifiedAt: number;
  readonly contentType?: string;
}

/** An object's bytes, in order; they stay where they are until `release` is called, whatever becomes of the object. */
export interface HeldObject extends ObjectFacts {
  readonly pieces: readonly HeldPiece[];
  release(): void;
}

/** A file to be read only, or the bytes themselves. */
export type HeldPiece = HeldFile | { readonly bytes: Uint8Array };

export interface HeldFile {
  readonly path: string;
  /** Of the file. */
  readonly sizeBytes: number;
  /** That it was written with (store/blobs). */
  readonly checksum: string;
  /** Present when the file holds sealed frames (core/sealed-frames): the key of this body alone, and its bytes without them. */
  readonly sealed?: { readonly key: Uint8Array; readonly sizeBytes: number };
}

/**
 * S3, to the engine and to data capture. Every call is authorised for the principal, as if made from outside.
 * @throws ApiError NoSuchBucket, NoSuchKey, AccessDenied, each naming bucket and key
 */
export interface Objects {
  /** Keys that start with the prefix, in byte order. */
  list(principal: Principal, bucket: string, prefix: string): AsyncIterable<ObjectFacts>;
  head(principal: Principal, object: ObjectReference): Promise<ObjectFacts>;
  open(principal: Principal, object: ObjectReference): Promise<ObjectFacts & { readonly body: Readable }>;
  /** Where the object's bytes lie on this machine, for a process of ours that reads much of them and checks them itself. */
  hold(principal: Principal, object: ObjectReference): Promise<HeldObject>;
  /** Writes the object's bytes to a file of ours, by reflink where the disk can, and never by a link into the store. */
  copyToFile(principal: Principal, object: ObjectReference, path: string, signal: AbortSignal): Promise<ObjectFacts>;
  /** The object appears whole or not at all. */
  put(
    principal: Principal,
    object: ObjectReference & {
      readonly contentType?: string;
      readonly kmsKeyId?: string;
      /** Condition keys that the bucket's policy sees besides, `aws:SourceArn` of a service that writes. */
      readonly conditions?: Readonly<Record<string, string>>;
    },
    body: Readable,
    signal: AbortSignal,
  ): Promise<ObjectFacts>;
  /**
   * Address by which whoever has it reads the object with the session's rights, for a while. Nobody looks whether the
   * object is there.
   */
  address(session: RoleSession, object: ObjectReference, place: AddressPlace): string;
  /** Facts of the bucket, for checks at creation of a job. @throws ApiError NoSuchBucket */
  headBucket(principal: Principal, bucket: string): Promise<{ readonly region: string }>;
}

/** Where and how long an address of an object is good. */
export interface AddressPlace {
  /** Scheme and host that whoever reads it reaches this server by, `http://127.0.0.1:8000`. */
  readonly origin: string;
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly seconds: number;
}

/** Secrets Manager, to services that keep what a customer gave them as a secret of the customer's account. */
export interface OwnedSecrets {
  /** Keeps a value as the secret's current one, and makes the secret where there is none. Its ARN. */
  put(secret: OwnedSecret, value: string): Promise<string>;
  /** The current value, undefined when there is no such secret. */
  open(secret: OwnedSecret): Promise<string | undefined>;
  /** At once; also where there is none. */
  remove(secret: OwnedSecret): Promise<void>;
}

/** A secret that customers see and may read, and that only the service that owns it changes. */
export interface OwnedSecret {
  readonly account: string;
  readonly region: string;
  /** `events!connection/shop/8a1f…` */
  readonly name: string;
  /** `events` */
  readonly service: string;
}

/** EC2, to services whose containers are put into networks. */
export interface Networks {
  /** In words, when a subnet or group is not there or they are not of one VPC. */
  trouble(
    place: { readonly account: string; readonly region: string },
    named: { readonly subnets: readonly string[]; readonly securityGroups: readonly string[] },
  ): string | undefined;
}

/** A repository of this server's registry, as an image's name has it. */
export interface PushedRepository {
  readonly account: string;
  readonly region: string;
  readonly repository: string;
}

/** Where manifests and layers of one repository come from, here or elsewhere. */
export interface ImageSource {
  /** By tag or digest; undefined when the repository has none such. */
  manifest(reference: string): Promise<{ readonly digest: string; readonly bytes: Uint8Array } | undefined>;
  /** The bytes behind a digest, which the reader holds to it. @throws Error in words for people */
  blob(digest: string): Promise<Readable>;
}

/** ECR, to the engine: images that were pushed to this server. */
export interface Images {
  /** The image of that tag or digest; without a digest when only the repository is there, undefined when nothing is. */
  look(repository: PushedRepository, reference: string): Promise<{ readonly digest?: string } | undefined>;
  /** @throws ApiError AccessDenied when the principal may not pull, RepositoryNotFoundException */
  open(principal: Principal, repository: PushedRepository): Promise<ImageSource>;
}

/** Hosting, to the inference router: what serves an endpoint right now. */
export interface EndpointDirectory {
  /** Undefined when there is no such endpoint. Called for every invocation: answers from memory. */
  find(account: string, region: string, endpointName: string): EndpointRoute | undefined;
}

export interface EndpointRoute {
  readonly endpointName: string;
  readonly arn: string;
  readonly status: string;
  readonly variants: readonly VariantRoute[];
}

export interface VariantRoute {
  readonly name: string;
  /** Share of traffic relative to the other variants; 0 or more. */
  readonly weight: number;
  readonly instances: readonly InstanceRoute[];
}

/** Opens a connection to a port of a container. @throws Error when nothing listens there */
export type Dial = () => Promise<Socket>;

export interface InstanceRoute {
  /** Stable while the instance lives; also its log stream's last part. */
  readonly id: string;
  /** Reaches port 8080 of the container. The same function while the container is the same. */
  readonly dial: Dial;
  readonly logStream: string;
  /** Counts a request in; call the result when it is over, so that an instance is stopped only when idle. */
  begin(): () => void;
}

/** SNS, to services that tell somebody of something: alarms, object events. */
export interface Topics {
  /**
   * Publishes in the name of a service; kept when this returns, delivered behind it.
   * @throws ApiError NotFound, AuthorizationError when the topic's policy does not let the service publish
   */
  publish(notice: TopicNotice): Promise<{ readonly messageId: string }>;
  /** Whether it would be let. @throws ApiError as `publish` */
  check(source: TopicSource): Promise<void>;
}

export interface TopicNotice extends TopicSource {
  readonly message: string;
  readonly subject?: string;
}

export interface TopicSource {
  readonly topicArn: string;
  /** `cloudwatch.amazonaws.com`: who publishes. */
  readonly servicePrincipal: string;
  /** What it is about, an alarm or a bucket: aws:SourceArn of the topic's policy. */
  readonly sourceArn: string;
  readonly sourceAccount: string;
}

/** Logs, to services that write lines into a group of the customer's: under a role, or in their own name. */
export interface LogGroups {
  /**
   * Lines that are on disk when this returns. Resource policies of the account take part in the decision.
   * @throws ApiError ResourceNotFoundException when the group is not there, AccessDeniedException
   */
  write(lines: LogLines): Promise<void>;
  /** Whether it would be let, with the same errors. */
  check(writer: LogWriter): Promise<void>;
}

/** Who writes to which stream. */
export interface LogWriter {
  readonly principal: Principal;
  readonly account: string;
  readonly region: string;
  readonly group: string;
  readonly stream: string;
  /** Condition keys that policies see, `aws:SourceArn`. */
  readonly conditions?: Readonly<Record<string, string>>;
}

export interface LogLines extends LogWriter {
  readonly lines: readonly { readonly timestamp: number; readonly message: string }[];
}

/** EventBridge, to services that tell of what happened on the account's default bus. */
export interface EventBus {
  /**
   * Kept when this returns; matched with rules and delivered behind it. An event with which something is wrong itself is
   * reported and left out, so that nothing waits behind it; what is thrown is the store's, and to be tried again.
   */
  put(events: readonly ServiceEvent[]): Promise<void>;
  /** Whether there is any rule that could match what is put there. */
  isHeard(at: Pick<ServiceEvent, "account" | "region">): Promise<boolean>;
}

/** An event of a service, as EventBridge's envelope has it; version, and `id` where it is absent, are the bus's. */
export interface ServiceEvent {
  /** The same event put twice is delivered once. */
  readonly id?: string;
  readonly account: string;
  readonly region: string;
  /** `aws.s3` */
  readonly source: string;
  /** `Object Created` */
  readonly detailType: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** ARNs. */
  readonly resources: readonly string[];
  readonly detail: object;
}

/** The wire, to whatever makes calls inside the process as a caller. */
export interface Invoker {
  invoke(call: Call, service: string, operation: string, input: object): Promise<unknown>;
}
