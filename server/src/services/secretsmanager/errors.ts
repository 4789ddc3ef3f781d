// Secrets Manager's own errors, with codes of its service model. Texts as recorded from AWS in LocalStack's
// tests/aws/services/secretsmanager/test_secretsmanager.snapshot.json and in moto's tests marked aws_verified.
import { ApiError } from "../../core/errors.ts";

const error = (code: string) => (message: string) => new ApiError(code, 400, message);

export const alreadyExists = error("ResourceExistsException");
export const decryptionFailure = error("DecryptionFailure");
export const encryptionFailure = error("EncryptionFailure");
export const invalidNextToken = error("InvalidNextTokenException");
export const invalidParameter = error("InvalidParameterException");
export const invalidRequest = error("InvalidRequestException");
export const limitExceeded = error("LimitExceededException");
export const malformedPolicy = error("MalformedPolicyDocumentException");
export const notFound = error("ResourceNotFoundException");
export const publicPolicy = error("PublicPolicyException");

export const noSecret = () => notFound("Secrets Manager can't find the specified secret.");

export const tokenInUse = (token: string, arn: string) =>
  alreadyExists(
    `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${arn}.`,
  );
