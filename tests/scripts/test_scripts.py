"""Users' scripts in the frameworks' images, sent by boto3 as the SageMaker SDK sends them."""

import json

import numpy as np
import pytest
from hosted_models import an_archive
from server_process import ROLE
from sklearn.datasets import load_digits, load_iris
from stories import HERE, digits, iris, tree, wheel
from xgboost_jobs import create_endpoint, ended_job, log_lines, settled_endpoint

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
SKLEARN = f"{REGISTRY}/sagemaker-scikit-learn:0.23-1-cpu-py3"
XGBOOST = f"{REGISTRY}/sagemaker-xgboost:1.0-1-cpu-py3"
# The first job of an image installs its environment.
FIRST_SECONDS = 400

pytestmark = pytest.mark.timeout(FIRST_SECONDS + 200)


@pytest.fixture
def train(client, bucket):
    """train(name, image, files, hyperparameters, data folder): the description of the job, and its lines."""
    s3, sagemaker = client("s3"), client("sagemaker")

    def run(name, image, files, hyperparameters, data, **more):
        key = f"{name}/source/sourcedir.tar.gz"
        s3.put_object(Bucket=bucket, Key=key, Body=an_archive(**files))
        for channel in ("train", "test"):
            s3.put_object(Bucket=bucket, Key=f"{channel}/rows.csv", Body=(data / f"{channel}.csv").read_bytes())
        values = {"sagemaker_program": "train.py", "sagemaker_submit_directory": f"s3://{bucket}/{key}"}
        names = {"train": "train", "test": more.pop("test_channel", "test")}
        sagemaker.create_training_job(
            TrainingJobName=name,
            AlgorithmSpecification={
                "TrainingImage": image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}],
            },
            RoleArn=ROLE,
            HyperParameters={name: json.dumps(value) for name, value in {**values, **hyperparameters}.items()},
            InputDataConfig=[
                {
                    "ChannelName": channel,
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{prefix}/"}},
                }
                for prefix, channel in names.items()
            ],
            OutputDataConfig={"S3OutputPath": f"s3://{bucket}/models"},
            ResourceConfig={"InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
            StoppingCondition={"MaxRuntimeInSeconds": 600},
            **more,
        )
        job = ended_job(sagemaker, name, FIRST_SECONDS)
        return job, log_lines(client("logs"), "/aws/sagemaker/TrainingJobs", f"{name}/")

    return run


@pytest.fixture
def deploy(client, fresh):
    """deploy(image, job, environment): name of an endpoint with the job's model; it goes away afterwards."""
    sagemaker = client("sagemaker")
    made = []

    def run(image, job, environment):
        name = fresh("script")
        sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={
                "Image": image,
                "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"],
                "Environment": environment,
            },
        )
        create_endpoint(sagemaker, name, name)
        made.append(name)
        endpoint = settled_endpoint(sagemaker, name)
        assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
        return name

    yield run
    for name in made:
        sagemaker.delete_endpoint(EndpointName=name)


def test_a_script_of_scikit_learn_trains_and_answers(client, train, deploy, fresh, tmp_path, bucket):
    name = fresh("iris")
    files = {**tree(HERE / "iris"), **tree(HERE / "shared")}
    job, lines = train(name, SKLEARN, files, {"trees": 40}, iris(tmp_path))
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert lines[0].startswith("Image sagemaker-scikit-learn asks for version 0.23; here runs scikit-learn 1.")
    assert "species=setosa,versicolor,virginica" in lines
    (metric,) = job["FinalMetricDataList"]
    assert metric["Value"] > 0.9
    assert (metric["MetricName"], f"accuracy={metric['Value']:.4f};" in lines) == ("accuracy", True)

    code = {"SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{bucket}/{name}/source/sourcedir.tar.gz"}
    endpoint = deploy(SKLEARN, job, {**code, "SAGEMAKER_PROGRAM": "train.py"})
    runtime = client("sagemaker-runtime")

    def ask(body, content_type="application/json", **more):
        reply = runtime.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType=content_type, **more)
        return reply["ContentType"], reply["Body"].read()

    flowers = load_iris()
    rows = json.dumps(flowers.data[::5].tolist())
    kind, answer = ask(rows)
    assert (kind, np.mean(json.loads(answer) == flowers.target[::5]) > 0.9) == ("application/json", True)
    assert ask("5.1,3.5,1.4,0.2\n", "text/csv", Accept="text/csv") == ("text/csv", b"0\n")
    with pytest.raises(runtime.exceptions.ModelError) as refused:
        ask(b"x", "image/png")
    assert "Content type image/png is not supported by this framework" in str(refused.value)


