"""scikit-learn's estimator and model with everything they take: sources, libraries, packages, a repository of git."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from sagemaker.sklearn import SKLearn, SKLearnModel
from sdk import accuracy, endpoint_of, fit, json_predictor, place, role, session, size, tell, upload

scripts = Path(sys.argv[1])
rows = [[float(cell) for cell in row] for row in csv.reader(Path("test.csv").read_text().splitlines())]
labels, features = np.array(rows)[:, 0], np.array(rows)[:, 1:]
common = {
    "framework_version": "0.23-1",
    "py_version": "py3",
    "role": role,
    "sagemaker_session": session,
}
channels = {"train": upload("train", "train.csv"), "test": upload("test", "test.csv")}

estimator = SKLearn(
    entry_point="train.py",
    source_dir=str(scripts / "iris"),
    dependencies=[str(scripts / "shared/botany")],
    hyperparameters={"trees": 40, "max-depth": 4},
    metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}],
    **common,
    **size(),
)
log = fit(estimator, channels)
description = session.describe_training_job(estimator.latest_training_job.name)
metrics = {metric["MetricName"]: metric["Value"] for metric in description["FinalMetricDataList"]}

predictor = estimator.deploy(1, "ml.m4.xlarge")
right = float((np.array(predictor.predict(features)) == labels).mean())
predictor.delete_endpoint()

transformer = estimator.transformer(
    1,
    "ml.m4.xlarge",
    accept="text/csv",
    assemble_with="Line",
    output_path=f"s3://{session.default_bucket()}/{place('out')}",
)
Path("rows.csv").write_text("\n".join(",".join(map(str, row)) for row in features))
transformer.transform(upload("rows", "rows.csv"), content_type="text/csv", split_type="Line")
transformer.wait()
transformed = session.read_s3_file(session.default_bucket(), place("out") + "/rows.csv.out").split()

model = SKLearnModel(
    model_data=estimator.model_data,
    entry_point="named.py",
    source_dir=str(scripts / "iris"),
    dependencies=[str(scripts / "shared/botany")],
    model_server_workers=1,
    **common,
)
named = model.deploy(1, "ml.m4.xlarge")
names = json_predictor(endpoint_of(named)).predict(features[:3].tolist())
named.delete_endpoint()

# The same script from a repository, with a package of its own from a folder of wheels.
repository = Path("repository")
subprocess.run(["cp", "-r", scripts / "iris", repository], check=True)
subprocess.run(["cp", "-r", scripts / "shared/botany", repository], check=True)
subprocess.run(["cp", "-r", "wheels", repository], check=True)
(repository / "requirements.txt").write_text("--no-index\n--find-links wheels\nbarley==1.0\n")
script = repository / "train.py"
script.write_text(
    script.read_text().replace("import joblib", "import barley\nimport joblib") + "    print(barley.GRAIN)\n"
)
identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
for command in (["init", "-q", "-b", "main"], ["add", "."], [*identity, "commit", "-qm", "first"]):
    subprocess.run(["git", *command], cwd=repository, check=True, env={**os.environ, "HOME": str(Path.cwd())})
# The SDK takes https addresses only; git finds this one on this machine.
address = "https://git.example.com/iris.git"
Path(os.environ["HOME"], ".gitconfig").write_text(f'[url "file://{repository.resolve()}"]\n\tinsteadOf = {address}\n')
from_git = SKLearn(
    entry_point="train.py",
    source_dir=".",
    git_config={"repo": address, "branch": "main"},
    **common,
    **size(),
)
git_log = fit(from_git, channels)

tell(
    accuracy=accuracy(log),
    metric=metrics["accuracy"],
    version=re.search("Image .* asks for version .*", log)[0],
    deployed=right,
    transformed=float(np.mean([float(cell) == label for cell, label in zip(transformed, labels, strict=True)])),
    names=names,
    git=[accuracy(git_log), "hordeum" in git_log],
)
