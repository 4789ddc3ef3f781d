"""Experiments, trials and trial components as resources: names, tags, lists, changes, and what may be deleted when."""

import threading
from datetime import UTC, datetime
from functools import partial

import pytest
from botocore.exceptions import ClientError
from policies import allow, deny, refusal
from server_process import ACCOUNT

ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
LOCAL = f"arn:aws:sts::{ACCOUNT}:assumed-role/SageMakerRole/local"


def plain(description):
    """A description without what differs from run to run."""
    moments = ("CreationTime", "LastModifiedTime", "ResponseMetadata")
    return {key: value for key, value in description.items() if key not in moments}


def names(page, noun):
    return [each[f"{noun}Name"] for each in page[f"{noun}Summaries"]]


def test_an_experiment_is_described_as_it_was_made(sagemaker, fresh):
    name = "My-" + fresh("Experiment")
    tags = [{"Key": "team", "Value": "a"}]
    made = sagemaker.create_experiment(ExperimentName=name, DisplayName="Shown", Description="why", Tags=tags)
    arn = f"{ARN}:experiment/{name.lower()}"
    described = sagemaker.describe_experiment(ExperimentName=name)
    by = described["CreatedBy"]
    assert made["ExperimentArn"] == arn
    assert by["IamIdentity"]["Arn"] == LOCAL
    assert plain(described) == {
        "ExperimentName": name,
        "ExperimentArn": arn,
        "DisplayName": "Shown",
        "Description": "why",
        "CreatedBy": by,
        "LastModifiedBy": by,
    }
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags


def test_what_has_no_display_name_shows_its_name(sagemaker, experiment, trial, component):
    first = experiment()
    second, third = trial(first), component()
    assert sagemaker.describe_experiment(ExperimentName=first)["DisplayName"] == first
    assert sagemaker.describe_trial(TrialName=second)["DisplayName"] == second
    assert sagemaker.describe_trial_component(TrialComponentName=third)["DisplayName"] == third


def test_a_trial_belongs_to_its_experiment(sagemaker, experiment, trial, fresh):
    parent = experiment(ExperimentName="Parent-" + fresh("E"))
    name = trial(parent.lower(), DisplayName="Shown")
    described = sagemaker.describe_trial(TrialName=name)
    assert plain(described) == {
        "TrialName": name,
        "TrialArn": f"{ARN}:experiment-trial/{name}",
        "DisplayName": "Shown",
        "ExperimentName": parent,
        "CreatedBy": described["CreatedBy"],
        "LastModifiedBy": described["CreatedBy"],
    }


def test_a_component_keeps_what_it_is_told(sagemaker, component):
    start, end = datetime(2020, 9, 1, 10, tzinfo=UTC), datetime(2020, 9, 1, 11, tzinfo=UTC)
    members = {
        "DisplayName": "Shown",
        "Status": {"PrimaryStatus": "Completed", "Message": "done"},
        "StartTime": start,
        "EndTime": end,
        "Parameters": {"depth": {"NumberValue": 5.0}, "kind": {"StringValue": "tree"}},
        "InputArtifacts": {"data": {"MediaType": "text/csv", "Value": "s3://b/in"}},
        "OutputArtifacts": {"model": {"Value": "s3://b/out"}},
    }
    name = component(**members)
    described = sagemaker.describe_trial_component(TrialComponentName=name)
    assert {key: described[key] for key in members} == members
    assert "Source" not in described
    assert described["Metrics"] == []


