// Training, logs, metrics, endpoint and batch transform by the AWS SDK for JavaScript v3.
// Arguments: a bucket with train/points.csv and rows/rows.csv, a name for all that is made, a role, an image.
import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  PutMetricDataCommand,
  paginateGetMetricData,
  paginateListMetrics,
} from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, paginateFilterLogEvents, paginateGetLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  CreateTrainingJobCommand,
  CreateTransformJobCommand,
  DeleteEndpointCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DescribeTrainingJobCommand,
  paginateListTags,
  paginateListTrainingJobs,
  SageMakerClient,
  waitUntilEndpointDeleted,
  waitUntilEndpointInService,
  waitUntilTrainingJobCompletedOrStopped,
  waitUntilTransformJobCompletedOrStopped,
} from "@aws-sdk/client-sagemaker";
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";

const [bucket, name, RoleArn, Image] = process.argv.slice(2);
const sagemaker = new SageMakerClient();
const logs = new CloudWatchLogsClient();
const cloudwatch = new CloudWatchClient();
const runtime = new SageMakerRuntimeClient();
const waiting = { client: sagemaker, maxWaitTime: 120, minDelay: 0.2, maxDelay: 0.5 };
const answers = {};

/** What all pages hold, and whether there was more than one. */
async function gathered(pages, member) {
  const found = [];
  let count = 0;
  for await (const page of pages) {
    count += 1;
    found.push(...page[member]);
  }
  return { found, several: count > 1 };
}

const source = (prefix) => ({ S3DataSource: { S3DataType: "S3Prefix", S3Uri: `s3://${bucket}/${prefix}/` } });
const channel = (ChannelName) => ({ ChannelName, ContentType: "text/csv", DataSource: source("train") });
const job = (TrainingJobName) => ({
  TrainingJobName,
  RoleArn,
  AlgorithmSpecification: { TrainingImage: Image, TrainingInputMode: "File" },
  HyperParameters: { num_round: "5", objective: "binary:logistic", eval_metric: "logloss" },
  InputDataConfig: [channel("train"), channel("validation")],
  OutputDataConfig: { S3OutputPath: `s3://${bucket}/models` },
  ResourceConfig: { InstanceType: "ml.m5.large", InstanceCount: 1, VolumeSizeInGB: 1 },
  StoppingCondition: { MaxRuntimeInSeconds: 300 },
  Tags: [{ Key: "made by", Value: "JavaScript" }],
});

async function train() {
  const { TrainingJobArn: ResourceArn } = await sagemaker.send(new CreateTrainingJobCommand(job(name)));
  const failing = { ...job(`${name}-fails`), HyperParameters: { num_round: "none" } };
  await sagemaker.send(new CreateTrainingJobCommand(failing));
  await waitUntilTrainingJobCompletedOrStopped(waiting, { TrainingJobName: name });
  const failed = await waitUntilTrainingJobCompletedOrStopped(waiting, { TrainingJobName: `${name}-fails` }).catch(
    (error) => error,
  );
  const ended = await sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
  const listed = await gathered(
    paginateListTrainingJobs({ client: sagemaker, pageSize: 1 }, { NameContains: name, SortBy: "Name" }),
    "TrainingJobSummaries",
  );
  const tags = await gathered(paginateListTags({ client: sagemaker }, { ResourceArn }), "Tags");
  answers.training = {
    status: ended.TrainingJobStatus,
    took: ended.TrainingEndTime - ended.TrainingStartTime >= 0,
    metrics: ended.FinalMetricDataList.map(({ MetricName }) => MetricName),
    failedWaiter: failed.message.includes("FAILURE"),
    listed: [listed.found.map((found) => [found.TrainingJobName, found.TrainingJobStatus]), listed.several],
    tags: tags.found,
  };
  return ended.ModelArtifacts.S3ModelArtifacts;
}

async function readLogs() {
  const logGroupName = "/aws/sagemaker/TrainingJobs";
  const filter = { logGroupName, logStreamNamePrefix: `${name}/`, filterPattern: '"train-logloss"' };
  const rounds = await gathered(paginateFilterLogEvents({ client: logs, pageSize: 2 }, filter), "events");
  const { logStreamName } = rounds.found[0];
  const stream = { logGroupName, logStreamName, startFromHead: true };
  const lines = await gathered(
    paginateGetLogEvents({ client: logs, pageSize: 4, stopOnSameToken: true }, stream),
    "events",
  );
  answers.logs = {
    rounds: rounds.found.map(({ message }) => message.split("#011")[0]),
    several: rounds.several && lines.several,
    all: lines.found.filter(({ message }) => message.includes("train-logloss")).length,
  };
}

