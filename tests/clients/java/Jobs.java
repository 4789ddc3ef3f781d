// Training, logs, metrics and an endpoint by the AWS SDK for Java v2.
// Arguments: a bucket with train/points.csv, a name for all that is made, a role, an image.
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.waiters.WaiterOverrideConfiguration;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.cloudwatch.CloudWatchClient;
import software.amazon.awssdk.services.cloudwatch.model.Metric;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;
import software.amazon.awssdk.services.sagemakerruntime.SageMakerRuntimeClient;
import software.amazon.awssdk.services.sagemakerruntime.model.InvokeEndpointResponse;

public class Jobs {
    static final Answers answers = new Answers();
    // The client's own waiters look every two minutes.
    static final Consumer<WaiterOverrideConfiguration.Builder> OFTEN = options -> options
        .maxAttempts(600)
        .backoffStrategyV2(BackoffStrategy.fixedDelay(Duration.ofMillis(200)));

    public static void main(String[] arguments) {
        String bucket = arguments[0], name = arguments[1], role = arguments[2], image = arguments[3];
        try (SageMakerClient client = SageMakerClient.create()) {
            String artifact = train(client, bucket, name, role, image);
            rounds(name);
            measure(name);
            host(client, name, role, image, artifact);
        }
        answers.print();
    }

    static String train(SageMakerClient client, String bucket, String name, String role, String image) {
        client.createTrainingJob(job -> job
            .trainingJobName(name)
            .roleArn(role)
            .algorithmSpecification(algorithm -> algorithm.trainingImage(image).trainingInputMode("File"))
            .hyperParameters(Map.of("num_round", "5", "objective", "binary:logistic"))
            .inputDataConfig(channel -> channel.channelName("train").contentType("text/csv").dataSource(source -> source
                .s3DataSource(s3 -> s3.s3DataType("S3Prefix").s3Uri("s3://" + bucket + "/train/"))))
            .outputDataConfig(output -> output.s3OutputPath("s3://" + bucket + "/models"))
            .resourceConfig(size -> size.instanceType("ml.m5.large").instanceCount(1).volumeSizeInGB(1))
            .stoppingCondition(stop -> stop.maxRuntimeInSeconds(300)));
        var ended = client.waiter()
            .waitUntilTrainingJobCompletedOrStopped(request -> request.trainingJobName(name), OFTEN)
            .matched().response().orElseThrow();
        answers.put("status", ended.trainingJobStatusAsString());
        answers.put("listed", client.listTrainingJobsPaginator(request -> request.nameContains(name))
            .trainingJobSummaries().stream().map(found -> found.trainingJobName()).collect(Collectors.toList()));
        answers.put("missing", Answers.refusal(() -> client.describeTrainingJob(job -> job.trainingJobName("none"))));
        answers.put("malformed", Answers.refusal(() -> client.describeTrainingJob(job -> job.trainingJobName("a_b"))));
        answers.put("to come", Answers.refusal(() -> client.listClusters(request -> request.maxResults(1))));
        return ended.modelArtifacts().s3ModelArtifacts();
    }

    /** How many rounds the job's log tells of, read two events a page. */
    static void rounds(String name) {
        try (CloudWatchLogsClient logs = CloudWatchLogsClient.create()) {
            answers.put("rounds", (int) logs.filterLogEventsPaginator(request -> request
                .logGroupName("/aws/sagemaker/TrainingJobs").logStreamNamePrefix(name + "/").limit(2))
                .events().stream().filter(event -> event.message().contains("#011train-")).count());
        }
    }

    static void measure(String name) {
        Instant minute = Instant.now().truncatedTo(ChronoUnit.MINUTES);
        try (CloudWatchClient client = CloudWatchClient.create()) {
            for (double value : List.of(1.0, 2.5))
                client.putMetricData(request -> request.namespace(name)
                    .metricData(point -> point.metricName("m").timestamp(minute).value(value)));
            Metric metric = Metric.builder().namespace(name).metricName("m").build();
            var result = client.getMetricData(request -> request
                .startTime(minute).endTime(minute.plusSeconds(60))
                .metricDataQueries(query -> query.id("m")
                    .metricStat(stat -> stat.metric(metric).period(60).stat("Sum"))))
                .metricDataResults().get(0);
            answers.put("metrics", List.of(result.values(), result.timestamps().equals(List.of(minute))));
        }
    }

    static void host(SageMakerClient client, String name, String role, String image, String artifact) {
        client.createModel(model -> model.modelName(name).executionRoleArn(role)
            .primaryContainer(container -> container.image(image).modelDataUrl(artifact)));
        client.createEndpointConfig(config -> config.endpointConfigName(name).productionVariants(variant -> variant
            .variantName("all").modelName(name).initialInstanceCount(1).instanceType("ml.t2.medium")));
        client.createEndpoint(endpoint -> endpoint.endpointName(name).endpointConfigName(name));
        client.waiter().waitUntilEndpointInService(request -> request.endpointName(name), OFTEN);
        try (SageMakerRuntimeClient runtime = SageMakerRuntimeClient.create()) {
            String predicted = invoked(runtime, name, "0.9,0.1\n0.1,0.2\n").body().asUtf8String();
            answers.put("predicted", List.of(predicted.trim().split("[,\n]")));
            answers.put("wrong", Answers.refusal(() -> invoked(runtime, name, "word")));
        }
        client.deleteEndpoint(request -> request.endpointName(name));
        client.waiter().waitUntilEndpointDeleted(request -> request.endpointName(name), OFTEN);
    }

    static InvokeEndpointResponse invoked(SageMakerRuntimeClient runtime, String name, String rows) {
        return runtime.invokeEndpoint(request -> request
            .endpointName(name).contentType("text/csv").body(SdkBytes.fromUtf8String(rows)));
    }
}
