"""Human review: templates given by an address, and flow definitions whose parts are there."""

import copy
import functools
import hashlib
import json
import urllib.error
import urllib.request

import pytest
from policies import allow, refusal
from record_nouns import TEMPLATE, a_flow, a_team
from server_process import ROLE

TEXTRACT = {"AwsManagedHumanLoopRequestSource": "AWS/Textract/AnalyzeDocument/Forms/V1"}
REKOGNITION = {"AwsManagedHumanLoopRequestSource": "AWS/Rekognition/DetectModerationLabels/Image/V3"}


def activation(conditions):
    text = conditions if isinstance(conditions, str) else json.dumps({"Conditions": conditions})
    return {"HumanLoopActivationConditionsConfig": {"HumanLoopActivationConditions": text}}


def sampling(percentage):
    return {"ConditionType": "Sampling", "ConditionParameters": {"RandomSamplingPercentage": percentage}}


@pytest.fixture
def parts(sagemaker):
    """ARNs of a team and a template."""
    team = sagemaker.create_workteam(**a_team("Dock"))["WorkteamArn"]
    ui = sagemaker.create_human_task_ui(HumanTaskUiName="check", UiTemplate={"Content": TEMPLATE})
    return team, ui["HumanTaskUiArn"]


def read(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def test_a_template_is_read_at_its_address_by_who_knows_it(client, fresh):
    sagemaker, name = client("sagemaker"), fresh("ui")
    content = TEMPLATE + "<p>ü</p>"
    sagemaker.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": content})
    described = sagemaker.describe_human_task_ui(HumanTaskUiName=name)
    assert described["HumanTaskUiStatus"] == "Active"
    template = described["UiTemplate"]
    assert template["ContentSha256"] == hashlib.sha256(content.encode()).hexdigest()
    status, text, headers = read(template["Url"])
    assert (status, text) == (200, content)
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "sandbox" in headers["Content-Security-Policy"]
    last = "0" if template["Url"][-1] != "0" else "1"
    assert read(template["Url"][:-1] + last)[0] == 404
    sagemaker.delete_human_task_ui(HumanTaskUiName=name)
    assert read(template["Url"])[0] == 404


def test_a_template_is_rendered_with_objects_that_the_role_may_read(client, bucket, fresh):
    sagemaker, name = client("sagemaker"), fresh("ui")
    client("s3").put_object(Bucket=bucket, Key="in/a b&c.txt", Body=b"an object")
    content = "{% capture at %}http://s3.amazonaws.com/{{ task.input.bucket }}/{{ task.input.key }}{% endcapture %}"
    content += "{{ task.input.text }} {{ at | grant_read_access }}"
    task = {"Input": json.dumps({"text": "<b>", "bucket": bucket, "key": "in/a b&c.txt"})}
    arn = sagemaker.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": content})["HumanTaskUiArn"]
    rendered = sagemaker.render_ui_template(UiTemplate={"Content": content}, Task=task, RoleArn=ROLE)
    assert rendered["Errors"] == []
    text, url = rendered["RenderedContent"].split(" ", 1)
    assert text == "&lt;b&gt;"
    assert read(url)[:2] == (200, "an object")
    assert read(url.replace("a%20b", "other"))[0] == 403
    kept = sagemaker.render_ui_template(HumanTaskUiArn=arn, Task=task, RoleArn=ROLE)
    assert kept["RenderedContent"].startswith("&lt;b&gt; http")
    wrong = sagemaker.render_ui_template(UiTemplate={"Content": "{{ 'a' | shout }}"}, Task=task, RoleArn=ROLE)
    assert "shout" in wrong["Errors"][0]["Message"]
    sagemaker.delete_human_task_ui(HumanTaskUiName=name)
    refused = {
        "neither a template nor a UI": ("ValidationException", {}),
        "both": ("ValidationException", {"HumanTaskUiArn": arn, "UiTemplate": {"Content": content}}),
        "a UI that is gone": ("ResourceNotFound", {"HumanTaskUiArn": arn}),
        "data that is not JSON": ("ValidationException", {"UiTemplate": {"Content": "a"}, "Task": {"Input": "{a"}}),
        "a role that is not there": ("ValidationException", {"UiTemplate": {"Content": "a"}, "RoleArn": ROLE + "s"}),
    }
    for why, (code, change) in refused.items():
        call = functools.partial(sagemaker.render_ui_template, **{"Task": task, "RoleArn": ROLE, **change})
        assert refusal(call)[0] == code, why


@pytest.mark.parametrize("at", ["s3://'><img src=x>/k", "https://'><img src=x>.s3.amazonaws.com/k", "s3://pictures"])
def test_no_page_is_made_with_an_address_of_what_is_no_object(client, at):
    template = {"Content": "{{ task.input.at | grant_read_access }}"}
    task = {"Input": json.dumps({"at": at})}
    rendered = client("sagemaker").render_ui_template(UiTemplate=template, Task=task, RoleArn=ROLE)
    assert rendered["RenderedContent"] == ""
    assert "expected s3://bucket/key" in rendered["Errors"][0]["Message"]


def test_a_template_is_rendered_only_under_a_role_that_the_caller_may_pass(user):
    _, clients = user(allow("sagemaker:RenderUiTemplate"))
    render = clients("sagemaker").render_ui_template
    request = {"UiTemplate": {"Content": "a"}, "Task": {"Input": "{}"}, "RoleArn": ROLE}
    code, text = refusal(lambda: render(**request))
    assert (code, "iam:PassRole" in text) == ("AccessDeniedException", True)


def test_a_flow_definition_is_active_and_given_back(sagemaker, parts):
    conditions = [{"Or": [sampling(5), {"And": [sampling(0.01), sampling(100)]}]}]
    more = {"HumanLoopRequestSource": REKOGNITION, "HumanLoopActivationConfig": activation(conditions)}
    request = a_flow("flow", *parts, **more)
    arn = sagemaker.create_flow_definition(**request, Tags=[{"Key": "a", "Value": "b"}])["FlowDefinitionArn"]
    described = sagemaker.describe_flow_definition(FlowDefinitionName="flow")
    assert (described["FlowDefinitionArn"], described["FlowDefinitionStatus"]) == (arn, "Active")
    expected = copy.deepcopy(request)
    expected["HumanLoopConfig"]["TaskTimeLimitInSeconds"] = 3600
    assert {key: described[key] for key in request} == expected
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    [listed] = sagemaker.list_flow_definitions()["FlowDefinitionSummaries"]
    assert (listed["FlowDefinitionName"], listed["FlowDefinitionStatus"]) == ("flow", "Active")
    assert refusal(lambda: sagemaker.create_flow_definition(**request))[0] == "ResourceInUse"
    # A template and a team that a flow definition names may go.
    sagemaker.delete_human_task_ui(HumanTaskUiName="check")
    sagemaker.delete_workteam(WorkteamName="Dock")
    sagemaker.delete_flow_definition(FlowDefinitionName="flow")
    for call in (sagemaker.describe_flow_definition, sagemaker.delete_flow_definition):
        assert refusal(lambda call=call: call(FlowDefinitionName="flow"))[0] == "ResourceNotFound"
    assert sagemaker.list_flow_definitions()["FlowDefinitionSummaries"] == []


CONDITIONS = {
    "text that is not JSON": "{",
    "no list of conditions": "{}",
    "a type of the other task": [{"ConditionType": "ModerationLabelConfidenceCheck"}],
    "no type": [{"ConditionParameters": {}}],
    "one condition in And": [{"And": [sampling(5)]}],
    "And and Or three deep": [{"And": [sampling(1), {"Or": [sampling(1), {"And": [sampling(1), sampling(1)]}]}]}],
    "a percentage above 100": [sampling(100.5)],
    "a percentage of 0": [sampling(0)],
    "a condition that is a text": ["Sampling"],
}


def test_conditions_are_refused_for(sagemaker, parts):
    for why, conditions in CONDITIONS.items():
        more = {"HumanLoopRequestSource": TEXTRACT, "HumanLoopActivationConfig": activation(conditions)}
        code, text = refusal(lambda more=more: sagemaker.create_flow_definition(**a_flow("flow", *parts, **more)))
        assert (code, "HumanLoopActivationConditions" in text) == ("ValidationException", True), why


def test_a_flow_definition_is_refused_for(sagemaker, parts):
    team, template = parts
    loop = a_flow("flow", *parts)["HumanLoopConfig"]
    public = team.replace(team.split(":")[4], "394669845002").replace("private-crowd/dock", "public-crowd/default")
    price = {"AmountInUsd": {"Dollars": 0, "Cents": 1, "TenthFractionsOfACent": 2}}
    cases = {
        "a team that is not there": {"HumanLoopConfig": {**loop, "WorkteamArn": team + "s"}},
        "the public": {"HumanLoopConfig": {**loop, "WorkteamArn": public, "PublicWorkforceTaskPrice": price}},
        "a price for a private team": {"HumanLoopConfig": {**loop, "PublicWorkforceTaskPrice": price}},
        "a template that is not there": {"HumanLoopConfig": {**loop, "HumanTaskUiArn": template + "s"}},
        "four workers": {"HumanLoopConfig": {**loop, "TaskCount": 4}},
        "a task of nine hours": {"HumanLoopConfig": {**loop, "TaskTimeLimitInSeconds": 32400}},
        "tasks on offer for eleven days": {"HumanLoopConfig": {**loop, "TaskAvailabilityLifetimeInSeconds": 950400}},
        "a role that is not there": {"RoleArn": ROLE + "s"},
        "conditions of a custom task": {"HumanLoopActivationConfig": activation([sampling(5)])},
    }
    found = {
        why: refusal(lambda c=change: sagemaker.create_flow_definition(**{**a_flow("flow", *parts), **c}))[0]
        for why, change in cases.items()
    }
    assert found == dict.fromkeys(cases, "ValidationException")


def test_a_policy_may_ask_which_crowd_reviews(client, user, fresh):
    sagemaker, name = client("sagemaker", region="af-south-1"), fresh("flow")
    team = sagemaker.create_workteam(**a_team(fresh("team")))["WorkteamArn"]
    template = sagemaker.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": TEMPLATE})["HumanTaskUiArn"]
    for crowd, expected in (("vendor-crowd", "AccessDeniedException"), ("private-crowd", None)):
        only = {"StringEquals": {"sagemaker:WorkteamType": crowd}}
        _, clients = user(allow("sagemaker:CreateFlowDefinition", Condition=only), allow("iam:PassRole", ROLE))
        create = clients("sagemaker", region="af-south-1").create_flow_definition
        if expected:
            assert refusal(lambda make=create: make(**a_flow(name, team, template)))[0] == expected
        else:
            create(**a_flow(name, team, template))
