// The services of the contract: one line each. The name is that of botocore's data folder and of contract/<name>/.

export interface GeneratedService {
  readonly name: string;
  /** IAM prefix whose facts stand in this folder; absent where another folder already holds them. */
  readonly iamPrefix?: string;
  /** Compared with the model of September 2020 to mark newer members. */
  readonly markNewer?: true;
}

export const services: readonly GeneratedService[] = [
  { name: "sagemaker", iamPrefix: "sagemaker", markNewer: true },
  { name: "sagemaker-runtime", markNewer: true },
  { name: "sagemaker-a2i-runtime", markNewer: true },
  { name: "s3", iamPrefix: "s3" },
  { name: "sts", iamPrefix: "sts" },
  { name: "iam", iamPrefix: "iam" },
  { name: "logs", iamPrefix: "logs" },
  { name: "cloudwatch", iamPrefix: "cloudwatch" },
  { name: "kms", iamPrefix: "kms" },
  { name: "ecr", iamPrefix: "ecr" },
  { name: "sns", iamPrefix: "sns" },
  { name: "events", iamPrefix: "events" },
  { name: "secretsmanager", iamPrefix: "secretsmanager" },
  { name: "cloudtrail", iamPrefix: "cloudtrail" },
  // Of hundreds of actions only few are served, none of which is about a resource: their facts would weigh more than ours.
  { name: "ec2" },
];
