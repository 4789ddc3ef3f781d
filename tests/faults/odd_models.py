"""Endpoints behind which `odd_container.py` answers."""

from pathlib import Path

from hosted_models import an_archive
from server_process import ACCOUNT, ROLE, wait_until
from xgboost_jobs import IMAGE

PROGRAM = (Path(__file__).parent / "odd_container.py").read_bytes()
#: The image's own folder stays behind the model's.
PYTHONPATH = "/opt/ml/model:/opt/sagebrush"
#: A server of such endpoints: a spare has begun its Python before it knows the model.
ARGUMENTS = ["--spares", "0"]


def create_odd_endpoint(server, name, ping="well", **variant):
    """Starts an endpoint of one variant `all`; the bucket `odd` is there."""
    server.client("s3").put_object(Bucket="odd", Key="model.tar.gz", Body=an_archive(**{"sitecustomize.py": PROGRAM}))
    container = {
        "Image": IMAGE,
        "ModelDataUrl": "s3://odd/model.tar.gz",
        "Environment": {"PYTHONPATH": PYTHONPATH, "ODD_PING": ping},
    }
    sagemaker = server.client("sagemaker")
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    all_of_it = {
        "VariantName": "all",
        "ModelName": name,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.t2.medium",
        **variant,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[all_of_it])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


def invoke(server, name, body, **config):
    """The answer's bytes."""
    runtime = server.client("sagemaker-runtime", **config)
    return runtime.invoke_endpoint(EndpointName=name, ContentType="text/plain", Body=body)["Body"].read()


def streams_of(server, name):
    """Names of the log streams of an endpoint's containers, so far."""
    group = f"/aws/sagemaker/Endpoints/{name}"
    return [
        stream["logStreamName"]
        for stream in server.client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    ]


def stream_arn(name, stream):
    group = f"/aws/sagemaker/Endpoints/{name}"
    return f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:log-stream:{stream}"


def wait_for(server, name, status="InService", seconds=60):
    sagemaker = server.client("sagemaker")
    wait_until(
        lambda: sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == status,
        seconds,
        f"{name} is {status}",
    )
