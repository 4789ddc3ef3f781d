// S3's own error codes. Texts and status numbers follow the S3 API reference, "Error responses".
import { ApiError } from "../../core/errors.ts";

type Fields = Readonly<Record<string, unknown>>;

const known = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const fixed = (code: string, status: number, message: string) => (fields: Fields, headers?: Record<string, string>) =>
  new ApiError(code, status, message, { fields: known(fields), headers: headers ?? {} });

const told =
  (code: string, status: number) =>
  (message: string, fields: Fields = {}, headers?: Record<string, string>) =>
    new ApiError(code, status, message, { fields: known(fields), headers: headers ?? {} });

export const s3Errors = {
  accessDenied: told("AccessDenied", 403),
  badDigest: told("BadDigest", 400),
  badRequest: told("BadRequest", 400),
  bucketAlreadyExists: fixed(
    "BucketAlreadyExists",
    409,
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
  ),
  bucketAlreadyOwnedByYou: fixed(
    "BucketAlreadyOwnedByYou",
    409,
    "Your previous request to create the named bucket succeeded and you already own it.",
  ),
  bucketNotEmpty: told("BucketNotEmpty", 409),
  conditionalConflict: fixed(
    "ConditionalRequestConflict",
    409,
    "The conditional request cannot succeed due to a conflicting operation against this resource.",
  ),
  entityTooLarge: told("EntityTooLarge", 400),
  entityTooSmall: fixed("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size"),
  illegalLocationConstraint: told("IllegalLocationConstraintException", 400),
  invalidArgument: told("InvalidArgument", 400),
  invalidBucketName: fixed("InvalidBucketName", 400, "The specified bucket is not valid."),
  invalidBucketAcl: fixed(
    "InvalidBucketAclWithObjectOwnership",
    400,
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  ),
  invalidBucketState: told("InvalidBucketState", 409),
  invalidDigest: fixed("InvalidDigest", 400, "The Content-MD5 you specified was invalid."),
  invalidEncryptionAlgorithm: fixed(
    "InvalidEncryptionAlgorithmError",
    400,
    "The Encryption request you specified is not valid. Supported value: AES256.",
  ),
  invalidLocationConstraint: fixed("InvalidLocationConstraint", 400, "The specified location-constraint is not valid"),
  invalidObjectState: told("InvalidObjectState", 403),
  invalidPart: fixed(
    "InvalidPart",
    400,
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  ),
  invalidPartNumber: fixed("InvalidPartNumber", 416, "The requested partnumber is not satisfiable"),
  invalidPartOrder: fixed(
    "InvalidPartOrder",
    400,
    "The list of parts was not in ascending order. Parts must be ordered by part number.",
  ),
  invalidRange: fixed("InvalidRange", 416, "The requested range is not satisfiable"),
  invalidRequest: told("InvalidRequest", 400),
  invalidStorageClass: fixed("InvalidStorageClass", 400, "The storage class you specified is not valid"),
  invalidTag: told("InvalidTag", 400),
  keyTooLong: fixed("KeyTooLongError", 400, "Your key is too long"),
  malformedAcl: told("MalformedACLError", 400),
  malformedPolicy: told("MalformedPolicy", 400),
  malformedXml: fixed(
    "MalformedXML",
    400,
    "The XML you provided was not well-formed or did not validate against our published schema",
  ),
  metadataTooLarge: fixed("MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size"),
  methodNotAllowed: told("MethodNotAllowed", 405),
  missingContentLength: fixed("MissingContentLength", 411, "You must provide the Content-Length HTTP header."),
  missingSecurityHeader: fixed("MissingSecurityHeader", 400, "Your request was missing a required header"),
  missingRequestBody: fixed("MissingRequestBodyError", 400, "Request Body is empty"),
  noSuchBucket: fixed("NoSuchBucket", 404, "The specified bucket does not exist"),
  noSuchKey: fixed("NoSuchKey", 404, "The specified key does not exist."),
  noSuchUpload: fixed(
    "NoSuchUpload",
    404,
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
  ),
  noSuchVersion: fixed("NoSuchVersion", 404, "The specified version does not exist."),
  notFound: told("NotFound", 404),
  notImplemented: told("NotImplemented", 501),
  notModified: (headers: Record<string, string>) => new ApiError("NotModified", 304, "Not Modified", { headers }),
  operationAborted: fixed(
    "OperationAborted",
    409,
    "A conflicting conditional operation is currently in progress against this resource. Please try again.",
  ),
  preconditionFailed: (condition: string) =>
    new ApiError("PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold", {
      fields: { Condition: condition },
    }),
  /** A setting of a bucket that has not been made: `NoSuchTagSet`, `NoSuchBucketPolicy` … */
  noSuchSetting: (code: string, message: string, fields: Fields) => new ApiError(code, 404, message, { fields }),
  unexpectedContent: fixed("UnexpectedContent", 400, "This request does not support content"),
  checksumMismatch: told("XAmzContentChecksumMismatch", 400),
} as const;

/** Where S3's operations say it otherwise than the wire does for S3 (wire/dialects.ts). */
export const s3ErrorCodes: Readonly<Record<string, { readonly code: string; readonly status: number }>> = {
  RequestEntityTooLarge: { code: "MaxMessageLengthExceeded", status: 400 },
  ValidationException: { code: "InvalidArgument", status: 400 },
};
