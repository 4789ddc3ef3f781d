"""A script, and one with the modules beside it, by the processors of the third generation of the SageMaker SDK. Nothing
names an endpoint. Prints what came of them."""

import contextlib
import io
import json
from pathlib import Path

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.processing import FrameworkProcessor, ScriptProcessor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output

session = Session()
common = {
    "role": get_execution_role(session),
    "image_uri": image_uris.retrieve("xgboost", session.boto_region_name, "1.0-1"),
    "command": ["python3"],
    "instance_count": 1,
    "instance_type": "ml.m5.large",
    "volume_size_in_gb": 2,
    "sagemaker_session": session,
}
Path("source").mkdir()
Path("source/squares.py").write_text("def of(rows):\n    return [int(row.split(',')[0]) ** 2 for row in rows]\n")
Path("source/count.py").write_text(
    """
import sys
sys.path.insert(0, ".")
rows = open("/opt/ml/processing/input/rows.csv").read().split()
text = str(len(rows))
if "--squares" in sys.argv:
    import squares
    text = str(sum(squares.of(rows)))
open("/opt/ml/processing/output/result", "w").write(text)
open("/opt/ml/output/message", "w").write(text)
print(f"result {text}")
"""
)
Path("rows.csv").write_text("".join(f"{number},x\n" for number in range(10)))


def rows():
    s3 = ProcessingS3Input(s3_uri="rows.csv", local_path="/opt/ml/processing/input", s3_data_type="S3Prefix")
    s3.s3_input_mode = "File"
    return [ProcessingInput(input_name="rows", s3_input=s3)]


def outputs(name):
    uri = f"s3://{session.default_bucket()}/processors-3/{name}"
    s3 = ProcessingS3Output(s3_uri=uri, local_path="/opt/ml/processing/output", s3_upload_mode="EndOfJob")
    return [ProcessingOutput(output_name="result", s3_output=s3)]


def result(processor):
    job = processor.latest_job.refresh()
    bucket, key = job.processing_output_config.outputs[0].s3_output.s3_uri.removeprefix("s3://").split("/", 1)
    return [job.processing_job_status, job.exit_message, session.read_s3_file(bucket, f"{key}/result")]


shown = io.StringIO()
script, framework = ScriptProcessor(**common), FrameworkProcessor(**common)
with contextlib.redirect_stdout(shown):
    script.run(code="source/count.py", inputs=rows(), outputs=outputs("script"))
    framework.run(
        code="count.py", source_dir="source", inputs=rows(), outputs=outputs("framework"), arguments=["--squares"]
    )
log = [line for line in shown.getvalue().splitlines() if line.startswith("result")]
print(json.dumps({"script": result(script), "framework": result(framework), "log": log}))
