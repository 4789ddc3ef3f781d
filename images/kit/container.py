"""Files and variables a container is given: the only place that knows `/opt/ml`.

Follows the SageMaker developer guide, "How Amazon SageMaker provides training information" and
"Use your own inference code". SAGEBRUSH_ML_ROOT moves the tree, for tests.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

FAILURE_CHARACTERS = 1024
"""The service reads so much of the failure file (DescribeTrainingJob, FailureReason)."""


def root():
    """Folder that stands for /opt/ml."""
    return Path(os.environ.get("SAGEBRUSH_ML_ROOT", "/opt/ml"))


def model_folder():
    """Folder a training job leaves its model in, and an endpoint finds it in."""
    return root() / "model"


def write_failure(text):
    """Stores why training failed, cut to what the service reads."""
    path = root() / "output" / "failure"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text[:FAILURE_CHARACTERS], encoding="utf-8")


def has_failure():
    """Whether there is a text already."""
    path = root() / "output" / "failure"
    return path.is_file() and path.stat().st_size > 0


@dataclass(frozen=True)
class Channel:
    """One input of a training job: files in a folder, or in Pipe mode a stream for each pass (pipe.py)."""

    name: str
    folder: Path
    content_type: str | None
    input_mode: str
    distribution: str
    """FullyReplicated or ShardedByS3Key: what the other hosts have of it."""
    record_wrapper: str
    """`RecordIO` if Pipe mode wraps each object in a record, else `None`, as the API spells it."""

    def files(self):
        """Data files below the folder, sorted by path. Names that begin with `.` or `_` are not data."""
        return sorted(
            path
            for path in self.folder.rglob("*")
            if path.is_file() and not any(part.startswith((".", "_")) for part in path.relative_to(self.folder).parts)
        )


@dataclass(frozen=True)
class TrainingInput:
    """What CreateTrainingJob asked for, as the container sees it."""

    hyperparameters: dict[str, str]
    channels: dict[str, Channel]
    hosts: tuple[str, ...]
    current_host: str
    model_folder: Path
    checkpoint_folder: Path | None
    resources: dict
    """resourceconfig.json as it is."""
    input_data: dict
    """inputdataconfig.json as it is."""


def read_training_input():
    """Reads the config files. A missing or broken one is the platform's fault: OSError or ValueError."""
    config = root() / "input" / "config"
    resources = _read(config / "resourceconfig.json", {"hosts": ["algo-1"], "current_host": "algo-1"})
    checkpoints = _read(config / "checkpointconfig.json", {})
    input_data = _read(config / "inputdataconfig.json", {})
    folder = model_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return TrainingInput(
        hyperparameters=_read(config / "hyperparameters.json", {}),
        channels={
            name: Channel(
                name=name,
                folder=root() / "input" / "data" / name,
                content_type=entry.get("ContentType"),
                input_mode=entry.get("TrainingInputMode", "File"),
                distribution=entry.get("S3DistributionType", "FullyReplicated"),
                record_wrapper=entry.get("RecordWrapperType", "None"),
            )
            for name, entry in input_data.items()
        },
        hosts=tuple(resources["hosts"]),
        current_host=resources["current_host"],
        model_folder=folder,
        checkpoint_folder=Path(checkpoints["LocalPath"]) if "LocalPath" in checkpoints else None,
        resources=resources,
        input_data=input_data,
    )


def _read(path, default):
    if not path.exists():
        return default
    return json.loads(path.read_text(encoding="utf-8"))
