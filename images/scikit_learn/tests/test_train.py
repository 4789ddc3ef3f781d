"""Training scripts: what they are handed, what they may ask for, and how they end."""

import json
import signal
import sys

import pytest

from .containers import archive, prepare, start_training, train

TELL = """
import json, os, sys
told = {name: value for name, value in os.environ.items() if name.startswith("SM_")}
print("TOLD " + json.dumps({"arguments": sys.argv[1:], "told": told, "folder": os.getcwd()}))
"""


def told(result):
    line = next(line for line in result.output.splitlines() if line.startswith("TOLD "))
    return json.loads(line.removeprefix("TOLD "))


def test_a_script_is_handed_arguments_in_order_and_every_variable(tmp_path):
    hyperparameters = {
        "depth": 6,
        "k": 1,
        "rate": 0.5,
        "name": "oak",
        "shuffle": True,
        "sizes": {"b": 2, "a": 1},
        "layers": [8, 4],
        "nothing": None,
        "_tuning_objective_metric": "loss",
        "sagemaker_job_name": "job-1",
        "sagemaker_parameter_server_enabled": False,
    }
    prepare(tmp_path, {"train.py": TELL}, hyperparameters, channels={"training": {"a.csv": b"1"}})
    result = train(tmp_path)
    assert result.code == 0, result.errors
    found = told(result)
    assert found["arguments"] == [
        *["--depth", "6", "-k", "1", "--layers", "[8, 4]", "--name", "oak", "--nothing", ""],
        *["--rate", "0.5", "--shuffle", "True", "--sizes", "a=1,b=2"],
    ]
    variables = found["told"]
    assert found["folder"] == str(tmp_path / "code")
    assert {name: variables[f"SM_{name}"] for name in EXACT} == {
        name: value.replace("/opt/ml", str(tmp_path)) for name, value in EXACT.items()
    }
    training = json.loads(variables["SM_TRAINING_ENV"])
    assert training["job_name"] == "job-1"
    assert training["is_master"] is True
    assert json.loads(variables["SM_USER_ARGS"]) == found["arguments"]
    assert (tmp_path / "output/success").exists()
    assert result.failure is None


EXACT = {
    "MODEL_DIR": "/opt/ml/model",
    "INPUT_DIR": "/opt/ml/input",
    "INPUT_CONFIG_DIR": "/opt/ml/input/config",
    "OUTPUT_DIR": "/opt/ml/output",
    "OUTPUT_DATA_DIR": "/opt/ml/output/data",
    "OUTPUT_INTERMEDIATE_DIR": "/opt/ml/output/intermediate",
    "CHANNELS": '["code","training"]',
    "CHANNEL_TRAINING": "/opt/ml/input/data/training",
    "CURRENT_HOST": "localhost",
    "HOSTS": '["localhost"]',
    "NETWORK_INTERFACE_NAME": "eth0",
    "NUM_GPUS": "0",
    "USER_ENTRY_POINT": "train.py",
    "MODULE_NAME": "train",
    "MODULE_DIR": "/opt/ml/input/data/code/sourcedir.tar.gz",
    "LOG_LEVEL": "20",
    "FRAMEWORK_MODULE": "sagemaker_sklearn_container.training:main",
    "FRAMEWORK_PARAMS": '{"sagemaker_parameter_server_enabled":false}',
    "HP_DEPTH": "6",
    "HP_NAME": "oak",
    "HP_SHUFFLE": "true",
    "HP_SIZES": '{"a":1,"b":2}',
    "HP_NOTHING": "",
    "HPS": '{"depth":6,"k":1,"layers":[8,4],"name":"oak","nothing":null,"rate":0.5,"shuffle":true,'
    '"sizes":{"a":1,"b":2}}',
}


def test_texts_that_are_no_json_are_taken_as_they_are(tmp_path):
    prepare(tmp_path, {"train.py": TELL})
    config = tmp_path / "input/config/hyperparameters.json"
    sources = str(tmp_path / "input/data/code/sourcedir.tar.gz")
    raw = {"sagemaker_program": "train.py", "sagemaker_submit_directory": sources, "grade": "1e", "flag": "yes"}
    config.write_text(json.dumps(raw))
    assert told(train(tmp_path))["arguments"] == ["--flag", "yes", "--grade", "1e"]


def test_the_first_line_says_which_version_runs(tmp_path):
    prepare(tmp_path, {"train.py": ""})
    result = train(
        tmp_path, {"SAGEBRUSH_IMAGE": "1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:0.20.0-cpu-py3"}
    )
    first = result.output.splitlines()[0]
    assert first.startswith("Image sagemaker-scikit-learn asks for version 0.20.0; here runs scikit-learn 1.")
    assert f"Python 3.{sys.version_info.minor}" in first


