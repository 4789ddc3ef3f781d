// One API call as every layer sees it: who calls, from where, under which account and region, and until when.

/** Who is calling, as IAM knows them. */
export interface Principal {
  readonly kind: "root" | "user" | "assumed-role" | "federated-user" | "web-identity" | "anonymous" | "service";
  /** `arn:aws:iam::123456789012:user/ann`, `arn:aws:sts::123456789012:assumed-role/SageMakerRole/local`. */
  readonly arn: string;
  readonly account: string;
  /** Unique id as GetCallerIdentity gives it, `AIDA…` or `AROA…:session`. */
  readonly userId: string;
  /** The role behind a session, absent for users and root. */
  readonly roleArn?: string;
  /** Access key the call was signed with; absent for work the platform does under a role. */
  readonly accessKeyId?: string;
  /** Inline policy that narrows a session, as JSON text. */
  readonly sessionPolicies?: readonly string[];
  /** Managed policies that narrow a session beside that; one of both has to allow. */
  readonly sessionPolicyArns?: readonly string[];
  /** For condition keys such as aws:TokenIssueTime; milliseconds since 1970. */
  readonly issuedAt?: number;
  /** Tags of the user or role behind it, and over them those of the session: aws:PrincipalTag. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Tags given when the session was made, with those that came down a chain of roles. */
  readonly sessionTags?: Readonly<Record<string, string>>;
  /** Keys of session tags that go on to roles assumed from this session. */
  readonly transitiveTagKeys?: readonly string[];
  /** Set at the start of a chain of roles and kept along it: aws:SourceIdentity. */
  readonly sourceIdentity?: string;
  /** Who vouched for a caller that came with a token of an identity provider. */
  readonly federated?: {
    /** ARN of the provider, aws:FederatedProvider. */
    readonly provider: string;
    /** Condition keys that its token filled, `{ "accounts.example.com:sub": "ann" }`. */
    readonly claims: Readonly<Record<string, string | readonly string[]>>;
  };
  /** The user that a federated user's session was made by; absent when the account's root made it. */
  readonly sessionIssuer?: { readonly arn: string; readonly userId: string };
}

/** Who calls without a signature. */
export const NOBODY: Principal = { kind: "anonymous", arn: "anonymous", account: "", userId: "anonymous" };

/** A permission that a call needs. All of a call's permissions must be granted. */
export interface Permission {
  /** `sagemaker:CreateModel`. */
  readonly action: string;
  /** ARN, or `*` for actions without resources. */
  readonly resource: string;
  /** Condition keys of the service, `{ "iam:PassedToService": "sagemaker.amazonaws.com" }`. */
  readonly conditions?: Readonly<Record<string, string | readonly string[]>>;
  /** Policy attached to the resource itself (a bucket policy), as JSON text. */
  readonly resourcePolicy?: string;
  /**
   * Reads what else the resource allows (an access control list), as a policy in JSON text: asked only when nothing allows
   * so far. A deny wins over it as over every other allow.
   */
  readonly resourceGrants?: () => Promise<string | undefined>;
  /** Account that owns the resource; the caller's own when absent. */
  readonly resourceAccount?: string;
  /** Reads the tags of the resource: asked only when a policy has a condition on them. */
  readonly resourceTags?: () => Promise<Readonly<Record<string, string>>>;
}

export interface Call {
  /** Folder name of the service, `sagemaker-runtime`. */
  readonly service: string;
  readonly operation: string;
  readonly requestId: string;
  readonly account: string;
  readonly region: string;
  readonly principal: Principal;
  /** When the call arrived, milliseconds since 1970. */
  readonly at: number;
  readonly sourceIp: string;
  readonly userAgent: string;
  /** Whether it came by TLS (aws:SecureTransport). */
  readonly secure: boolean;
  /** Scheme, host and port the caller used, `http://127.0.0.1:8000`: for addresses in answers. */
  readonly origin: string;
  /** Request headers, names in lower case. Empty for calls made by the platform itself. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborts when the caller goes away or the server stops. */
  readonly signal: AbortSignal;
  /** Checks further permissions found while running. @throws ApiError AccessDenied */
  authorize(permissions: readonly Permission[]): Promise<void>;
  /** Runs another operation as this caller, validated and authorised as if it had come from outside. */
  invoke(service: string, operation: string, input: object): Promise<unknown>;
}
