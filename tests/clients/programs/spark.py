"""Spark jobs by the SageMaker SDK's own processors: PySparkProcessor and SparkJarProcessor. Prints what came of them.

Arguments: a CSV file of numbers with a line before its rows, and a jar with the class sagebrush.Lines, if there is one.
"""

import json
import sys
import time
from pathlib import Path

import pandas as pd
import sagemaker
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.spark.processing import PySparkProcessor, SparkJarProcessor

ROWS, *JARS = sys.argv[1:]
COLUMNS = [f"c{number}" for number in range(30)] + ["target"]
session = sagemaker.Session()
s3 = session.boto_session.client("s3")
logs = session.boto_session.client("logs")
bucket = session.default_bucket()
home = "sdk-" + sagemaker.__version__
Path("rows.csv").write_text(Path(ROWS).read_text().split("\n", 1)[1])
session.upload_data("rows.csv", bucket, f"{home}/rows")
session.upload_data("rows.csv", bucket, f"{home}/twice/a")
session.upload_data("rows.csv", bucket, f"{home}/twice/b")


def processor(kind=PySparkProcessor, count=1, **more):
    return kind(
        base_job_name="spark",
        framework_version="2.4",
        role=sagemaker.get_execution_role(session),
        instance_count=count,
        instance_type="ml.t3.medium",
        volume_size_in_gb=5,
        max_runtime_in_seconds=1200,
        sagemaker_session=session,
        **more,
    )


def script(name, text):
    Path(name).write_text(text)
    return name


def ended(started):
    """The job's description once it is over, whatever became of it."""
    name = started.latest_job.job_name
    while (job := session.describe_processing_job(name))["ProcessingJobStatus"] in ("InProgress", "Stopping"):
        time.sleep(1)
    return job


def told(job):
    return [job["ProcessingJobStatus"], job.get("ExitMessage", "")]


def lines_of(job):
    group = "/aws/sagemaker/ProcessingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=job["ProcessingJobName"] + "/")
    lines = []
    for stream in streams["logStreams"]:
        asked = {"logGroupName": group, "logStreamName": stream["logStreamName"], "startFromHead": True}
        token = None
        while True:
            page = logs.get_log_events(**asked, **({"nextToken": token} if token else {}))
            lines += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
    return lines


def keys(prefix):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


def table(prefix, columns):
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"] for key in keys(prefix) if key.endswith(".csv")]
    return pd.concat([pd.read_csv(body, header=None, names=columns) for body in bodies])


def means(rows):
    return rows.groupby("target").mean().sort_index().round(9)


# A table read from S3 and written to S3, with a module and a file beside the script, under a configuration.
script("columns.py", f"COLUMNS = {COLUMNS!r}\n")
script("note.txt", "noted")
table_script = script(
    "table.py",
    """
import sys
from pyspark import SparkFiles
from pyspark.sql import SparkSession, functions
from columns import COLUMNS

spark = SparkSession.builder.appName("table").getOrCreate()
rows = spark.read.csv(sys.argv[1], inferSchema=True).toDF(*COLUMNS)
rows.write.mode("overwrite").parquet(sys.argv[2] + "/parquet")
read = spark.read.parquet(sys.argv[2] + "/parquet")
read.groupBy("target").agg(*[functions.avg(name) for name in COLUMNS[:-1]]).write.csv(sys.argv[2] + "/means")
conf = spark.sparkContext.getConf()
print("CONF", conf.get("spark.executor.memory"), conf.get("spark.sql.shuffle.partitions"), flush=True)
print("NOTE", open(SparkFiles.get("note.txt")).read(), flush=True)
print("MODE", __import__("os").environ["MODE"], flush=True)
open("/opt/ml/output/message", "w").write(f"{read.count()} rows")
""",
)
configuration = [
    {
        "Classification": "spark-defaults",
        "Properties": {"spark.executor.memory": "777m", "spark.sql.shuffle.partitions": "3"},
    },
    {"Classification": "yarn-site", "Properties": {"yarn.nodemanager.vmem-check-enabled": "false"}},
    {
        "Classification": "spark-env",
        "Properties": {},
        "Configurations": [{"Classification": "export", "Properties": {"MODE": "set"}}],
    },
]
in_s3 = processor()
in_s3.run(
    submit_app=table_script,
    submit_py_files=["columns.py"],
    submit_files=["note.txt"],
    arguments=[f"s3a://{bucket}/{home}/rows/", f"s3://{bucket}/{home}/table"],
    configuration=configuration,
    spark_event_logs_s3_uri=f"s3://{bucket}/{home}/events",
    wait=False,
)

