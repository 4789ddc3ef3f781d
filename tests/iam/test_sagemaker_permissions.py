"""What policies can ask of calls to SageMaker: condition keys, tags, roles that are passed, resources of every call."""

import contextlib
import json
from pathlib import Path

import botocore.loaders
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from evaluation_cases.sagemaker_requests import FILES, KEYS_OF, REQUESTS, ROLE, VALUES
from policies import allow, deny, policy
from server_process import ACCOUNT
from users import temporary_users

OPERATIONS = Path(__file__).parents[2] / "contract" / "sagemaker" / "operations.txt"


@pytest.fixture(scope="module")
def narrow(server):
    """narrow(allow(…), …) gives the clients of one user who from now on has these statements and no others."""
    numbers = iter(range(1000))
    with temporary_users(server, lambda word: f"{word}-keys-{next(numbers)}") as users:
        made, clients = users()
        iam = server.client("iam")
        kept = {name: clients(name) for name in ("sagemaker", "sagemaker-runtime")}

        def give(*statements):
            iam.put_user_policy(UserName=made["UserName"], PolicyName="given", PolicyDocument=policy(*statements))
            return kept

        yield give


def answer(client, operation, request):
    """Code and text of the error that the call gives; empty when it gives none."""
    try:
        getattr(client, operation)(**request)
    except ClientError as caught:
        return caught.response["Error"]["Code"], caught.response["Error"]["Message"]
    return "", ""


def is_refused(clients, operation, request):
    code, text = answer(clients["sagemaker"], operation, request)
    assert code != "AccessDeniedException" or "explicit deny" in text, text
    return code == "AccessDeniedException"


ASKED = [(operation, key) for operation, names in KEYS_OF.items() for key in names.split()]


@pytest.mark.parametrize("operation, key", ASKED, ids=[f"{operation} {key}" for operation, key in ASKED])
def test_a_policy_finds_the_key_in_the_request(narrow, operation, key):
    operator, value = VALUES[key]
    name, request = f"sagemaker:{key}", REQUESTS[operation]
    assert is_refused(narrow(allow("*"), deny("sagemaker:*", Condition={operator: {name: value}})), operation, request)
    absent = {"Null": {name: "true"}}
    assert not is_refused(narrow(allow("*"), deny("sagemaker:*", Condition=absent)), operation, request)


TAGGING = [operation for operation, request in REQUESTS.items() if "Tags" in request]


@pytest.mark.parametrize("operation", TAGGING)
def test_a_policy_finds_the_tags_of_the_request(narrow, operation):
    request = REQUESTS[operation]
    for condition, holds in [
        ({"StringEquals": {"aws:RequestTag/team": "red"}}, True),
        ({"StringEquals": {"aws:RequestTag/team": "blue"}}, False),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["other"]}}, False),
    ]:
        clients = narrow(allow("*"), deny(f"sagemaker:{action(operation)}", Condition=condition))
        assert is_refused(clients, operation, request) == holds, condition


def action(operation):
    """Name of the action of an operation in boto3's spelling."""
    return next(name for name in operations() if xform_name(name) == operation)


def operations():
    return [line for line in OPERATIONS.read_text().split("\n") if line and not line.startswith("#")]


PASSING = [operation for operation, request in REQUESTS.items() if ROLE in json.dumps(request)]


@pytest.mark.parametrize("operation", PASSING)
def test_a_role_in_a_request_has_to_be_passed(narrow, operation):
    request = REQUESTS[operation]

    def passing(*statements):
        return answer(narrow(allow("sagemaker:*"), *statements)["sagemaker"], operation, request)

    code, text = passing()
    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: iam:PassRole on resource: {ROLE}" in text
    for_others = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    assert "iam:PassRole" in passing(allow("iam:PassRole", ROLE, Condition=for_others))[1]
    assert "iam:PassRole" in passing(allow("iam:PassRole", f"{ROLE}2"))[1]
    for_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    assert "iam:PassRole" not in passing(allow("iam:PassRole", ROLE, Condition=for_sagemaker))[1]


