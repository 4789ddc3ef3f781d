"""Spark jobs by the SageMaker SDK's processors, and what the image does with a program that is not Spark's."""

import io
import os
import shutil
import subprocess
import tempfile
import textwrap
from pathlib import Path

import pytest
import sklearn
from arro3.io import read_parquet
from foreign_clients import CLIENTS, INSTALL_SECONDS, cache_folder, printed_by_sdk, python_of
from processing_jobs import cluster, ended_processing, logs_of, s3_input
from server_process import ROLE, command_line, wait_until
from shells import in_shell, printed

IMAGE = "173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:3.1-cpu-py37-v1.2"
#: 569 rows of Wisconsin's breast cancer data, 30 measures and a target each.
ROWS = Path(sklearn.__file__).parent / "datasets/data/breast_cancer.csv"
# Seven Java processes start for a job of two hosts.
PROGRAM_SECONDS = 1500


def spark_environment():
    """Folder of the image's environment, installed if need be."""
    command = command_line("images", "install", "spark")
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=INSTALL_SECONDS)
    return Path(done.stdout.strip().splitlines()[-1].removeprefix("spark is ready: "))


@pytest.fixture(scope="module")
def spark_jar(tmp_path_factory):
    """A jar of a main class that counts lines, as a compiler of Java makes it; skips without one."""
    if not shutil.which("javac") or not shutil.which("jar"):
        pytest.skip("needs javac and jar to make a jar of")
    folder = tmp_path_factory.mktemp("jar")
    source = folder / "Lines.java"
    source.write_text(
        textwrap.dedent("""
            package sagebrush;

            import org.apache.spark.sql.SparkSession;

            public class Lines {
                public static void main(String[] arguments) {
                    SparkSession spark = SparkSession.builder().getOrCreate();
                    System.out.println("LINES " + spark.read().textFile(arguments[0]).count());
                    spark.stop();
                }
            }
        """)
    )
    jars = next(spark_environment().glob("lib/python*/site-packages/pyspark/jars"))
    compiler = ["javac", "--release", "11", "-cp", f"{jars}/*", "-d", folder / "classes", source]
    subprocess.run(compiler, check=True, capture_output=True)
    jar = folder / "lines.jar"
    subprocess.run(["jar", "cf", jar, "-C", folder / "classes", "."], check=True, capture_output=True)
    return jar


@pytest.mark.timeout(PROGRAM_SECONDS + 600)
def test_processors_of_the_sdk_run_scripts_and_jars(server, client, tmp_path, spark_jar):
    variables = in_shell(printed(server.folder))
    program = CLIENTS / "programs" / "spark.py"
    python = python_of("sagemaker-2")
    found = printed_by_sdk(python, program, variables, tmp_path, ROWS, spark_jar, seconds=PROGRAM_SECONDS)
    bucket = found.pop("bucket")
    stored = [client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() for key in found.pop("parquet")]
    assert sum(table.num_rows for body in stored for table in [read_parquet(io.BytesIO(body)).read_all()]) == 569
    failed, refused = found.pop("failed"), found.pop("refused")
    assert found == {
        "table": ["Completed", "569 rows"],
        "said": ["CONF 777m 3", "MODE set", "NOTE noted"],
        "left out": [
            "[WARNING] yarn-site is left out: Spark's own master shares out the hosts, not YARN.",
        ],
        "first line": found["first line"],
        "equals pandas": True,
        "events": ["SparkListenerApplicationEnd"],
        "words": ["Completed", ""],
        "hosts": ["HOSTS algo-1,algo-2"],
        "hellos": 16,
        "equal counts": True,
        "jar": ["Completed", "", ["LINES 569"]],
    }
    assert found["first line"].startswith("Image sagemaker-spark-processing asks for version 2.4; here runs Spark 3.5.")
    assert failed[0] == "Failed"
    assert "ZeroDivisionError: integer division or modulo by zero" in failed[1]
    assert failed[2].startswith("AlgorithmError: Exit code: 1.")
    assert refused[:2] == [
        "Failed",
        "ClientError: spark.executor.memory is 70g; an instance of this job has 4096m.",
    ]


