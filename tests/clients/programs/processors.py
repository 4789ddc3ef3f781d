"""A script and a program by the SageMaker SDK's processors, for SDK 1.72 and 2.x: local files in, objects out, the log
shown, a failure, a stop. Prints what came of it."""

import contextlib
import io
import json
import time
from pathlib import Path

import sagemaker
from sagemaker.network import NetworkConfig
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor, ScriptProcessor
from sagemaker.sklearn.processing import SKLearnProcessor

session = sagemaker.Session()
role = sagemaker.get_execution_role(session)
prefix = "processors-" + sagemaker.__version__
image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.0-1-cpu-py3"
common = {"role": role, "image_uri": image, "instance_count": 1, "instance_type": "ml.m5.large"}
common |= {"sagemaker_session": session, "volume_size_in_gb": 2}

Path("split.py").write_text(
    """
import argparse, os, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--ratio", type=float)
parser.add_argument("--fail", action="store_true")
options = parser.parse_args()
if os.environ["MODE"] == "sleep":
    time.sleep(600)
rows = open("/opt/ml/processing/input/rows.csv").read().split()
cut = int(len(rows) * options.ratio)
for name, part in (("train", rows[:cut]), ("test", rows[cut:])):
    open(f"/opt/ml/processing/{name}/{name}.csv", "w").write("\\n".join(part))
print(f"split {len(rows)} rows")
open("/opt/ml/output/message", "w").write(f"{len(rows)} rows")
sys.exit(3 if options.fail else 0)
"""
)
Path("rows.csv").write_text("".join(f"{number},{number * number}\n" for number in range(10)))
# The guide's own example puts the data above the folder of the script.
rows = ProcessingInput(source="rows.csv", destination="/opt/ml/processing/input")
outputs = [ProcessingOutput(output_name=name, source=f"/opt/ml/processing/{name}") for name in ("train", "test")]


def script(mode="split", **more):
    name = prefix.replace(".", "-")
    return ScriptProcessor(command=["python3"], env={"MODE": mode}, base_job_name=name, **common, **more)


shown = io.StringIO()
splitter = script(network_config=NetworkConfig(enable_network_isolation=True), max_runtime_in_seconds=3600)
with contextlib.redirect_stdout(shown):
    splitter.run(code="split.py", inputs=[rows], outputs=outputs, arguments=["--ratio", "0.8"], logs=True)
job = splitter.latest_job.describe()
places = {output["OutputName"]: output["S3Output"]["S3Uri"] for output in job["ProcessingOutputConfig"]["Outputs"]}


def lines_at(uri):
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    return session.read_s3_file(bucket, key).split()


counts = {name: len(lines_at(f"{uri}/{name}.csv")) for name, uri in places.items()}

failure = None
failing = script()
try:
    with contextlib.redirect_stdout(io.StringIO()):
        failing.run(code="split.py", inputs=[rows], outputs=outputs, arguments=["--ratio", "0.5", "--fail"], logs=True)
except Exception as cause:  # the SDKs differ in its class
    failure = str(cause)

sleeping = script("sleep")
sleeping.run(code="split.py", inputs=[rows], arguments=["--ratio", "0.5"], wait=False, logs=False)
sleeping.latest_job.stop()
deadline = time.monotonic() + 180
while sleeping.latest_job.describe()["ProcessingJobStatus"] == "Stopping" and time.monotonic() < deadline:
    time.sleep(0.5)

Path("scale.py").write_text(
    """
import numpy as np
from sklearn.preprocessing import StandardScaler
rows = np.loadtxt("/opt/ml/processing/input/rows.csv", delimiter=",")
scaled = StandardScaler().fit_transform(rows)
print("scaled", scaled.shape, abs(scaled.mean()) < 1e-9)
"""
)
sizes = {"instance_count": 1, "instance_type": "ml.m5.large", "sagemaker_session": session}
scaler = SKLearnProcessor(framework_version="0.20.0", role=role, **sizes)
scaled = io.StringIO()
with contextlib.redirect_stdout(scaled):
    scaler.run(code="scale.py", inputs=[rows], logs=True)

program = Processor(entrypoint=["python3", "-c", "import sys; print(sys.argv[1:])"], **common)
said = io.StringIO()
with contextlib.redirect_stdout(said):
    program.run(arguments=["a", "b c"], logs=True)

print()
print(
    json.dumps(
        {
            "status": job["ProcessingJobStatus"],
            "message": job["ExitMessage"],
            "entrypoint": job["AppSpecification"]["ContainerEntrypoint"],
            "log": "split 10 rows" in shown.getvalue(),
            "counts": counts,
            "failure": failure,
            "stopped": sleeping.latest_job.describe()["ProcessingJobStatus"],
            "scaled": "scaled (10, 2) True" in scaled.getvalue(),
            "arguments": "['a', 'b c']" in said.getvalue(),
        }
    )
)