def test_every_member_that_names_a_role_is_among_these_requests():
    model = botocore.loaders.create_loader().load_service_model("sagemaker", "service-2")

    def roles(shape, path=(), around=()):
        found = model["shapes"][shape]
        if shape == "RoleArn":
            yield ".".join(path)
        elif found["type"] == "structure" and shape not in around:
            for name, member in found["members"].items():
                yield from roles(member["shape"], (*path, name), (*around, shape))
        elif found["type"] == "list":
            yield from roles(found["member"]["shape"], path, around)

    def hands_over(name):
        shape = model["operations"][name].get("input")
        return shape is not None and any(f"{name}.{path}" not in NEWER for path in roles(shape["shape"]))

    assert {name for name in operations() if hands_over(name)} == {action(operation) for operation in PASSING}


# Members that came after September 2020; calls with them are refused by name.
NEWER = {"CreateEndpointConfig.ExecutionRoleArn"}


def test_two_file_systems_each_have_to_be_allowed(narrow):
    def reading(*directories):
        channels = [
            {"ChannelName": f"c{at}", "DataSource": {"FileSystemDataSource": {**FILES, "DirectoryPath": path}}}
            for at, path in enumerate(directories)
        ]
        return {**REQUESTS["create_training_job"], "InputDataConfig": channels}

    def only(*directories):
        keys = [{"sagemaker:FileSystemAccessMode": "ro", "sagemaker:FileSystemDirectoryPath": d} for d in directories]
        return [allow("sagemaker:*", Condition={"StringEquals": each}) for each in keys]

    def code(statements, request):
        return answer(narrow(allow("iam:PassRole"), *statements)["sagemaker"], "create_training_job", request)[0]

    assert code(only("/train"), reading("/train")) != "AccessDeniedException"
    assert code(only("/train"), reading("/train", "/validation")) == "AccessDeniedException"
    assert code(only("/train", "/validation"), reading("/train", "/validation")) != "AccessDeniedException"


def test_the_guide_s_examples_of_lists_demand_the_list_with_null(narrow):
    request = REQUESTS["create_training_job"]
    without = {name: value for name, value in request.items() if name != "VpcConfig"}
    own = {"ForAllValues:StringEquals": {"sagemaker:VpcSubnets": ["subnet-a1234"]}}
    demanded = {**own, "Null": {"sagemaker:VpcSubnets": "false"}}

    def code(condition, sent):
        statements = [allow("iam:PassRole"), allow("sagemaker:CreateTrainingJob", Condition=condition)]
        return answer(narrow(*statements)["sagemaker"], "create_training_job", sent)[0]

    assert code(own, request) != "AccessDeniedException"
    assert code(own, without) != "AccessDeniedException"
    assert code(demanded, request) != "AccessDeniedException"
    assert code(demanded, without) == "AccessDeniedException"


def test_the_target_model_of_an_invocation(narrow):
    only = {"StringLike": {"sagemaker:TargetModel": ["company_a/*", "common/*"]}}
    runtime = narrow(allow("sagemaker:InvokeEndpoint", Condition=only))["sagemaker-runtime"]

    def code(model):
        return answer(runtime, "invoke_endpoint", {"EndpointName": "none", "Body": b"", "TargetModel": model})[0]

    assert code("company_b/m.tar.gz") == "AccessDeniedException"
    assert code("company_a/m.tar.gz") != "AccessDeniedException"


@pytest.fixture
def repository(sagemaker, fresh):
    """A code repository with the tag Project=A."""
    name = fresh("repository")
    arn = sagemaker.create_code_repository(
        CodeRepositoryName=name,
        GitConfig={"RepositoryUrl": "https://example.com/r.git"},
        Tags=[{"Key": "Project", "Value": "A"}],
    )["CodeRepositoryArn"]
    yield name, arn
    with contextlib.suppress(ClientError):
        sagemaker.delete_code_repository(CodeRepositoryName=name)


@pytest.mark.parametrize("key", ["sagemaker:ResourceTag/Project", "aws:ResourceTag/project"])
def test_the_tags_of_a_resource_decide(narrow, repository, sagemaker, key):
    name, arn = repository

    def describe(project):
        clients = narrow(allow("sagemaker:*", Condition={"StringEquals": {key: project}}))
        return answer(clients["sagemaker"], "describe_code_repository", {"CodeRepositoryName": name})[0]

    assert describe("A") == ""
    assert describe("B") == "AccessDeniedException"
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "Project", "Value": "B"}])
    assert describe("B") == ""
    assert describe("A") == "AccessDeniedException"
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["Project"])
    assert describe("B") == "AccessDeniedException"


