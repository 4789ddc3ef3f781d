"""XGBoost's estimator on spot instances: begins the job of the given name, with its checkpoints in the bucket given."""

import sys
from pathlib import Path

from sagemaker.xgboost import XGBoost
from sdk import FIRST_GENERATION, role, session, size, tell, upload

scripts, name, checkpoints, rounds = Path(sys.argv[1]), *sys.argv[2:]
limits = {"max_run": 1800, "max_wait": 1800, "use_spot_instances": True}
estimator = XGBoost(
    entry_point="train.py",
    source_dir=str(scripts / "spot"),
    hyperparameters={"num_round": int(rounds), "seed": 7},
    framework_version="1.0-1",
    py_version="py3",
    role=role,
    sagemaker_session=session,
    checkpoint_s3_uri=checkpoints,
    **size(),
    **({f"train_{key}": value for key, value in limits.items()} if FIRST_GENERATION else limits),
)
estimator.fit({"train": upload("train", "train.csv")}, job_name=name, wait=False)
tell(name=name)
