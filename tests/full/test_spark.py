"""Spark jobs by the SageMaker SDK's processors, and what the image does with a program that is not Spark's."""

import io
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
import sklearn
from arro3.io import read_parquet
from foreign_clients import CLIENTS, INSTALL_SECONDS, printed_by_sdk, python_of
from processing_jobs import cluster, ended_processing, logs_of
from server_process import ROLE, command_line
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
