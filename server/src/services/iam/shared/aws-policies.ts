// The managed policies of AWS that SageMaker code names, in a minimal form of our own: the same grants for the services
// that are served here. Names and ARNs as in the AWS managed policy reference.

interface AwsPolicy {
  readonly name: string;
  readonly path: string;
  /** Unique id; ours, but stable. */
  readonly id: string;
  readonly description: string;
  readonly statements: readonly object[];
}

const allow = (action: string | readonly string[], resource: string | readonly string[] = "*", condition?: object) => ({
  Effect: "Allow",
  Action: action,
  Resource: resource,
  ...(condition && { Condition: condition }),
});

const passRoleTo = (service: string) =>
  allow("iam:PassRole", "arn:aws:iam::*:role/*", { StringEquals: { "iam:PassedToService": service } });

const list: readonly AwsPolicy[] = [
  {
    name: "AdministratorAccess",
    path: "/",
    id: "ANPASAGEBRUSHADMIN01",
    description: "Full access to every service and resource.",
    statements: [allow("*")],
  },
  {
    name: "PowerUserAccess",
    path: "/",
    id: "ANPASAGEBRUSHPOWER01",
    description: "Full access to every service but the management of identities.",
    statements: [
      { Effect: "Allow", NotAction: ["iam:*", "organizations:*", "account:*"], Resource: "*" },
      allow(["iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles"]),
    ],
  },
  {
    name: "ReadOnlyAccess",
    path: "/",
    id: "ANPASAGEBRUSHREADS01",
    description: "Reading access to every service.",
    statements: [
      allow([
        "cloudwatch:Describe*",
        "cloudwatch:Get*",
        "cloudwatch:List*",
        "ecr:BatchGet*",
        "ecr:Describe*",
        "ecr:Get*",
        "ecr:List*",
        "iam:Generate*",
        "iam:Get*",
        "iam:List*",
        "iam:Simulate*",
        "kms:Describe*",
        "kms:List*",
        "logs:Describe*",
        "logs:FilterLogEvents",
        "logs:Get*",
        "logs:List*",
        "s3:Get*",
        "s3:List*",
        "sagemaker:Describe*",
        "sagemaker:GetSearchSuggestions",
        "sagemaker:List*",
        "sagemaker:Search",
        "sts:GetCallerIdentity",
      ]),
    ],
  },
  {
    name: "AmazonS3FullAccess",
    path: "/",
    id: "ANPASAGEBRUSHS3ALL01",
    description: "Full access to all buckets.",
    statements: [allow("s3:*")],
  },
  {
    name: "AmazonS3ReadOnlyAccess",
    path: "/",
    id: "ANPASAGEBRUSHS3GET01",
    description: "Reading access to all buckets.",
    statements: [allow(["s3:Get*", "s3:List*", "s3:Describe*"])],
  },
  {
    name: "AmazonSageMakerReadOnly",
    path: "/",
    id: "ANPASAGEBRUSHSMGET01",
    description: "Reading access to SageMaker.",
    statements: [
      allow(["sagemaker:Describe*", "sagemaker:List*", "sagemaker:BatchGet*", "sagemaker:Get*", "sagemaker:Search"]),
      allow(["cloudwatch:DescribeAlarms", "logs:DescribeLogStreams"]),
    ],
  },
  {
    name: "AmazonSageMakerFullAccess",
    path: "/",
    id: "ANPASAGEBRUSHSMALL01",
    description: "Full access to SageMaker and to what its work needs of other services.",
    statements: [
      allow("sagemaker:*"),
      allow([
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "cloudwatch:GetMetricStatistics",
        "cloudwatch:ListMetrics",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:PutMetricData",
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CreateRepository",
        "ecr:Describe*",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
        "ecr:StartImageScan",
        "iam:GetRole",
        "iam:ListRoles",
        "kms:DescribeKey",
        "kms:ListAliases",
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:Describe*",
        "logs:GetLogEvents",
        "logs:PutLogEvents",
        "s3:CreateBucket",
        "s3:GetBucketLocation",
        "s3:ListAllMyBuckets",
        "s3:ListBucket",
      ]),
      allow(
        ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
        ["arn:aws:s3:::*SageMaker*", "arn:aws:s3:::*Sagemaker*", "arn:aws:s3:::*sagemaker*", "arn:aws:s3:::*aws-glue*"],
      ),
      allow(
        ["s3:GetBucketAcl", "s3:PutObjectAcl", "s3:GetBucketCors", "s3:PutBucketCors"],
        ["arn:aws:s3:::*SageMaker*", "arn:aws:s3:::*Sagemaker*", "arn:aws:s3:::*sagemaker*"],
      ),
      passRoleTo("sagemaker.amazonaws.com"),
    ],
  },
];

/** No later than AWS's own: SDKs compare nothing here, people read it. */
const CREATED_AT = Date.parse("2015-02-06T18:40:00Z");

export interface AwsManagedPolicy {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly description: string;
  readonly createdAt: number;
  readonly document: string;
}

export const awsPolicies: ReadonlyMap<string, AwsManagedPolicy> = new Map(
  list.map(({ name, path, id, description, statements }) => {
    const arn = `arn:aws:iam::aws:policy${path}${name}`;
    const document = JSON.stringify({ Version: "2012-10-17", Statement: statements });
    return [arn, { name, path, id, arn, description, createdAt: CREATED_AT, document }];
  }),
);
