"""Training jobs, models and endpoints of the built-in XGBoost, in the few words a test needs."""

from server_process import ROLE, wait_until

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.0-1-cpu-py3"


def as_csv(rows):
    """Rows of numbers as CSV bytes, every float with all its digits."""
    return "\n".join(",".join(repr(float(value)) for value in row) for row in rows).encode()


def channel(bucket, prefix, name="train", content_type="text/csv", **more):
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{prefix}", **more}
    return {"ChannelName": name, "ContentType": content_type, "DataSource": {"S3DataSource": source}}


def training_request(name, bucket, hyperparameters, channels=None, **more):
    """Input of CreateTrainingJob with the channel `train/` of the bucket unless given."""
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "HyperParameters": {key: str(value) for key, value in hyperparameters.items()},
        "InputDataConfig": channels or [channel(bucket, "train/")],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models"},
        "ResourceConfig": {"InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **more,
    }


def ended_job(sagemaker, name, seconds=120):
    """The job's description once it is neither InProgress nor Stopping."""

    def look():
        description = sagemaker.describe_training_job(TrainingJobName=name)
        return description if description["TrainingJobStatus"] not in ("InProgress", "Stopping") else None

    return wait_until(look, seconds, f"training job {name} has ended")


def create_model(sagemaker, name, artifact):
    sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": artifact}
    )


def create_endpoint(sagemaker, name, model, instances=1):
    """Starts an endpoint of one variant `all`; its configuration has the same name."""
    variant = {
        "VariantName": "all",
        "ModelName": model,
        "InitialInstanceCount": instances,
        "InstanceType": "ml.t2.medium",
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


def settled_endpoint(sagemaker, name, seconds=120):
    """The endpoint's description once it is InService or Failed."""

    def look():
        description = sagemaker.describe_endpoint(EndpointName=name)
        return description if description["EndpointStatus"] in ("InService", "Failed") else None

    return wait_until(look, seconds, f"endpoint {name} is InService or Failed")


def log_lines(logs, group, prefix):
    """Messages of all streams of a group whose names start with the prefix, in order."""
    return [line for lines in lines_by_stream(logs, group, prefix).values() for line in lines]


def lines_by_stream(logs, group, prefix):
    """{stream: messages in order} of all streams of a group whose names start with the prefix, by name."""
    found = {}
    for stream in logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"]:
        where = {"logGroupName": group, "logStreamName": stream["logStreamName"], "startFromHead": True}
        lines = found[stream["logStreamName"]] = []
        token = None
        while True:
            page = logs.get_log_events(**where, **({"nextToken": token} if token else {}))
            lines += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
    return found


def lines_by_host(logs, group, name):
    """{host: messages in order} of a job so far; empty when no job has printed anything on this server."""
    try:
        streams = lines_by_stream(logs, group, f"{name}/")
    except logs.exceptions.ResourceNotFoundException:
        return {}
    return {stream.split("/")[1].rsplit("-", 1)[0]: lines for stream, lines in streams.items()}


def transform_request(name, model, bucket, prefix, **transform_input):
    """Input of CreateTransformJob over CSV lines below a prefix; answers go to `answers/`, a line each."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{prefix}"}
    return {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {
            "DataSource": {"S3DataSource": source},
            "ContentType": "text/csv",
            "SplitType": "Line",
            **transform_input,
        },
        "TransformOutput": {"S3OutputPath": f"s3://{bucket}/answers", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m4.xlarge", "InstanceCount": 1},
    }


def ended_transform(sagemaker, name, seconds=120):
    def look():
        description = sagemaker.describe_transform_job(TransformJobName=name)
        return description if description["TransformJobStatus"] not in ("InProgress", "Stopping") else None

    return wait_until(look, seconds, f"transform job {name} has ended")