def test_a_resource_is_made_with_the_tags_of_its_request(narrow, fresh):
    clients = narrow(allow("sagemaker:*", Condition={"StringEquals": {"aws:ResourceTag/Project": "A"}}))
    request = {"CodeRepositoryName": fresh("repository"), "GitConfig": {"RepositoryUrl": "https://example.com/r.git"}}
    tags = {"Tags": [{"Key": "Project", "Value": "A"}]}
    assert answer(clients["sagemaker"], "create_code_repository", request)[0] == "AccessDeniedException"
    assert answer(clients["sagemaker"], "create_code_repository", {**request, **tags})[0] == ""
    assert (
        answer(clients["sagemaker"], "delete_code_repository", {"CodeRepositoryName": request["CodeRepositoryName"]})[0]
        == ""
    )


def test_the_tags_of_an_endpoint_decide_who_invokes_it(narrow):
    tagged = {"StringEquals": {"sagemaker:ResourceTag/team": "red"}}
    runtime = narrow(allow("sagemaker:InvokeEndpoint", Condition=tagged))["sagemaker-runtime"]
    assert answer(runtime, "invoke_endpoint", {"EndpointName": "none", "Body": b""})[0] == "AccessDeniedException"


def test_tags_may_be_kept_from_being_changed(narrow, repository):
    _, arn = repository
    project = {"ForAnyValue:StringEquals": {"aws:TagKeys": ["Project"]}}
    clients = narrow(allow("sagemaker:*"), deny(["sagemaker:AddTags", "sagemaker:DeleteTags"], Condition=project))

    def add(key):
        return answer(clients["sagemaker"], "add_tags", {"ResourceArn": arn, "Tags": [{"Key": key, "Value": "B"}]})[0]

    assert add("Project") == "AccessDeniedException"
    assert add("Other") == ""
    deleting = {"ResourceArn": arn, "TagKeys": ["Project", "Other"]}
    assert answer(clients["sagemaker"], "delete_tags", deleting)[0] == "AccessDeniedException"


# What is asked for permission, where it is not what the name of the operation says.
RESOURCES = {
    "create_app": "app/d-1/ann/kernelgateway/default",
    "create_auto_ml_job": "automl-job/auto",
    "create_compilation_job": "compilation-job/compile",
    "create_domain": "domain/*",
    "create_hyper_parameter_tuning_job": "hyper-parameter-tuning-job/tune",
    "create_labeling_job": "labeling-job/label",
    "create_monitoring_schedule": "monitoring-schedule/watch",
    "create_notebook_instance": "notebook-instance/desk",
    "create_user_profile": "user-profile/d-1/ann",
    "create_training_job": "training-job/train",
    "create_model": "model/model",
}


@pytest.mark.parametrize("operation", RESOURCES)
def test_what_is_made_is_the_resource_that_is_asked_for(narrow, operation):
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:{RESOURCES[operation]}"
    code, text = answer(narrow(allow("iam:*"))["sagemaker"], operation, REQUESTS[operation])
    assert code == "AccessDeniedException"
    assert f"sagemaker:{action(operation)} on resource: {arn} because" in text
    code, text = answer(narrow(allow("iam:*"), allow("*", arn))["sagemaker"], operation, REQUESTS[operation])
    assert code != "AccessDeniedException", text


@pytest.mark.parametrize(
    "operation, request_, resource",
    [
        ("start_notebook_instance", {"NotebookInstanceName": "desk"}, "notebook-instance/desk"),
        ("start_monitoring_schedule", {"MonitoringScheduleName": "watch"}, "monitoring-schedule/watch"),
        ("create_presigned_notebook_instance_url", {"NotebookInstanceName": "desk"}, "notebook-instance/desk"),
        ("create_presigned_domain_url", {"DomainId": "d-1", "UserProfileName": "ann"}, "user-profile/d-1/ann"),
        ("list_candidates_for_auto_ml_job", {"AutoMLJobName": "auto"}, None),
    ],
)
def test_what_is_started_is_the_resource_that_is_asked_for(narrow, operation, request_, resource):
    _, text = answer(narrow(allow("iam:*"))["sagemaker"], operation, request_)
    where = f" on resource: arn:aws:sagemaker:us-east-1:{ACCOUNT}:{resource}" if resource else ""
    assert f"sagemaker:{action(operation)}{where} because" in text