def test_a_change_of_a_component_replaces_adds_and_removes_entries(sagemaker, component):
    name = component(
        Parameters={"a": {"NumberValue": 1.0}, "b": {"NumberValue": 2.0}},
        InputArtifacts={"x": {"Value": "1"}, "y": {"Value": "2"}},
    )
    before = sagemaker.describe_trial_component(TrialComponentName=name)
    sagemaker.update_trial_component(
        TrialComponentName=name,
        DisplayName="New",
        Parameters={"a": {"StringValue": "one"}, "c": {"NumberValue": 3.0}, "d": {"NumberValue": 4.0}},
        ParametersToRemove=["b", "d"],
        InputArtifactsToRemove=["x"],
        OutputArtifacts={"z": {"Value": "3"}},
        Status={"PrimaryStatus": "Failed"},
    )
    after = sagemaker.describe_trial_component(TrialComponentName=name)
    assert after["Parameters"] == {"a": {"StringValue": "one"}, "c": {"NumberValue": 3.0}}
    assert (after["InputArtifacts"], after["OutputArtifacts"]) == ({"y": {"Value": "2"}}, {"z": {"Value": "3"}})
    assert (after["DisplayName"], after["Status"]) == ("New", {"PrimaryStatus": "Failed"})
    assert after["CreationTime"] == before["CreationTime"] < after["LastModifiedTime"]


def test_experiments_and_trials_can_be_changed(sagemaker, experiment, trial):
    first = experiment(Description="before")
    second = trial(first)
    sagemaker.update_experiment(ExperimentName=first, DisplayName="E", Description="after")
    sagemaker.update_trial(TrialName=second, DisplayName="T")
    described = sagemaker.describe_experiment(ExperimentName=first)
    assert (described["DisplayName"], described["Description"]) == ("E", "after")
    assert sagemaker.describe_trial(TrialName=second)["DisplayName"] == "T"


REFUSED_COMPONENTS = {
    "a parameter without a value": ({"Parameters": {"a": {}}}, "exactly one of StringValue and NumberValue"),
    "a parameter with two values": (
        {"Parameters": {"a": {"StringValue": "1", "NumberValue": 1.0}}},
        "exactly one of StringValue and NumberValue",
    ),
    "an end before the start": ({"StartTime": 200, "EndTime": 100}, "EndTime must not be before StartTime"),
    "a reserved tag": ({"Tags": [{"Key": "aws:x", "Value": ""}]}, "reserved for system use"),
}


@pytest.mark.parametrize("what", REFUSED_COMPONENTS)
def test_a_component_is_refused_with(what, sagemaker, fresh):
    members, text = REFUSED_COMPONENTS[what]
    name = fresh("component")
    code, message = refusal(partial(sagemaker.create_trial_component, TrialComponentName=name, **members))
    assert code == "ValidationException"
    assert text in message
    missing = refusal(partial(sagemaker.describe_trial_component, TrialComponentName=name))
    assert missing == ("ResourceNotFound", f"Trial Component '{name}' does not exist.")


def test_names_are_taken_whatever_their_case(sagemaker, experiment, trial, component):
    first = experiment()
    second, third = trial(first), component()
    for noun, name, more, call in (
        ("Experiment", first, {}, sagemaker.create_experiment),
        ("Trial", second, {"ExperimentName": first}, sagemaker.create_trial),
        ("Trial Component", third, {}, sagemaker.create_trial_component),
    ):
        request = {f"{noun.replace(' ', '')}Name": name.upper(), **more}
        code, message = refusal(partial(call, **request))
        assert code == "ValidationException"
        assert f"{noun} with name ({name.upper()}) already exists" in message


def test_what_is_not_there_is_not_found(sagemaker, trial, component, experiment):
    there, other = trial(experiment()), component()
    missing = {"ExperimentName": "nobody"}
    for call, request in (
        (sagemaker.describe_experiment, missing),
        (sagemaker.update_experiment, missing),
        (sagemaker.delete_experiment, missing),
        (sagemaker.list_trials, missing),
        (sagemaker.list_trial_components, missing),
        (sagemaker.create_trial, {"TrialName": "t", **missing}),
        (sagemaker.describe_trial, {"TrialName": "nobody"}),
        (sagemaker.delete_trial, {"TrialName": "nobody"}),
        (sagemaker.list_trial_components, {"TrialName": "nobody"}),
        (sagemaker.update_trial_component, {"TrialComponentName": "nobody"}),
        (sagemaker.delete_trial_component, {"TrialComponentName": "nobody"}),
        (sagemaker.list_trials, {"TrialComponentName": "nobody"}),
        (sagemaker.associate_trial_component, {"TrialName": "nobody", "TrialComponentName": other}),
        (sagemaker.associate_trial_component, {"TrialName": there, "TrialComponentName": "nobody"}),
        (sagemaker.disassociate_trial_component, {"TrialName": "nobody", "TrialComponentName": other}),
    ):
        code, message = refusal(partial(call, **request))
        assert code == "ResourceNotFound", (call, request)
        assert message.endswith("'nobody' does not exist.")