# Words of files that the platform brings and takes away, on two hosts that both have a part.
word_script = script(
    "words.py",
    """
import socket, sys, time
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
words = spark.sparkContext.textFile("file:///opt/ml/processing/input/text/*").flatMap(lambda line: line.split(","))
counts = words.map(lambda word: (word, 1)).reduceByKey(lambda one, two: one + two)
counts.map(lambda pair: f"{pair[0]}\\t{pair[1]}").saveAsTextFile("file:///opt/ml/processing/output/counts")

def where(_):
    time.sleep(0.3)
    print("a task says hello", flush=True)
    return socket.gethostname()

hosts = spark.sparkContext.parallelize(range(16), 16).map(where).collect()
print("HOSTS", ",".join(sorted(set(hosts))), flush=True)
""",
)
on_two = processor(count=2)
on_two.run(
    submit_app=word_script,
    inputs=[ProcessingInput(f"s3://{bucket}/{home}/twice", "/opt/ml/processing/input/text")],
    outputs=[ProcessingOutput("/opt/ml/processing/output", f"s3://{bucket}/{home}/counts")],
    wait=False,
)

fail_script = script(
    "fail.py",
    """
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.sparkContext.parallelize([1, 0]).map(lambda number: 1 // number).collect()
""",
)
failing = processor()
failing.run(submit_app=fail_script, wait=False)

refused = processor()
refused.run(
    submit_app=fail_script,
    configuration={"Classification": "spark-defaults", "Properties": {"spark.executor.memory": "70g"}},
    wait=False,
)

by_jar = processor(SparkJarProcessor)
if JARS:
    by_jar.run(
        submit_app=JARS[0],
        submit_class="sagebrush.Lines",
        arguments=[f"s3a://{bucket}/{home}/rows/"],
        wait=False,
    )

found = {}
job = ended(in_s3)
found["table"] = told(job)
lines = lines_of(job)
found["said"] = sorted({line for line in lines if line.startswith(("CONF", "NOTE", "MODE"))})
found["left out"] = [line for line in lines if line.startswith("[WARNING] yarn-site")]
found["first line"] = lines[0]
rows = pd.read_csv("rows.csv", header=None, names=COLUMNS)
computed = table(f"{home}/table/means/", ["target", *COLUMNS[:-1]]).set_index("target").sort_index().round(9)
found["equals pandas"] = bool((computed - means(rows)).abs().max().max() < 1e-6)
found["parquet"] = [key for key in keys(f"{home}/table/parquet/") if key.endswith(".parquet")]
events = [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys(f"{home}/events/")]
found["events"] = [[json.loads(line)["Event"] for line in log.splitlines()][-1] for log in events]
job = ended(on_two)
found["words"] = told(job)
found["hosts"] = [line for line in lines_of(job) if line.startswith("HOSTS")]
# Spark may put its own words behind a task's on one line: both are standard error of the executor.
found["hellos"] = sum(line.startswith("a task says hello") for line in lines_of(job))
# Beside each part is Hadoop's check sum of it, `.part-00000.crc`.
places = [key for key in keys(f"{home}/counts/") if "/part-" in key]
parts = [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in places]
counted = dict(line.split("\t") for part in parts for line in part.splitlines())
expected = pd.Series(Path("rows.csv").read_text().replace("\n", ",").split(",")[:-1]).value_counts() * 2
found["equal counts"] = {word: int(count) for word, count in counted.items()} == expected.to_dict()
job = ended(failing)
found["failed"] = [*told(job), job["FailureReason"]]
job = ended(refused)
found["refused"] = [*told(job), job["FailureReason"]]
if JARS:
    job = ended(by_jar)
    found["jar"] = [*told(job), [line for line in lines_of(job) if line.startswith("LINES")]]
found["bucket"] = bucket
print(json.dumps(found))