def test_a_script_of_xgboost_trains_and_answers_beside_the_algorithm_built_in(
    client, train, deploy, fresh, tmp_path, bucket
):
    name = fresh("digits")
    files = tree(HERE / "digits")
    data = digits(tmp_path)
    job, lines = train(name, XGBOOST, files, {"num_round": 10}, data, test_channel="validation")
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert any(line.startswith("[9]") for line in lines)
    accuracy = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}["accuracy"]
    assert accuracy > 0.9
    code = {"SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{bucket}/{name}/source/sourcedir.tar.gz"}
    endpoint = deploy(XGBOOST, job, {**code, "SAGEMAKER_PROGRAM": "train.py"})
    known = load_digits()
    body = "\n".join(",".join(map(str, row)) for row in known.data[::5])
    reply = client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, Body=body, ContentType="text/csv", Accept="text/csv"
    )
    found = np.array(reply["Body"].read().split(), float)
    assert np.mean(found == known.target[::5]) == pytest.approx(accuracy, abs=1e-3)


def test_a_script_that_fails_is_the_reason_of_its_job(train, fresh, tmp_path):
    script = "print('sowing')\nraise ValueError('no seeds')\n"
    job, lines = train(fresh("fails"), SKLEARN, {"train.py": script.encode()}, {}, iris(tmp_path))
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:\nCommand ")
    assert job["FailureReason"].endswith("ValueError: no seeds, exit code: 1")
    assert "sowing" in lines


def test_a_package_and_what_it_asks_for_are_installed(train, fresh, tmp_path):
    wheel(tmp_path / "wheels")
    files = {
        **{f"wheels/{name}": data for name, data in tree(tmp_path / "wheels").items()},
        "requirements.txt": b"--no-index\n--find-links wheels\nbarley==1.0\nnumpy\n",
        "setup.py": b"from setuptools import setup\nsetup(name='farm', py_modules=['train', 'fields'])\n",
        "train.py": b"import barley, fields, sys, numpy\nprint(__name__, barley.GRAIN, fields.ACRES, numpy.__file__)\n",
        "fields.py": b"ACRES = 640\n",
    }
    job, lines = train(fresh("package"), SKLEARN, files, {}, iris(tmp_path))
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    # The image's own numpy is not installed a second time.
    line = next(line for line in lines if "hordeum" in line)
    assert line.startswith("__main__ hordeum 640 /opt/sagebrush/environment/lib/python3."), line


def test_intermediate_output_is_in_s3_while_the_script_runs(client, train, fresh, tmp_path, bucket):
    # The script ends when it finds its own output in S3.
    script = f"""
import boto3, os, time
folder = os.environ["SM_OUTPUT_INTERMEDIATE_DIR"] + "/deep"
os.makedirs(folder)
open(folder + "/early", "w").write("1")
key = "out/" + os.environ["TRAINING_JOB_NAME"] + "/output/intermediate/deep/early"
s3 = boto3.client("s3")
for _ in range(300):
    if s3.list_objects_v2(Bucket="{bucket}", Prefix=key)["KeyCount"] == 1:
        break
    time.sleep(0.2)
else:
    raise SystemExit("it did not come")
open(folder + "/late", "w").write("2")
"""
    name = fresh("intermediate")
    job, _ = train(
        name, SKLEARN, {"train.py": script.encode()}, {"sagemaker_s3_output": f"s3://{bucket}/out"}, iris(tmp_path)
    )
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    late = client("s3").get_object(Bucket=bucket, Key=f"out/{name}/output/intermediate/deep/late")
    assert late["Body"].read() == b"2"


