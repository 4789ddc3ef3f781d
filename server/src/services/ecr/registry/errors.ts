// Errors of the registry protocol (OCI distribution specification 1.1, "Error codes"), and ECR's own as they are said there.
import { ApiError } from "../../../core/errors.ts";

export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** By the code that ECR's API gives. */
const codes: Readonly<Record<string, readonly [status: number, code: string]>> = {
  AccessDeniedException: [403, "DENIED"],
  EmptyUploadException: [400, "DIGEST_INVALID"],
  ImageDigestDoesNotMatchException: [400, "DIGEST_INVALID"],
  ImageNotFoundException: [404, "MANIFEST_UNKNOWN"],
  ImageTagAlreadyExistsException: [400, "TAG_INVALID"],
  InvalidLayerException: [400, "DIGEST_INVALID"],
  InvalidParameterException: [400, "MANIFEST_INVALID"],
  LayersNotFoundException: [404, "MANIFEST_BLOB_UNKNOWN"],
  LimitExceededException: [413, "SIZE_INVALID"],
  ReferencedImagesNotFoundException: [404, "MANIFEST_BLOB_UNKNOWN"],
  RepositoryNotFoundException: [404, "NAME_UNKNOWN"],
  RequestEntityTooLarge: [413, "SIZE_INVALID"],
  RequestTimeout: [400, "BLOB_UPLOAD_INVALID"],
  UploadNotFoundException: [404, "BLOB_UPLOAD_UNKNOWN"],
  ValidationException: [400, "UNSUPPORTED"],
};

/** Undefined for what is not for callers. */
export function inRegistryWords(cause: unknown): RegistryError | undefined {
  if (cause instanceof RegistryError) return cause;
  if (!(cause instanceof ApiError)) return undefined;
  const [status, code] = codes[cause.code] ?? [cause.status, "UNSUPPORTED"];
  return new RegistryError(status, code, cause.message);
}

export const errorBody = ({ code, message }: RegistryError): string =>
  JSON.stringify({ errors: [{ code, message, detail: null }] });

export const nameInvalid = (name: string): RegistryError =>
  new RegistryError(
    400,
    "NAME_INVALID",
    `${JSON.stringify(name.slice(0, 300))} is no name of a repository: expected lower-case letters and digits, with . _ - or / between.`,
  );
export const digestInvalid = (digest: string): RegistryError =>
  new RegistryError(
    400,
    "DIGEST_INVALID",
    `Expected a digest sha256:<64 hexadecimal digits>, got ${JSON.stringify(digest.slice(0, 200))}.`,
  );
export const blobUnknown = (digest: string): RegistryError =>
  new RegistryError(404, "BLOB_UNKNOWN", `The repository has no layer ${digest}.`);
export const unsupported = (message: string, status = 405): RegistryError =>
  new RegistryError(status, "UNSUPPORTED", message);
