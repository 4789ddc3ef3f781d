"""The generated cases themselves: botocore's own validator agrees, and facts read by hand appear among them."""

import functools
import re
from pathlib import Path

import botocore
import botocore.loaders
import botocore.model
import botocore.validate
import pytest
from negative_cases import MAP_KEY, MAP_VALUE, Service
from pattern_strings import breaking, matching

CONTRACT = Path(__file__).parents[2] / "contract"
SERVED = [
    (file.parent.name, name)
    for file in sorted(CONTRACT.glob("*/operations.txt"))
    for line in file.read_text().splitlines()
    if (name := line.split("#")[0].strip())
]


service = functools.cache(Service)


@functools.cache
def official(name):
    """The model as botocore's own client-side validator takes it."""
    return botocore.model.ServiceModel(botocore.loaders.create_loader().load_service_model(name, "service-2"), name)


def complaints(name, operation, value):
    """Kinds of error that botocore's validator finds in an input."""
    shape = official(name).operation_model(operation).input_shape
    report = (
        botocore.validate.ParamValidator().validate(value, shape) if shape else botocore.validate.ValidationErrors()
    )
    return {kind for kind, _, _ in report._errors}


@pytest.mark.parametrize(("name", "operation"), SERVED)
def test_botocore_accepts_the_minimal_input_and_finds_what_each_case_breaks(name, operation):
    assert complaints(name, operation, service(name).minimal(operation)) == set()
    for case in service(name).cases(operation):
        found = complaints(name, operation, case.input)
        if case.constraint == "required":
            assert found == {"missing required field"}, case
        elif case.constraint == "min":
            # Of maps botocore checks only the values, and of blobs no length.
            is_left = case.path[-1] == MAP_KEY or isinstance(_at(case.input, case.path), dict | bytes)
            assert is_left or found & {"invalid range", "invalid length"}, case
        else:
            # botocore leaves upper bounds, patterns and enums to the server.
            assert found <= {"invalid range", "invalid length"}, case


def _breaks(constraint, limit, value):
    if constraint == "enum":
        return value not in limit
    if constraint == "pattern":
        # A class or a range of Java's that Python lacks is left to the test of the strings.
        return re.search(r"\\[pzu]", limit) or not re.fullmatch(limit, value, re.ASCII)
    size = value if isinstance(value, int | float) else len(value)
    return size < limit if constraint == "min" else size > limit


def _at(value, path):
    """The broken value at a case's path."""
    for step in path:
        if step == MAP_KEY:
            value = list(value)[-1]
        elif step == MAP_VALUE:
            value = next(iter(value.values()))
        else:
            value = value[step]
    return value


@pytest.mark.parametrize(("name", "operation"), SERVED)
def test_the_value_at_the_path_breaks_the_limit(name, operation):
    for case in service(name).cases(operation):
        if case.constraint == "required":
            assert case.path[-1] not in _at(case.input, case.path[:-1]), case
            continue
        value = _at(case.input, case.path)
        assert _breaks(case.constraint, case.limit, value), case


def test_known_constraints_of_create_training_job_are_among_the_cases():
    found = {
        (".".join(map(str, case.path)), case.constraint) for case in service("sagemaker").cases("CreateTrainingJob")
    }
    assert found >= {
        ("TrainingJobName", "required"),
        ("TrainingJobName", "max"),
        ("TrainingJobName", "pattern"),
        ("RoleArn", "min"),
        ("OutputDataConfig.S3OutputPath", "required"),
        ("AlgorithmSpecification.TrainingInputMode", "enum"),
        ("AlgorithmSpecification.MetricDefinitions.0.Regex", "max"),
        ("HyperParameters.<key>", "max"),
        ("HyperParameters.<value>", "max"),
        ("HyperParameters", "max"),
        ("InputDataConfig", "min"),
        ("StoppingCondition.MaxRuntimeInSeconds", "min"),
        ("Tags.0.Key", "pattern"),
        ("Tags", "max"),
    }


@pytest.mark.parametrize(
    ("pattern", "low", "high"),
    [
        ("[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", 1, 63),
        ("arn:aws[a-z\\-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+", 20, 2048),
        ("(https|s3)://([^/]+)/?(.*)", 0, 1024),
        ("([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)", 1, 128),
        ("(?!.*\\.\\.)[a-z.]+", 5, 5),
        ("[^:]+|b", 3, 4),
    ],
)
def test_a_matching_string_matches_and_a_breaking_one_does_not(pattern, low, high):
    plain = re.compile(pattern.replace("\\p{L}", "a-zA-Z").replace("\\p{Z}", " ").replace("\\p{N}", "0-9"))
    good, bad = matching(pattern, low, high), breaking(pattern, low, high)
    assert plain.fullmatch(good) and low <= len(good) <= high
    assert not plain.fullmatch(bad) and low <= len(bad) <= high


def test_a_pattern_that_everything_matches_cannot_be_broken():
    assert breaking("[\\s\\S]*") is None
