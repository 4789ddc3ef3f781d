// What a call was about, for LookupEvents: found in its parameters and its answer.
import type { CallRecord } from "../../../core/call-record.ts";
import type { Json } from "../../../core/json.ts";

export interface EventResource {
  /** `AWS::SageMaker::TrainingJob` */
  readonly ResourceType: string;
  readonly ResourceName: string;
}

/** Service to member to the type of resource that it names. */
const MEMBERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cloudtrail: { Name: "AWS::CloudTrail::Trail", TrailName: "AWS::CloudTrail::Trail", S3BucketName: "AWS::S3::Bucket" },
  cloudwatch: { AlarmName: "AWS::CloudWatch::Alarm", DashboardName: "AWS::CloudWatch::Dashboard" },
  ecr: { repositoryName: "AWS::ECR::Repository" },
  iam: {
    AccessKeyId: "AWS::IAM::AccessKey",
    GroupName: "AWS::IAM::Group",
    InstanceProfileName: "AWS::IAM::InstanceProfile",
    PolicyArn: "AWS::IAM::Policy",
    PolicyName: "AWS::IAM::Policy",
    RoleName: "AWS::IAM::Role",
    UserName: "AWS::IAM::User",
  },
  kms: { AliasName: "AWS::KMS::Alias", KeyId: "AWS::KMS::Key" },
  logs: { logGroupName: "AWS::Logs::LogGroup" },
  s3: { Bucket: "AWS::S3::Bucket" },
  secretsmanager: { Name: "AWS::SecretsManager::Secret", SecretId: "AWS::SecretsManager::Secret" },
  sns: { TopicArn: "AWS::SNS::Topic" },
  sts: { RoleArn: "AWS::IAM::Role" },
};

export function resourcesOf({ service, parameters, response }: CallRecord): readonly EventResource[] {
  const members = [...texts(parameters), ...texts(response)];
  const named = members.flatMap(([member, value]) => {
    const type = service === "sagemaker" ? sagemakerType(member) : MEMBERS[service]?.[member];
    return type === undefined ? [] : [{ ResourceType: type, ResourceName: value }];
  });
  const unlike = new Map(named.map((one) => [`${one.ResourceType} ${one.ResourceName}`, one]));
  return [...unlike.values()];
}

/** `TrainingJobName` and `TrainingJobArn` name a training job. */
function sagemakerType(member: string): string | undefined {
  const noun = /^([A-Z]\w+)(?:Name|Arn)$/.exec(member)?.[1];
  return noun === undefined || noun === "Role" ? undefined : `AWS::SageMaker::${noun}`;
}

const texts = (value: Json | undefined): readonly (readonly [string, string])[] =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([member, item]) => (typeof item === "string" ? [[member, item] as const] : []));
