// What every service refuses, as the classes of the AWS SDK for JavaScript v3. Prints name, status, words,
// class and number of attempts of each.
import { CloudWatchClient, GetMetricStatisticsCommand, ListMetricStreamsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, GetLogEventsCommand, ListTagsForResourceCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetBucketAnalyticsConfigurationCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateHyperParameterTuningJobCommand,
  DescribeEndpointCommand,
  DescribeTrainingJobCommand,
  ListClustersCommand,
  ListModelsCommand,
  SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import { ListHumanLoopsCommand, SageMakerA2IRuntimeClient } from "@aws-sdk/client-sagemaker-a2i-runtime";
import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from "@aws-sdk/client-sagemaker-runtime";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";

const sagemaker = new SageMakerClient();
const runtime = new SageMakerRuntimeClient();
const cloudwatch = new CloudWatchClient();
const logs = new CloudWatchLogsClient();
const nobody = { credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: "x" } };
const now = new Date();

const tuning = {
  HyperParameterTuningJobName: "t",
  HyperParameterTuningJobConfig: {
    Strategy: "Bayesian",
    ResourceLimits: { MaxNumberOfTrainingJobs: 1, MaxParallelTrainingJobs: 1 },
  },
};
const window = { StartTime: new Date(now - 60_000), EndTime: now };
const statistics = { Namespace: "n", MetricName: "m", ...window, Period: 61, Statistics: ["Sum"] };
const stream = { logGroupName: "/none", logStreamName: "none" };

const calls = {
  "a job that is not there": [sagemaker, new DescribeTrainingJobCommand({ TrainingJobName: "none" })],
  "an endpoint that is not there": [sagemaker, new DescribeEndpointCommand({ EndpointName: "none" })],
  "a malformed name": [sagemaker, new DescribeTrainingJobCommand({ TrainingJobName: "a_b" })],
  "a malformed token": [sagemaker, new ListModelsCommand({ NextToken: "none" })],
  "an operation to come": [sagemaker, new CreateHyperParameterTuningJobCommand(tuning)],
  "an operation newer than the guide": [sagemaker, new ListClustersCommand()],
  "a call of an endpoint that is not there": [runtime, new InvokeEndpointCommand({ EndpointName: "none", Body: "1" })],
  "a call for a stream": [runtime, new InvokeEndpointWithResponseStreamCommand({ EndpointName: "none", Body: "1" })],
  "human loops": [
    new SageMakerA2IRuntimeClient(),
    new ListHumanLoopsCommand({ FlowDefinitionArn: "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/none" }),
  ],
  "a log group that is not there": [logs, new GetLogEventsCommand(stream)],
  "a malformed ARN of logs": [logs, new ListTagsForResourceCommand({ resourceArn: "none" })],
  "a period that does not fit": [cloudwatch, new GetMetricStatisticsCommand(statistics)],
  "an operation of CloudWatch to come": [cloudwatch, new ListMetricStreamsCommand()],
  "an operation of S3 to come": [new S3Client(), new GetBucketAnalyticsConfigurationCommand({ Bucket: "b", Id: "1" })],
  "a role that is not there": [
    new STSClient(),
    new AssumeRoleCommand({ RoleArn: "arn:aws:iam::123456789012:role/none", RoleSessionName: "me" }),
  ],
  "a key that nobody has": [new SageMakerClient(nobody), new ListModelsCommand()],
};

const answers = {};
for (const [what, [client, command]] of Object.entries(calls)) {
  const error = await client.send(command).then(
    () => new Error("not refused"),
    (thrown) => thrown,
  );
  const { httpStatusCode, attempts } = error.$metadata ?? {};
  answers[what] = [error.name, httpStatusCode, error.message, error.constructor.name, attempts];
}
console.log(JSON.stringify(answers));
