"""Processing jobs that run a program of a test's own in the image of XGBoost."""

import textwrap

from server_process import ROLE, wait_until
from xgboost_jobs import IMAGE, lines_by_host

GROUP = "/aws/sagemaker/ProcessingJobs"
#: The server that tests/processing shares has it.
BUCKET = "processing"


def s3_input(name, uri, path=None, **more):
    """An input in File mode at /opt/ml/processing/input/<name> unless given."""
    settings = {"S3DataType": "S3Prefix", "S3InputMode": "File", **more}
    return {
        "InputName": name,
        "S3Input": {"S3Uri": uri, "LocalPath": path or f"/opt/ml/processing/input/{name}", **settings},
    }


def s3_output(name, uri, path=None, mode="EndOfJob"):
    return {
        "OutputName": name,
        "S3Output": {"S3Uri": uri, "LocalPath": path or f"/opt/ml/processing/output/{name}", "S3UploadMode": mode},
    }


def cluster(count=1, kind="ml.t3.medium", gigabytes=1):
    return {"ClusterConfig": {"InstanceCount": count, "InstanceType": kind, "VolumeSizeInGB": gigabytes}}


def processing_request(s3, bucket, name, program, inputs=(), outputs=(), **changes):
    """Input of CreateProcessingJob; the program comes in the input `code`, `changes` replace or add members."""
    s3.put_object(Bucket=bucket, Key=f"code/{name}/program.py", Body=textwrap.dedent(program).encode())
    code = s3_input("code", f"s3://{bucket}/code/{name}/")
    outputs = {"ProcessingOutputConfig": {"Outputs": list(outputs)}} if outputs else {}
    return {
        "ProcessingJobName": name,
        "ProcessingInputs": [code, *inputs],
        **outputs,
        "ProcessingResources": cluster(),
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", "-u", "/opt/ml/processing/input/code/program.py"],
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "RoleArn": ROLE,
        **changes,
    }


def ended_processing(sagemaker, name, seconds=120):
    """The job's description once it is neither InProgress nor Stopping."""

    def look():
        description = sagemaker.describe_processing_job(ProcessingJobName=name)
        return description if description["ProcessingJobStatus"] not in ("InProgress", "Stopping") else None

    return wait_until(look, seconds, f"processing job {name} has ended")


def logs_of(logs, name):
    """{host: lines}."""
    return lines_by_host(logs, GROUP, name)
