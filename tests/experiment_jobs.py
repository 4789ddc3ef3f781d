"""Training jobs of a test's own program that print metrics, and the trial components of jobs."""

import textwrap

from own_programs import program_request
from server_process import ACCOUNT

#: The server that tests/experiments shares has it.
BUCKET = "experiments"
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
#: The metric that the program prints, as the built-in XGBoost has it.
METRIC = "validation:rmse"
PRINTS = textwrap.dedent("""
    import os
    for value in (4, 2, 3):
        print(f"[0]#011validation-rmse:{value}", flush=True)
    open("/opt/ml/model/weights", "w").write("w")
""")
SLEEPS = "import time; print('ready', flush=True); time.sleep(600)"


def training(sagemaker, s3, name, program=PRINTS, **changes):
    """Creates a training job and gives its name."""
    sagemaker.create_training_job(**program_request(s3, BUCKET, name, program, **changes))
    return name


def of_job(sagemaker, kind, job):
    """The one component of a job, by the job's ARN."""
    found = sagemaker.list_trial_components(SourceArn=f"{ARN}:{kind}/{job}")["TrialComponentSummaries"]
    assert len(found) == 1
    return sagemaker.describe_trial_component(TrialComponentName=found[0]["TrialComponentName"])
