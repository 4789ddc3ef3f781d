// The whole way by the AWS SDK for JavaScript v2, which heeds no variable for the endpoint and speaks older protocols.
// Arguments: a bucket with train/points.csv, a name for all that is made, a role, an image.
import { Readable } from "node:stream";
import AWS from "aws-sdk";

const [Bucket, name, RoleArn, Image] = process.argv.slice(2);
AWS.config.update({
  endpoint: process.env.AWS_ENDPOINT_URL,
  s3ForcePathStyle: true,
  region: process.env.AWS_REGION,
  maxRetries: 0,
});
const s3 = new AWS.S3();
const sagemaker = new AWS.SageMaker();
const logs = new AWS.CloudWatchLogs();
const cloudwatch = new AWS.CloudWatch();
const runtime = new AWS.SageMakerRuntime();
const MIB = 2 ** 20;
const answers = {};

async function refusal(request) {
  const error = await request.promise().then(
    () => new Error("not refused"),
    (thrown) => thrown,
  );
  return [error.code, error.statusCode];
}

/** What all pages of a request hold. */
function gathered(request, member) {
  return new Promise((resolve, reject) => {
    const found = [];
    request.eachPage((error, page) => {
      if (error) reject(error);
      else if (page === null) resolve(found);
      else found.push(...page[member]);
      return true;
    });
  });
}

async function store() {
  answers.caller = (await new AWS.STS().getCallerIdentity().promise()).Arn;
  const other = `${Bucket}-v2`;
  await s3.createBucket({ Bucket: other }).promise();
  await s3.waitFor("bucketExists", { Bucket: other }).promise();
  await s3.putObject({ Bucket, Key: "a key/ü+&?", Body: "text", Metadata: { m: "1" } }).promise();
  const back = await s3.getObject({ Bucket, Key: "a key/ü+&?" }).promise();
  const address = s3.getSignedUrl("getObject", { Bucket, Key: "a key/ü+&?", Expires: 60 });
  const pieces = Array.from({ length: 12 }, (_, index) => Buffer.alloc(MIB, index));
  const sent = { Bucket, Key: "large", Body: Readable.from(pieces, { objectMode: false }) };
  const { ETag } = await s3.upload(sent, { partSize: 5 * MIB }).promise();
  const received = [];
  for await (const piece of s3.getObject({ Bucket, Key: "large" }).createReadStream()) received.push(piece);
  answers.objects = {
    text: [back.Body.toString(), back.Metadata.m],
    presigned: await (await fetch(address)).text(),
    parts: ETag.match(/-(\d+)"/)[1],
    isSame: Buffer.concat(pieces).equals(Buffer.concat(received)),
    listed: (await gathered(s3.listObjectsV2({ Bucket, MaxKeys: 1 }), "Contents")).map(({ Key }) => Key),
    none: await refusal(s3.getObject({ Bucket, Key: "none" })),
    head: await refusal(s3.headObject({ Bucket, Key: "none" })),
  };
  await s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: "large" }, { Key: "a key/ü+&?" }] } }).promise();
  await s3.deleteBucket({ Bucket: other }).promise();
}

async function train() {
  const DataSource = { S3DataSource: { S3DataType: "S3Prefix", S3Uri: `s3://${Bucket}/train/` } };
  const job = {
    TrainingJobName: name,
    RoleArn,
    AlgorithmSpecification: { TrainingImage: Image, TrainingInputMode: "File" },
    HyperParameters: { num_round: "5", objective: "binary:logistic" },
    InputDataConfig: [{ ChannelName: "train", ContentType: "text/csv", DataSource }],
    OutputDataConfig: { S3OutputPath: `s3://${Bucket}/models` },
    ResourceConfig: { InstanceType: "ml.m5.large", InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 300 },
  };
  await sagemaker.createTrainingJob(job).promise();
  const waiting = { TrainingJobName: name, $waiter: { delay: 0.3, maxAttempts: 400 } };
  const ended = await sagemaker.waitFor("trainingJobCompletedOrStopped", waiting).promise();
  const listed = await gathered(sagemaker.listTrainingJobs({ NameContains: name }), "TrainingJobSummaries");
  const logGroupName = "/aws/sagemaker/TrainingJobs";
  const streams = await logs.describeLogStreams({ logGroupName, logStreamNamePrefix: `${name}/` }).promise();
  const { logStreamName } = streams.logStreams[0];
  const lines = await logs.getLogEvents({ logGroupName, logStreamName, startFromHead: true }).promise();
  answers.training = {
    status: ended.TrainingJobStatus,
    isDated: ended.TrainingEndTime instanceof Date,
    listed: listed.map((found) => found.TrainingJobStatus),
    rounds: lines.events.filter(({ message }) => message.includes("train-logloss")).length,
    malformed: await refusal(sagemaker.describeTrainingJob({ TrainingJobName: "a_b" })),
    toCome: await refusal(sagemaker.listClusters()),
    humanLoops: await refusal(new AWS.AugmentedAIRuntime().deleteHumanLoop({ HumanLoopName: "none" })),
  };
  return ended.ModelArtifacts.S3ModelArtifacts;
}

async function measure() {
  const Timestamp = new Date(Math.floor(Date.now() / 60_000) * 60_000);
  const Dimensions = [{ Name: "client", Value: "v2" }];
  const MetricData = [1, 2, 4].map((Value) => ({ MetricName: "m", Dimensions, Timestamp, Value }));
  await cloudwatch.putMetricData({ Namespace: name, MetricData }).promise();
  const window = { StartTime: Timestamp, EndTime: new Date(Timestamp.getTime() + 60_000), Period: 60 };
  const asked = { Namespace: name, MetricName: "m", Dimensions, ...window, Statistics: ["Sum", "SampleCount"] };
  const { Datapoints } = await cloudwatch.getMetricStatistics(asked).promise();
  answers.metrics = Datapoints.map(({ Sum, SampleCount }) => [Sum, SampleCount]);
}

async function host(ModelDataUrl) {
  const ProductionVariants = [
    { VariantName: "all", ModelName: name, InitialInstanceCount: 1, InstanceType: "ml.t2.medium" },
  ];
  const model = { ModelName: name, ExecutionRoleArn: RoleArn, PrimaryContainer: { Image, ModelDataUrl } };
  await sagemaker.createModel(model).promise();
  await sagemaker.createEndpointConfig({ EndpointConfigName: name, ProductionVariants }).promise();
  await sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name }).promise();
  const waiting = { EndpointName: name, $waiter: { delay: 0.3, maxAttempts: 400 } };
  await sagemaker.waitFor("endpointInService", waiting).promise();
  const call = { EndpointName: name, ContentType: "text/csv", Body: "0.9,0.1\n" };
  const answer = await runtime.invokeEndpoint(call).promise();
  answers.endpoint = {
    predicted: Number(answer.Body.toString()),
    modelError: await refusal(runtime.invokeEndpoint({ ...call, Body: "word" })),
  };
  await sagemaker.deleteEndpoint({ EndpointName: name }).promise();
  await sagemaker.waitFor("endpointDeleted", waiting).promise();
}

await store();
const artifact = await train();
await measure();
await host(artifact);
console.log(JSON.stringify(answers));
