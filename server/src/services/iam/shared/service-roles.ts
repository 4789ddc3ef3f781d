// The roles that services make for themselves, with their policies: as recorded in LocalStack's
// tests/aws/services/iam/test_iam.snapshot.json and, for SageMaker and its scaling, in the SageMaker developer guide.
import { SERVICE_ROLE_PATH } from "./aws-policies.ts";

interface LinkedService {
  readonly role: string;
  /** ARN. */
  readonly policy: string;
}

const of = (role: string, policy: string): LinkedService => ({
  role: `AWSServiceRoleFor${role}`,
  policy: `arn:aws:iam::aws:policy${SERVICE_ROLE_PATH}${policy}`,
});

export const linkedServices: Readonly<Record<string, LinkedService>> = {
  "sagemaker.amazonaws.com": of("AmazonSageMakerNotebooks", "AmazonSageMakerNotebooksServiceRolePolicy"),
  "sagemaker.application-autoscaling.amazonaws.com": of(
    "ApplicationAutoScaling_SageMakerEndpoint",
    "AWSApplicationAutoscalingSageMakerEndpointPolicy",
  ),
  "cks.kms.amazonaws.com": of(
    "KeyManagementServiceCustomKeyStores",
    "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy",
  ),
  "mrk.kms.amazonaws.com": of(
    "KeyManagementServiceMultiRegionKeys",
    "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy",
  ),
  "ecr.amazonaws.com": of("ECRTemplate", "ECRTemplateServiceRolePolicy"),
  "pullthroughcache.ecr.amazonaws.com": of("ECRPullThroughCache", "AWSECRPullThroughCache_ServiceRolePolicy"),
  "replication.ecr.amazonaws.com": of("ECRReplication", "ECRReplicationServiceRolePolicy"),
  "cloudtrail.amazonaws.com": of("CloudTrail", "CloudTrailServiceRolePolicy"),
};
