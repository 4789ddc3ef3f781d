"""Hyperparameters as script mode sends them: JSON texts, some of them for the toolkit and not for the script.

Names as in the SageMaker Python SDK (`sagemaker.model`, `sagemaker.estimator`) and aws/sagemaker-training-toolkit.
"""

import json
from dataclasses import dataclass

from images.kit.errors import UserError
from images.kit.hyperparameters import INTERNAL

PREFIX = "sagemaker_"

CONSUMED = (
    "sagemaker_program",
    "sagemaker_submit_directory",
    "sagemaker_enable_cloudwatch_metrics",
    "sagemaker_region",
    "sagemaker_container_log_level",
    "sagemaker_job_name",
    "sagemaker_s3_output",
)
"""Neither the script nor SM_FRAMEWORK_PARAMS sees these."""

DEFAULT_LOG_LEVEL = 20
"""logging.INFO"""


@dataclass(frozen=True)
class Settings:
    """What a script-mode job asks for."""

    program: str
    submit_directory: str | None
    hyperparameters: dict
    """For the script: decoded values."""
    framework_parameters: dict
    log_level: int
    job_name: str | None
    s3_output: str | None


def decode(text):
    """Value of a JSON text; the text itself if it is none, as `train.py` without quotes."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def read(texts, environment):
    """Settings from hyperparameters.json and the variables of the image.

    Raises UserError if no program is named.
    """
    values = {name: decode(text) for name, text in texts.items()}

    def consumed(name):
        return values.get(name, environment.get(name.upper()))

    program = consumed("sagemaker_program")
    if not isinstance(program, str) or not program:
        raise UserError(
            "This image runs a script of yours, and the job names none: the hyperparameter sagemaker_program is "
            "missing. The SageMaker SDK sends it when its estimator is given an entry_point."
        )
    theirs = {name: value for name, value in values.items() if not name.startswith(PREFIX) and name != INTERNAL}
    return Settings(
        program=program,
        submit_directory=consumed("sagemaker_submit_directory"),
        hyperparameters=theirs,
        framework_parameters={
            name: value for name, value in values.items() if name.startswith(PREFIX) and name not in CONSUMED
        },
        log_level=int(consumed("sagemaker_container_log_level") or DEFAULT_LOG_LEVEL),
        job_name=consumed("sagemaker_job_name") or environment.get("TRAINING_JOB_NAME"),
        s3_output=consumed("sagemaker_s3_output"),
    )