def test_a_script_that_fails_gives_its_exit_code_and_the_end_of_its_traceback(tmp_path):
    script = (
        "import sys\ndef deep(n):\n    return deep(n - 1) if n else 1 / 0\nprint('before', file=sys.stderr)\ndeep(60)\n"
    )
    prepare(tmp_path, {"train.py": script}, {"epochs": 3})
    result = train(tmp_path)
    assert result.code == 1
    assert "before" in result.errors
    assert result.failure.startswith("ExecuteUserScriptError:\nCommand ")
    assert "train.py --epochs 3" in result.failure
    assert "ZeroDivisionError: division by zero" in result.failure
    assert len(result.failure) <= 1024
    assert not (tmp_path / "output/success").exists()


ENDINGS = {
    "its own exit code": ("import sys; sys.exit(7)", 7, "exit code: 7"),
    "a signal": ("import os; os.abort()", 134, "ended by SIGABRT"),
    "a failure text of its own, which stays": (
        "import os, sys\nopen(os.environ['SM_OUTPUT_DIR'] + '/failure', 'w').write('no wheat today'); sys.exit(3)",
        3,
        "no wheat today",
    ),
}


@pytest.mark.parametrize(("script", "code", "text"), ENDINGS.values(), ids=ENDINGS.keys())
def test_a_script_may_end_by(tmp_path, script, code, text):
    prepare(tmp_path, {"train.py": script})
    result = train(tmp_path)
    assert result.code == code
    assert text in result.failure


def test_sigterm_reaches_the_script_which_may_save_its_model(tmp_path):
    script = """
import os, signal, sys, time
def save(*_):
    open(os.environ["SM_MODEL_DIR"] + "/model", "w").write("saved")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print("ready")
time.sleep(60)
"""
    prepare(tmp_path, {"train.py": script})
    process = start_training(tmp_path)
    while process.stdout.readline() != "ready\n":
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert (tmp_path / "model/model").read_text() == "saved"


PROGRAMS = {
    "a shell script": ({"train.sh": '#!/bin/sh\necho "TOLD {\\"arguments\\": [\\"$1\\", \\"$2\\"]}"\n'}, "train.sh"),
    "a script in a folder": ({"src/fit.py": TELL}, "src/fit.py"),
    "a module beside it": ({"train.py": "import words\n" + TELL, "words.py": ""}, "train.py"),
}


@pytest.mark.parametrize(("files", "program"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_may_be(tmp_path, files, program):
    prepare(tmp_path, files, {"name": "two words"}, program)
    result = train(tmp_path)
    assert result.code == 0, result.errors
    assert told(result)["arguments"] == ["--name", "two words"]


def test_code_that_is_there_already_is_taken(tmp_path):
    prepare(tmp_path, {"train.py": "raise SystemExit(9)"})
    (tmp_path / "code").mkdir()
    (tmp_path / "code/train.py").write_text(TELL)
    assert train(tmp_path).code == 0


REFUSED = {
    "no program": ({"sagemaker_program": ""}, {"train.py": ""}, "hyperparameter sagemaker_program is missing"),
    "a program that is not there": ({}, {"other.py": ""}, "no file 'train.py' (sagemaker_program); it has other.py"),
    "a program outside": ({"sagemaker_program": "../x.py"}, {"train.py": ""}, "no file '../x.py'"),
    "code that is not there": ({"sagemaker_submit_directory": "/opt/nowhere"}, {"train.py": ""}, "/opt/nowhere"),
    "MPI": ({"sagemaker_mpi_enabled": True}, {"train.py": ""}, "has no MPI (sagemaker_mpi_enabled)"),
    "an archive that leaves its folder": ({}, {"../../evil.py": "", "train.py": ""}, "'../../evil.py' would leave"),
}


@pytest.mark.parametrize(("hyperparameters", "files", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_run_is_refused(tmp_path, hyperparameters, files, text):
    prepare(tmp_path, files, hyperparameters)
    result = train(tmp_path)
    assert result.code == 2
    assert result.failure.startswith("ClientError: ")
    assert text in result.failure
    assert not (tmp_path / "evil.py").exists()


def test_a_broken_archive_is_refused(tmp_path):
    prepare(tmp_path, {"train.py": ""})
    (tmp_path / "input/data/code/sourcedir.tar.gz").write_bytes(archive({"train.py": "x" * 5000})[:60])
    result = train(tmp_path)
    assert (result.code, "cannot be unpacked" in result.failure) == (2, True)


def test_scripts_of_the_old_toolkits_find_what_they_import(tmp_path):
    script = """
import json, sagemaker_containers
from sagemaker_containers.beta.framework import content_types, encoders, env, modules, transformer, worker
from sagemaker_inference import decoder, encoder, errors
from sagemaker_training import environment
facts = sagemaker_containers.training_env()
print("TOLD " + json.dumps([facts.hosts, environment.Environment().hyperparameters, content_types.NPY]))
assert encoders.decode("[[1, 2]]", content_types.JSON).shape == (1, 2)
assert encoder.encode([[1, 2]], "text/csv") == b"1,2\\n"
"""
    prepare(tmp_path, {"train.py": script}, {"depth": 2})
    result = train(tmp_path)
    assert result.code == 0, result.errors
    assert told(result) == [["localhost"], {"depth": 2}, "application/x-npy"]
