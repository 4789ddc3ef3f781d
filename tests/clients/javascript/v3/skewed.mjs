// A machine whose clock is an hour off: the SDK for JavaScript v3 learns the time from the refusal and asks once more.
// Argument: a bucket. Prints how many attempts each service took.
const RealDate = Date;
const HOUR = 3_600_000;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() - HOUR);
    else super(...given);
  }
  static now() {
    return RealDate.now() - HOUR;
  }
};
// Only now, so that nothing has kept the real clock.
const { CloudWatchClient, ListMetricsCommand } = await import("@aws-sdk/client-cloudwatch");
const { CloudWatchLogsClient, DescribeLogGroupsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
const { HeadBucketCommand, S3Client } = await import("@aws-sdk/client-s3");
const { ListModelsCommand, SageMakerClient } = await import("@aws-sdk/client-sagemaker");
const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts");

const calls = {
  CloudWatch: [new CloudWatchClient(), new ListMetricsCommand()],
  Logs: [new CloudWatchLogsClient(), new DescribeLogGroupsCommand()],
  "S3, a HEAD without a document": [new S3Client(), new HeadBucketCommand({ Bucket: process.argv[2] })],
  SageMaker: [new SageMakerClient(), new ListModelsCommand()],
  STS: [new STSClient(), new GetCallerIdentityCommand()],
};
const attempts = {};
for (const [what, [client, command]] of Object.entries(calls))
  attempts[what] = (await client.send(command)).$metadata.attempts;
console.log(JSON.stringify(attempts));