def test_things_are_deleted_from_the_inside_out(sagemaker, experiment, trial, component):
    first = experiment()
    second = trial(first)
    third = component(second)
    pair = {"TrialName": second, "TrialComponentName": third}
    for call, request, text in (
        (sagemaker.delete_experiment, {"ExperimentName": first}, "still has trials"),
        (sagemaker.delete_trial, {"TrialName": second}, "still has trial components"),
        (sagemaker.delete_trial_component, {"TrialComponentName": third}, "still associated with trials"),
    ):
        code, message = refusal(partial(call, **request))
        assert (code, text in message) == ("ValidationException", True), message
    sagemaker.disassociate_trial_component(**pair)
    sagemaker.delete_trial_component(TrialComponentName=third)
    sagemaker.delete_trial(TrialName=second)
    sagemaker.delete_experiment(ExperimentName=first)
    assert refusal(partial(sagemaker.describe_experiment, ExperimentName=first))[0] == "ResourceNotFound"
    code, _ = refusal(partial(sagemaker.list_tags, ResourceArn=f"{ARN}:experiment/{first}"))
    assert code == "ValidationException"
    experiment(ExperimentName=first)


def test_a_component_in_a_trial_twice_is_there_once(sagemaker, experiment, trial, component):
    first = trial(experiment())
    name = component(first, first)
    assert names(sagemaker.list_trial_components(TrialName=first), "TrialComponent") == [name]
    sagemaker.disassociate_trial_component(TrialName=first, TrialComponentName=name)
    sagemaker.disassociate_trial_component(TrialName=first, TrialComponentName=name)
    assert sagemaker.list_trial_components(TrialName=first)["TrialComponentSummaries"] == []


def test_an_experiment_being_deleted_gets_no_trial(server, sagemaker, experiment, fresh):
    """Of a deletion and a creation at once either wins, and no trial is left without its experiment."""
    for _ in range(20):
        name, inner = experiment(), fresh("trial")

        def create(name=name, inner=inner):
            try:
                server.client("sagemaker").create_trial(TrialName=inner, ExperimentName=name)
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ResourceNotFound"

        other = threading.Thread(target=create)
        other.start()
        try:
            sagemaker.delete_experiment(ExperimentName=name)
            is_deleted = True
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ValidationException"
            is_deleted = False
        other.join()
        if is_deleted:
            assert refusal(partial(sagemaker.describe_trial, TrialName=inner))[0] == "ResourceNotFound"
        else:
            assert names(sagemaker.list_trials(ExperimentName=name), "Trial") == [inner]


def test_lists_are_by_time_the_newest_first_and_narrowed_by_what_holds_them(sagemaker, experiment, trial, component):
    one, other = experiment(), experiment()
    trials = [trial(one) for _ in range(3)]
    trial(other)
    shared = component(*trials)
    own = [component(each) for each in trials]
    assert names(sagemaker.list_experiments(MaxResults=2), "Experiment") == [other, one]
    assert names(sagemaker.list_trials(ExperimentName=one), "Trial") == trials[::-1]
    assert names(sagemaker.list_trials(ExperimentName=one, SortOrder="Ascending"), "Trial") == trials
    assert names(sagemaker.list_trials(TrialComponentName=shared), "Trial") == trials[::-1]
    assert names(sagemaker.list_trial_components(TrialName=trials[0]), "TrialComponent") == [own[0], shared]
    assert names(sagemaker.list_trial_components(ExperimentName=one), "TrialComponent") == [*own[::-1], shared]
    after = sagemaker.describe_trial(TrialName=trials[0])["CreationTime"]
    assert names(sagemaker.list_trials(ExperimentName=one, CreatedAfter=after), "Trial") == trials[:0:-1]


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
@pytest.mark.parametrize("by", ["Name", "CreationTime"])
def test_pages_hold_everything_once(sagemaker, experiment, trial, component, by, order):
    parent = experiment()
    trials = [trial(parent), trial(parent)]
    made = sorted(component(*trials) for _ in range(7))
    request = {"SortBy": by, "SortOrder": order, "PaginationConfig": {"PageSize": 3}}
    for within in ({"ExperimentName": parent}, {"TrialName": trials[1]}):
        pages = list(sagemaker.get_paginator("list_trial_components").paginate(**within, **request))
        found = [name for page in pages for name in names(page, "TrialComponent")]
        assert (len(pages), sorted(found)) == (3, made)
        if by == "Name":
            assert found == (made if order == "Ascending" else made[::-1])


