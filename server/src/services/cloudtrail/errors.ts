// CloudTrail's own errors, with codes of its service model. Texts as moto's tests of CloudTrail have them from AWS.
import { ApiError } from "../../core/errors.ts";

const error = (code: string) => (message: string) => new ApiError(code, 400, message);

export const alreadyExists = error("TrailAlreadyExistsException");
export const bucketMissing = error("S3BucketDoesNotExistException");
export const bucketPolicy = error("InsufficientS3BucketPolicyException");
export const invalidArn = error("CloudTrailARNInvalidException");
export const invalidAttributes = error("InvalidLookupAttributesException");
export const invalidCombination = error("InvalidParameterCombinationException");
export const invalidHomeRegion = error("InvalidHomeRegionException");
export const invalidLogGroup = error("InvalidCloudWatchLogsLogGroupArnException");
export const invalidLogRole = error("InvalidCloudWatchLogsRoleArnException");
export const invalidName = error("InvalidTrailNameException");
export const invalidNextToken = error("InvalidNextTokenException");
export const invalidSelectors = error("InvalidEventSelectorsException");
export const invalidTags = error("InvalidTagParameterException");
export const invalidTimeRange = error("InvalidTimeRangeException");
export const keyMissing = error("KmsKeyNotFoundException");
export const keyPolicy = error("InsufficientEncryptionPolicyException");
export const invalidTopicName = error("InvalidSnsTopicNameException");
export const resourceNotFound = error("ResourceNotFoundException");
export const tooManyTags = error("TagsLimitExceededException");
export const tooManyTrails = error("MaximumNumberOfTrailsExceededException");
export const topicPolicy = error("InsufficientSnsTopicPolicyException");
export const trailNotFound = error("TrailNotFoundException");