def test_an_endpoint_installs_what_its_code_asks_for(client, deploy, fresh, tmp_path, bucket):
    wheel(tmp_path / "wheels")
    script = (
        "import barley, os\n"
        "def model_fn(model_dir): return open(model_dir + '/model').read()\n"
        "def transform_fn(model, body, content_type, accept): return f'{model} {barley.GRAIN} {os.getpid()}'\n"
    )
    files = {
        **{f"code/wheels/{name}": data for name, data in tree(tmp_path / "wheels").items()},
        "code/requirements.txt": b"--no-index\n--find-links wheels\nbarley\n",
        "code/serve.py": script.encode(),
        "model": b"rye",
    }
    client("s3").put_object(Bucket=bucket, Key="repacked/model.tar.gz", Body=an_archive(**files))
    job = {"ModelArtifacts": {"S3ModelArtifacts": f"s3://{bucket}/repacked/model.tar.gz"}}
    # As SDKs say it that have packed the code into the model.
    code = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{bucket}/repacked/model.tar.gz"}
    endpoint = deploy(SKLEARN, job, {**code, "SAGEMAKER_MODEL_SERVER_WORKERS": "1"})
    runtime = client("sagemaker-runtime")
    answers = {runtime.invoke_endpoint(EndpointName=endpoint, Body=b"x")["Body"].read() for _ in range(3)}
    assert len(answers) == 1
    assert answers.pop().startswith(b"rye hordeum ")


def test_network_isolation_takes_the_code_from_its_channel(client, fresh, bucket):
    s3, sagemaker = client("s3"), client("sagemaker")
    name = fresh("isolated")
    script = b"import os\nassert 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI' not in os.environ\nprint('alone')\n"
    s3.put_object(Bucket=bucket, Key="code/sourcedir.tar.gz", Body=an_archive(**{"train.py": script}))
    values = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
    }
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/code/sourcedir.tar.gz"}
    sagemaker.create_training_job(
        TrainingJobName=name,
        AlgorithmSpecification={"TrainingImage": SKLEARN, "TrainingInputMode": "File"},
        RoleArn=ROLE,
        HyperParameters={name: json.dumps(value) for name, value in values.items()},
        InputDataConfig=[{"ChannelName": "code", "DataSource": {"S3DataSource": source}}],
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/models"},
        ResourceConfig={"InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
        EnableNetworkIsolation=True,
    )
    job = ended_job(sagemaker, name, FIRST_SECONDS)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert "alone" in log_lines(client("logs"), "/aws/sagemaker/TrainingJobs", f"{name}/")


REFUSED = {
    "Python 2": ("pytorch-training:1.4.0-cpu-py2", "is for Python 2, which ended in 2020"),
    "Chainer": ("sagemaker-chainer:5.0.0-cpu-py3", "Build an image with the Python that your script needs and push it"),
    "Elastic Inference": ("tensorflow-inference-eia:2.0.0-cpu", "Elastic Inference is no longer made"),
}


@pytest.mark.parametrize(("image", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_an_image_that_cannot_run_scripts_is_refused(client, bucket, fresh, image, text):
    sagemaker = client("sagemaker")
    with pytest.raises(sagemaker.exceptions.ClientError) as refused:
        sagemaker.create_training_job(
            TrainingJobName=fresh("refused"),
            AlgorithmSpecification={"TrainingImage": f"{REGISTRY}/{image}", "TrainingInputMode": "File"},
            RoleArn=ROLE,
            OutputDataConfig={"S3OutputPath": f"s3://{bucket}/models"},
            ResourceConfig={"InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
            StoppingCondition={"MaxRuntimeInSeconds": 600},
        )
    assert text in str(refused.value)
