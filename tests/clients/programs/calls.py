"""Calls of boto3 as everybody writes them. Arguments: a new bucket's name. Prints answers and hosts that were asked."""

import json
import sys
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

bucket = sys.argv[1]
hosts = set()


def client(service, **options):
    made = boto3.client(service, **options)
    made.meta.events.register("before-send", lambda request, **_: hosts.add(urlsplit(request.url).netloc))
    return made


def refusal(call):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]


s3 = client("s3")
s3.create_bucket(Bucket=bucket)
s3.put_object(Bucket=bucket, Key="a key/ü", Body=b"12345" * 50_000)
answers = {
    "caller": client("sts").get_caller_identity()["Arn"],
    "caller in China": client("sts", region_name="cn-north-1").get_caller_identity()["Arn"],
    "object": len(s3.get_object(Bucket=bucket, Key="a key/ü")["Body"].read()),
    "training jobs": client("sagemaker").list_training_jobs(NameContains="no-such-job")["TrainingJobSummaries"],
    "invocation": refusal(lambda: client("sagemaker-runtime").invoke_endpoint(EndpointName="none", Body=b"1")),
    "human loops": refusal(lambda: client("sagemaker-a2i-runtime").describe_human_loop(HumanLoopName="none")),
    "role": client("iam").get_role(RoleName="SageMakerRole")["Role"]["RoleName"],
    "log groups": client("logs").describe_log_groups(logGroupNamePrefix="/none")["logGroups"],
    "metrics": client("cloudwatch").list_metrics(Namespace="none")["Metrics"],
}
s3.delete_object(Bucket=bucket, Key="a key/ü")
s3.delete_bucket(Bucket=bucket)
print(json.dumps({"answers": answers, "hosts": sorted(hosts)}))