@pytest.fixture
def run_script(fresh):
    """run_script(server, script, *arguments): the name of a job that runs it."""

    def run(server, script, *arguments):
        name, s3 = fresh("spark"), server.client("s3")
        bucket = fresh("code")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="app.py", Body=textwrap.dedent(script).encode())
        app = {"ImageUri": IMAGE, "ContainerArguments": ["/opt/ml/processing/input/code/app.py", *arguments]}
        server.client("sagemaker").create_processing_job(
            ProcessingJobName=name,
            RoleArn=ROLE,
            AppSpecification=app,
            ProcessingInputs=[s3_input("code", f"s3://{bucket}/")],
            ProcessingResources=cluster(gigabytes=5),
        )
        return name

    return run


@pytest.fixture
def cache_without_jars():
    """A cache folder that has the environment and not the libraries of Java."""
    environment = spark_environment()
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        place = Path(folder, "environments", environment.name)
        shutil.copytree(environment, place, symlinks=True, copy_function=os.link)
        yield folder


def test_without_the_libraries_for_s3_scripts_run_and_say_what_they_lack(own_server, cache_without_jars, run_script):
    variables = {"SAGEBRUSH_CACHE": cache_without_jars, "SAGEBRUSH_IVY_SETTINGS": "/nowhere/ivysettings.xml"}
    server = own_server(environment=variables)
    script = """
        import sys
        from pyspark.sql import SparkSession

        spark = SparkSession.builder.getOrCreate()
        print("COUNTED", spark.range(10).count(), flush=True)
        if sys.argv[1:]:
            spark.read.text("s3a:" + sys.argv[1]).count()
    """
    sagemaker, logs = server.client("sagemaker"), server.client("logs")
    names = [run_script(server, script, *arguments) for arguments in ([], ["//a/b"], ["s3://a/b"])]
    local, hidden, named = (ended_processing(sagemaker, name, seconds=300) for name in names)
    assert local["ProcessingJobStatus"] == "Completed"
    assert "COUNTED 10" in logs_of(logs, local["ProcessingJobName"])["algo-1"]
    assert "S3AFileSystem not found" in hidden["ExitMessage"]
    assert "sagebrush images install spark" in hidden["ExitMessage"]
    assert named["ExitMessage"].startswith("ClientError: s3://a/b cannot be reached. The libraries")


def test_a_job_that_is_stopped_ends(server, run_script):
    script = """
        import time
        from pyspark.sql import SparkSession

        spark = SparkSession.builder.getOrCreate()
        print("BEGINS", flush=True)
        spark.sparkContext.parallelize([600]).map(time.sleep).collect()
    """
    sagemaker, logs = server.client("sagemaker"), server.client("logs")
    name = run_script(server, script)
    wait_until(lambda: "BEGINS" in logs_of(logs, name).get("algo-1", []), 120, "the script runs")
    sagemaker.stop_processing_job(ProcessingJobName=name)
    assert ended_processing(sagemaker, name, seconds=60)["ProcessingJobStatus"] == "Stopped"


@pytest.mark.parametrize(
    ("entrypoint", "arguments", "code", "text"),
    [
        (None, ["/nowhere/app.py"], 2, "smspark-submit: there is no file /nowhere/app.py."),
        (None, ["train"], 2, "smspark-submit: expected a .py or .jar file to run, got 'train'."),
        (["smspark-history-server"], ["--event-logs-s3-uri", "s3://a/b"], 2, "not yet available in Sagebrush"),
    ],
)
def test_what_it_cannot_run_is_said(server, fresh, entrypoint, arguments, code, text):
    sagemaker, name = server.client("sagemaker"), fresh("spark")
    app = {"ImageUri": IMAGE, "ContainerArguments": arguments}
    sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={**app, **({"ContainerEntrypoint": entrypoint} if entrypoint else {})},
        ProcessingResources=cluster(),
    )
    job = ended_processing(sagemaker, name, seconds=600)
    assert job["ProcessingJobStatus"] == "Failed"
    assert text in job["ExitMessage"]
    assert f"Exit code: {code}." in job["FailureReason"]
    assert any(text in line for line in logs_of(server.client("logs"), name)["algo-1"])