def test_filters_that_exclude_each_other_and_foreign_tokens_are_refused(sagemaker, experiment):
    name = experiment()
    for call, request, text in (
        (
            sagemaker.list_trial_components,
            {"ExperimentName": name, "TrialName": "t"},
            "at most one of ExperimentName, TrialName and SourceArn, got ExperimentName and TrialName",
        ),
        (sagemaker.list_trials, {"ExperimentName": name, "TrialComponentName": "c"}, "at most one of them"),
        (sagemaker.list_trial_components, {"ExperimentName": name, "NextToken": "!"}, "Invalid NextToken"),
        (sagemaker.list_trials, {"NextToken": "x"}, "Invalid NextToken"),
    ):
        code, message = refusal(partial(call, **request))
        assert (code, text in message) == ("ValidationException", True), message


def test_permissions_are_on_what_is_touched(sagemaker, experiment, trial, component, user):
    mine, other = experiment(), experiment()
    inner, thing = trial(mine), component()
    _, clients = user(
        allow("sagemaker:*Experiment", f"{ARN}:experiment/{mine}"),
        allow("sagemaker:*Trial*", f"{ARN}:experiment-trial/{inner}"),
    )
    own = clients("sagemaker")
    assert own.describe_experiment(ExperimentName=mine)["ExperimentName"] == mine
    for call, request in (
        (own.describe_experiment, {"ExperimentName": other}),
        (own.associate_trial_component, {"TrialName": inner, "TrialComponentName": thing}),
        (own.create_trial, {"TrialName": "new", "ExperimentName": mine}),
        (own.list_experiments, {}),
        (own.search, {"Resource": "Experiment"}),
    ):
        assert refusal(partial(call, **request))[0] == "AccessDeniedException", (call, request)


def test_a_component_is_described_by_its_own_arn_and_by_no_other(sagemaker, component):
    name = component()
    arn = f"{ARN}:experiment-trial-component/{name}"
    for own in (arn, f"{ARN}:experiment-trial-component/{name.upper()}"):
        assert sagemaker.describe_trial_component(TrialComponentName=own)["TrialComponentArn"] == arn
    for other in (
        arn.replace(ACCOUNT, "999999999999"),
        arn.replace("us-east-1", "eu-west-1"),
        arn.replace("experiment-trial-component", "experiment"),
    ):
        assert refusal(partial(sagemaker.describe_trial_component, TrialComponentName=other))[0] == "ResourceNotFound"


def test_what_is_denied_by_an_arn_is_denied_however_it_is_written(component, user):
    name = component()
    arn = f"{ARN}:experiment-trial-component/{name}"
    _, clients = user(allow("sagemaker:*"), deny("sagemaker:*", arn))
    own, written = clients("sagemaker"), f"{ARN}:experiment-trial-component/{name.upper()}"
    for call, request in (
        (own.describe_trial_component, {"TrialComponentName": written}),
        (own.list_tags, {"ResourceArn": written}),
        (own.delete_tags, {"ResourceArn": written, "TagKeys": ["a"]}),
    ):
        assert refusal(partial(call, **request))[0] == "AccessDeniedException", call
