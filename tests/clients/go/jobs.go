// Jobs and endpoints by the AWS SDK for Go v2, with its waiters and paginators.
package main

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	runtime "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime/types"
)

// Training, logs, metrics and an endpoint, under one name.
func jobs(settings aws.Config, bucket, name, role, image string) answers {
	client := sagemaker.NewFromConfig(settings)
	job, training := train(client, bucket, name, role, image)
	return answers{
		"training": training,
		"rounds":   rounds(cloudwatchlogs.NewFromConfig(settings), name),
		"metrics":  measure(cloudwatch.NewFromConfig(settings), name),
		"endpoint": host(client, settings, name, role, image, job.ModelArtifacts.S3ModelArtifacts),
	}
}

func train(client *sagemaker.Client, bucket, name, role, image string) (*sagemaker.DescribeTrainingJobOutput, answers) {
	must(client.CreateTrainingJob(background, &sagemaker.CreateTrainingJobInput{
		TrainingJobName: &name,
		RoleArn:         &role,
		AlgorithmSpecification: &types.AlgorithmSpecification{
			TrainingImage: &image, TrainingInputMode: types.TrainingInputModeFile,
		},
		HyperParameters: map[string]string{"num_round": "5", "objective": "binary:logistic"},
		InputDataConfig: []types.Channel{{
			ChannelName: text("train"), ContentType: text("text/csv"),
			DataSource: &types.DataSource{S3DataSource: &types.S3DataSource{
				S3DataType: types.S3DataTypeS3Prefix, S3Uri: text("s3://" + bucket + "/train/"),
			}},
		}},
		OutputDataConfig: &types.OutputDataConfig{S3OutputPath: text("s3://" + bucket + "/models")},
		ResourceConfig: &types.ResourceConfig{
			InstanceType: types.TrainingInstanceTypeMlM5Large, InstanceCount: aws.Int32(1), VolumeSizeInGB: aws.Int32(1),
		},
		StoppingCondition: &types.StoppingCondition{MaxRuntimeInSeconds: aws.Int32(300)},
	}))
	waiter := sagemaker.NewTrainingJobCompletedOrStoppedWaiter(client,
		func(options *sagemaker.TrainingJobCompletedOrStoppedWaiterOptions) {
			options.MinDelay, options.MaxDelay = 200*time.Millisecond, time.Second
		})
	wanted := &sagemaker.DescribeTrainingJobInput{TrainingJobName: &name}
	ended := must(waiter.WaitForOutput(background, wanted, waitFor))
	listed := []string{}
	listing := sagemaker.NewListTrainingJobsPaginator(client, &sagemaker.ListTrainingJobsInput{NameContains: &name})
	for listing.HasMorePages() {
		for _, summary := range must(listing.NextPage(background)).TrainingJobSummaries {
			listed = append(listed, *summary.TrainingJobName)
		}
	}
	describe := func(name string) (*sagemaker.DescribeTrainingJobOutput, error) {
		return client.DescribeTrainingJob(background, &sagemaker.DescribeTrainingJobInput{TrainingJobName: &name})
	}
	_, missing := describe("none")
	return ended, answers{
		"status":    ended.TrainingJobStatus,
		"listed":    listed,
		"missing":   append(refused(missing, missing), isA[*types.ResourceNotFound](missing)),
		"malformed": refused(describe("a_b")),
		"to come":   refused(client.ListClusters(background, &sagemaker.ListClustersInput{})),
	}
}

// How many rounds the job's log tells of, read two events a page.
func rounds(client *cloudwatchlogs.Client, name string) int {
	count := 0
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(client, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: text("/aws/sagemaker/TrainingJobs"), LogStreamNamePrefix: text(name + "/"), Limit: aws.Int32(2),
	})
	for pages.HasMorePages() {
		for _, event := range must(pages.NextPage(background)).Events {
			if strings.Contains(*event.Message, "#011train-") {
				count++
			}
		}
	}
	return count
}

func measure(client *cloudwatch.Client, name string) answers {
	minute := time.Now().Truncate(time.Minute)
	metric := &metrics.Metric{Namespace: &name, MetricName: text("m")}
	for _, value := range []float64{1, 2.5} {
		must(client.PutMetricData(background, &cloudwatch.PutMetricDataInput{
			Namespace:  &name,
			MetricData: []metrics.MetricDatum{{MetricName: metric.MetricName, Timestamp: &minute, Value: &value}},
		}))
	}
	end := minute.Add(time.Minute)
	got := must(client.GetMetricData(background, &cloudwatch.GetMetricDataInput{
		StartTime: &minute, EndTime: &end,
		MetricDataQueries: []metrics.MetricDataQuery{{
			Id: text("m"), MetricStat: &metrics.MetricStat{Metric: metric, Period: aws.Int32(60), Stat: text("Sum")},
		}},
	}))
	result := got.MetricDataResults[0]
	return answers{"values": result.Values, "isTimed": len(result.Timestamps) == 1 && result.Timestamps[0].Equal(minute)}
}

func host(client *sagemaker.Client, settings aws.Config, name, role, image string, artifact *string) answers {
	caller := sagemakerruntime.NewFromConfig(settings)
	must(client.CreateModel(background, &sagemaker.CreateModelInput{
		ModelName: &name, ExecutionRoleArn: &role,
		PrimaryContainer: &types.ContainerDefinition{Image: &image, ModelDataUrl: artifact},
	}))
	must(client.CreateEndpointConfig(background, &sagemaker.CreateEndpointConfigInput{
		EndpointConfigName: &name,
		ProductionVariants: []types.ProductionVariant{{
			VariantName: text("all"), ModelName: &name, InitialInstanceCount: aws.Int32(1),
			InstanceType: types.ProductionVariantInstanceTypeMlT2Medium,
		}},
	}))
	must(client.CreateEndpoint(background, &sagemaker.CreateEndpointInput{
		EndpointName: &name, EndpointConfigName: &name,
	}))
	endpoint := &sagemaker.DescribeEndpointInput{EndpointName: &name}
	up := sagemaker.NewEndpointInServiceWaiter(client, func(options *sagemaker.EndpointInServiceWaiterOptions) {
		options.MinDelay, options.MaxDelay = 200*time.Millisecond, time.Second
	})
	check(up.Wait(background, endpoint, waitFor))
	call := func(body string) (*sagemakerruntime.InvokeEndpointOutput, error) {
		return caller.InvokeEndpoint(background, &sagemakerruntime.InvokeEndpointInput{
			EndpointName: &name, ContentType: text("text/csv"), Body: []byte(body),
		})
	}
	answer := must(call("0.9,0.1\n0.1,0.2\n"))
	_, wrong := call("word")
	must(client.DeleteEndpoint(background, &sagemaker.DeleteEndpointInput{EndpointName: &name}))
	gone := sagemaker.NewEndpointDeletedWaiter(client, func(options *sagemaker.EndpointDeletedWaiterOptions) {
		options.MinDelay, options.MaxDelay = 200*time.Millisecond, time.Second
	})
	check(gone.Wait(background, endpoint, waitFor))
	return answers{
		"predicted": strings.FieldsFunc(string(answer.Body), func(r rune) bool { return r == ',' || r == '\n' }),
		"wrong":     append(refused(wrong, wrong), isA[*runtime.ModelError](wrong)),
	}
}
