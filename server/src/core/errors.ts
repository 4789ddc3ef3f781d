// The one catalogue of errors a caller may see. Thrown by name anywhere, turned into bytes once, in wire/.
// Codes and status numbers are those of the service models; texts follow the real services where they are known.

/** An error that is part of an answer. Anything else that is thrown is our bug and is answered as InternalFailure. */
export class ApiError extends Error {
  override readonly name: string = "ApiError";
  /** Wire code, `ResourceNotFound`. */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  /** Further members of the error shape, `{ BucketName: "b" }`. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Response headers that belong to the error. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    status: number,
    message: string,
    more: { fields?: Readonly<Record<string, unknown>>; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.fields = more.fields ?? {};
    this.headers = more.headers ?? {};
  }
}

const error =
  (code: string, status: number) =>
  (message: string, more?: ConstructorParameters<typeof ApiError>[3]): ApiError =>
    new ApiError(code, status, message, more);

/** Errors that several services share. A service's own errors stand in `services/<service>/errors.ts`, made by `ApiError`. */
export const errors = {
  accessDenied: error("AccessDeniedException", 400),
  conflict: error("ConflictException", 409),
  expiredToken: error("ExpiredTokenException", 403),
  incompleteSignature: error("IncompleteSignature", 400),
  internalFailure: error("InternalFailure", 500),
  invalidAction: error("InvalidAction", 400),
  invalidClientToken: error("UnrecognizedClientException", 403),
  invalidParameterValue: error("InvalidParameterValue", 400),
  missingAuthentication: error("MissingAuthenticationTokenException", 403),
  notYetAvailable: error("NotYetAvailable", 501),
  requestTooLarge: error("RequestEntityTooLarge", 413),
  resourceInUse: error("ResourceInUse", 400),
  resourceLimitExceeded: error("ResourceLimitExceeded", 400),
  resourceNotFound: error("ResourceNotFound", 400),
  serializationFailure: error("SerializationException", 400),
  serviceUnavailable: error("ServiceUnavailable", 503),
  signatureDoesNotMatch: error("InvalidSignatureException", 403),
  throttling: error("ThrottlingException", 400),
  unknownOperation: error("UnknownOperationException", 404),
  validation: error("ValidationException", 400),
} as const;
