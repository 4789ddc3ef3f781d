"""The AWS CLI beyond copying: buckets, streams, moves, a job, an endpoint, logs, and what refusals say."""

import json
import os
import subprocess

import pytest
from foreign_clients import ROWS, is_learned, put_points
from xgboost_jobs import create_endpoint, create_model, ended_job, settled_endpoint, training_request


@pytest.fixture
def aws(server, tmp_path):
    """aws("s3", "ls"): what the command prints. aws(…, fails=255): its error text instead, and that it failed so."""
    program = os.environ.get("AWS_CLI")
    if program is None:
        pytest.skip("AWS_CLI is not set; `npm test` installs the AWS CLI and sets it")

    def call(*arguments, given=None, fails=0):
        done = subprocess.run(
            [program, *arguments],
            env={**server.command_environment(), "AWS_PAGER": ""},
            cwd=tmp_path,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == fails, done.stdout + done.stderr
        return done.stderr.strip() if fails else done.stdout

    return call


def test_a_bucket_is_made_filled_from_a_pipe_moved_in_and_removed_with_all_in_it(aws, fresh):
    bucket = fresh("cli-bucket")
    assert aws("s3", "mb", f"s3://{bucket}", "--region", "eu-west-1") == f"make_bucket: {bucket}\n"
    aws("s3", "cp", "-", f"s3://{bucket}/from/a pipe+ü", given="piped")
    moved = aws("s3", "mv", "--recursive", f"s3://{bucket}/from", f"s3://{bucket}/to", "--no-progress")
    assert moved == f"move: s3://{bucket}/from/a pipe+ü to s3://{bucket}/to/a pipe+ü\n"
    assert aws("s3", "cp", f"s3://{bucket}/to/a pipe+ü", "-") == "piped"
    assert aws("s3", "rb", "--force", f"s3://{bucket}").endswith(f"remove_bucket: {bucket}\n")


def test_a_job_is_created_waited_for_and_read_and_its_model_is_called(aws, client, bucket, fresh, tmp_path):
    put_points(client("s3"), bucket)
    name, sagemaker = fresh("cli-job"), client("sagemaker")
    request = training_request(name, bucket, {"num_round": 5, "objective": "binary:logistic"})
    (tmp_path / "job.json").write_text(json.dumps(request))
    assert json.loads(aws("sagemaker", "create-training-job", "--cli-input-json", "file://job.json"))["TrainingJobArn"]
    # The CLI looks every two minutes: it waits for what has ended.
    ended_job(sagemaker, name)
    aws("sagemaker", "wait", "training-job-completed-or-stopped", "--training-job-name", name)
    query = ["--query", "TrainingJobSummaries[].[TrainingJobName,TrainingJobStatus]", "--output", "text"]
    listed = aws("sagemaker", "list-training-jobs", "--name-contains", name, "--max-items", "5", *query)
    assert listed.split() == [name, "Completed"]
    where = ["--log-group-name", "/aws/sagemaker/TrainingJobs", "--log-stream-name-prefix", f"{name}/"]
    events = aws("logs", "filter-log-events", *where, "--filter-pattern", '"train-"', "--query", "length(events)")
    assert int(events) == 5
    described = ["describe-training-job", "--training-job-name", name, "--output", "text"]
    artifact = aws("sagemaker", *described, "--query", "ModelArtifacts.S3ModelArtifacts").strip()
    create_model(sagemaker, name, artifact)
    create_endpoint(sagemaker, name, name)
    assert settled_endpoint(sagemaker, name)["EndpointStatus"] == "InService"
    (tmp_path / "rows.csv").write_text("".join(f"{x},{y}\n" for x, y in ROWS))
    call = ["--endpoint-name", name, "--content-type", "text/csv", "--body", "file://rows.csv", "answer"]
    assert json.loads(aws("sagemaker-runtime", "invoke-endpoint", *call))["InvokedProductionVariant"] == "all"
    assert is_learned([float(value) for value in (tmp_path / "answer").read_text().replace(",", "\n").split()])
    sagemaker.delete_endpoint(EndpointName=name)


def test_refusals_are_printed_as_aws_prints_them(aws):
    said = aws("sagemaker", "list-clusters", fails=255)
    assert said == (
        "An error occurred (NotYetAvailable) when calling the ListClusters operation: "
        "The operation ListClusters of sagemaker is not available on this server yet."
    )
    said = aws("s3", "cp", "s3://no-such-bucket-here/k", "-", fails=1)
    assert said.endswith("An error occurred (404) when calling the HeadObject operation: Not Found")
    said = aws("logs", "get-log-events", "--log-group-name", "/none", "--log-stream-name", "none", fails=255)
    assert said == (
        "An error occurred (ResourceNotFoundException) when calling the GetLogEvents operation: "
        "The specified log group does not exist."
    )