async function readMetrics() {
  const minute = 60_000;
  const start = new Date(Math.floor(Date.now() / minute) * minute - 60 * minute);
  // Large enough for the client to send it compressed.
  const MetricData = Array.from({ length: 400 }, (_, index) => ({
    MetricName: `metric-${index % 3}`,
    Dimensions: [{ Name: "client", Value: "JavaScript" }],
    Timestamp: new Date(start.getTime() + index * 1000),
    Value: index + 0.5,
  }));
  await cloudwatch.send(new PutMetricDataCommand({ Namespace: name, MetricData }));
  const listed = await gathered(paginateListMetrics({ client: cloudwatch }, { Namespace: name }), "Metrics");
  const window = { StartTime: start, EndTime: new Date(start.getTime() + 10 * minute) };
  const metric = { Namespace: name, MetricName: "metric-0", Dimensions: MetricData[0].Dimensions };
  const query = {
    ...window,
    MetricDataQueries: [
      { Id: "m", MetricStat: { Metric: metric, Period: 60, Stat: "Sum" }, ReturnData: false },
      { Id: "double", Expression: "m * 2" },
    ],
  };
  const results = await gathered(
    paginateGetMetricData({ client: cloudwatch, pageSize: 2 }, query),
    "MetricDataResults",
  );
  const whole = { ...window, ...metric, Period: 600, Statistics: ["SampleCount", "Sum"], ExtendedStatistics: ["p50"] };
  const { Datapoints } = await cloudwatch.send(new GetMetricStatisticsCommand(whole));
  const ofTheJob = {
    Namespace: "/aws/sagemaker/TrainingJobs",
    MetricName: "validation:logloss",
    Dimensions: [{ Name: "TrainingJobName", Value: name }],
    StartTime: start,
    EndTime: new Date(Date.now() + 5 * minute),
    Period: 7200,
    Statistics: ["SampleCount"],
  };
  const points = (await cloudwatch.send(new GetMetricStatisticsCommand(ofTheJob))).Datapoints;
  answers.metrics = {
    names: listed.found.map(({ MetricName }) => MetricName).sort(),
    sum: results.found.flatMap(({ Values }) => Values).reduce((sum, value) => sum + value, 0),
    several: results.several,
    times: results.found.every(({ Timestamps }) => Timestamps.every((time) => time instanceof Date)),
    whole: Datapoints.map(({ SampleCount, Sum, ExtendedStatistics: { p50 } }) => [SampleCount, Sum, p50]),
    ofTheJob: points.map(({ SampleCount }) => SampleCount),
  };
}

async function host(ModelDataUrl) {
  const ModelName = name;
  const variant = { VariantName: "all", ModelName, InitialInstanceCount: 1, InstanceType: "ml.t2.medium" };
  await sagemaker.send(
    new CreateModelCommand({ ModelName, ExecutionRoleArn: RoleArn, PrimaryContainer: { Image, ModelDataUrl } }),
  );
  const transform = {
    TransformJobName: name,
    ModelName,
    TransformInput: { DataSource: source("rows"), ContentType: "text/csv", SplitType: "Line" },
    TransformOutput: { S3OutputPath: `s3://${bucket}/answers`, AssembleWith: "Line" },
    TransformResources: { InstanceType: "ml.m4.xlarge", InstanceCount: 1 },
  };
  await sagemaker.send(new CreateTransformJobCommand(transform));
  const endpoint = { EndpointName: name, EndpointConfigName: name };
  await sagemaker.send(new CreateEndpointConfigCommand({ ...endpoint, ProductionVariants: [variant] }));
  await sagemaker.send(new CreateEndpointCommand(endpoint));
  await waitUntilEndpointInService(waiting, endpoint);
  const call = { EndpointName: name, ContentType: "text/csv", Body: "0.9,0.1\n0.1,0.2\n" };
  const answer = await runtime.send(new InvokeEndpointCommand(call));
  const modelError = await runtime.send(new InvokeEndpointCommand({ ...call, Body: "word" })).catch((error) => error);
  answers.endpoint = {
    predicted: answer.Body.transformToString().split(/[,\n]/).filter(Boolean).map(Number),
    variant: answer.InvokedProductionVariant,
    modelError: [modelError.name, modelError.OriginalStatusCode, modelError.$metadata.httpStatusCode],
  };
  await sagemaker.send(new DeleteEndpointCommand(endpoint));
  await waitUntilEndpointDeleted(waiting, endpoint);
  await waitUntilTransformJobCompletedOrStopped(waiting, transform);
  await sagemaker.send(new DeleteEndpointConfigCommand(endpoint));
  await sagemaker.send(new DeleteModelCommand({ ModelName }));
}

const artifact = await train();
await readLogs();
await readMetrics();
await host(artifact);
console.log(JSON.stringify(answers));
