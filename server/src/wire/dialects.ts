// One failure, five wordings: JSON services, REST JSON services, query services, EC2 and S3 each have their own code and
// status for what the wire itself refuses. Seen in recorded answers of DynamoDB and SageMaker (json), Lambda
// (rest-json), STS and IAM (query) and S3; for EC2 its API reference, "Error codes for the Amazon EC2 API". Services
// change single rows by `errorCodes`.
import type { Protocol } from "../../../contract/model.ts";
import { ApiError } from "../core/errors.ts";
import type { ErrorWording, Service } from "../core/service.ts";

export type Dialect = "json" | "rest-json" | "query" | "ec2" | "s3";

interface Wording extends ErrorWording {
  readonly message?: string;
}

/** By the general code of core/errors.ts. A dialect without a row takes the error as it is. */
const wordings: Readonly<Record<string, Partial<Readonly<Record<Dialect, Wording>>>>> = {
  AccessDeniedException: {
    ec2: { code: "UnauthorizedOperation", status: 403 },
    "rest-json": { code: "AccessDeniedException", status: 403 },
    query: { code: "AccessDenied", status: 403 },
    s3: { code: "AccessDenied", status: 403 },
  },
  ExpiredTokenException: {
    ec2: { code: "RequestExpired", status: 400 },
    json: { code: "ExpiredTokenException", status: 400 },
    query: { code: "ExpiredToken", status: 403 },
    s3: { code: "ExpiredToken", status: 400, message: "The provided token has expired." },
  },
  IncompleteSignature: {
    json: { code: "IncompleteSignatureException", status: 400 },
    "rest-json": { code: "IncompleteSignatureException", status: 403 },
    s3: { code: "AuthorizationHeaderMalformed", status: 400 },
  },
  InvalidSignatureException: {
    ec2: { code: "SignatureDoesNotMatch", status: 403 },
    json: { code: "InvalidSignatureException", status: 400 },
    query: { code: "SignatureDoesNotMatch", status: 403 },
    s3: { code: "SignatureDoesNotMatch", status: 403 },
  },
  MissingAuthenticationTokenException: {
    ec2: { code: "MissingAuthenticationToken", status: 403 },
    json: { code: "MissingAuthenticationTokenException", status: 400, message: "Missing Authentication Token" },
    "rest-json": { code: "MissingAuthenticationTokenException", status: 403, message: "Missing Authentication Token" },
    query: { code: "MissingAuthenticationToken", status: 403 },
    s3: { code: "AccessDenied", status: 403, message: "Access Denied" },
  },
  UnrecognizedClientException: {
    ec2: { code: "AuthFailure", status: 401 },
    json: { code: "UnrecognizedClientException", status: 400 },
    query: { code: "InvalidClientTokenId", status: 403 },
    s3: {
      code: "InvalidAccessKeyId",
      status: 403,
      message: "The AWS Access Key Id you provided does not exist in our records.",
    },
  },
  InternalFailure: { s3: { code: "InternalError", status: 500 } },
  RequestEntityTooLarge: { s3: { code: "EntityTooLarge", status: 400 } },
  SerializationException: {
    ec2: { code: "InvalidParameterValue", status: 400 },
    query: { code: "MalformedInput", status: 400 },
    s3: { code: "MalformedXML", status: 400 },
  },
  ServiceUnavailable: { json: { code: "ServiceUnavailableException", status: 503 } },
  ThrottlingException: {
    ec2: { code: "RequestLimitExceeded", status: 503 },
    query: { code: "Throttling", status: 400 },
    s3: { code: "SlowDown", status: 503 },
  },
  UnknownOperationException: {
    ec2: { code: "InvalidAction", status: 400 },
    query: { code: "InvalidAction", status: 400 },
    s3: { code: "MethodNotAllowed", status: 405 },
  },
  ValidationException: {
    ec2: { code: "InvalidParameterValue", status: 400 },
    query: { code: "ValidationError", status: 400 },
    s3: { code: "InvalidRequest", status: 400 },
  },
};

export function dialectOf(protocol: Protocol | undefined): Dialect {
  switch (protocol) {
    case "rest-xml":
      return "s3";
    case "rest-json":
    case "query":
    case "ec2":
      return protocol;
    default:
      return "json";
  }
}

/** The error as this service says it. */
export function inWordsOf(service: Service, dialect: Dialect, error: ApiError): ApiError {
  const own: Wording | undefined = service.errorCodes?.[error.code];
  return own === undefined ? inDialect(dialect, error) : worded(own, error);
}

/** The error as services of this dialect say it. */
export function inDialect(dialect: Dialect, error: ApiError): ApiError {
  const wording = wordings[error.code]?.[dialect];
  return wording === undefined ? error : worded(wording, error);
}

function worded(wording: Wording, error: ApiError): ApiError {
  const message = wording.message ?? error.message;
  return new ApiError(wording.code, wording.status, wording.reword?.(message) ?? message, error);
}
