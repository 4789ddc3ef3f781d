"""Search and GetSearchSuggestions: the whole grammar, over everything that can be searched."""

import threading
import uuid
from functools import partial

import pytest
from experiment_jobs import BUCKET, METRIC, training
from policies import refusal
from server_process import ROLE
from xgboost_jobs import IMAGE, create_endpoint, ended_job, settled_endpoint

MEMBERS = {
    "Experiment": "Experiment",
    "ExperimentTrial": "Trial",
    "ExperimentTrialComponent": "TrialComponent",
    "TrainingJob": "TrainingJob",
    "Endpoint": "Endpoint",
}


def where(*filters, **more):
    """A SearchExpression of filters in brief: (name, operator, value) or (name, operator)."""
    keys = ("Name", "Operator", "Value")
    return {**({"Filters": [dict(zip(keys, each, strict=False)) for each in filters]} if filters else {}), **more}


def found(sagemaker, resource, expression, **more):
    """Names of all results, in order, over all pages."""
    names, request = [], {"Resource": resource, "SearchExpression": expression, **more}
    member = MEMBERS[resource]
    while True:
        page = sagemaker.search(**request)
        names += [result[member][f"{member}Name"] for result in page["Results"]]
        if "NextToken" not in page:
            return names
        request["NextToken"] = page["NextToken"]


@pytest.fixture(scope="module")
def world(server):
    """Two experiments; in the first two trials and four components, `common` in both trials, `alone` in none."""
    sagemaker = server.client("sagemaker")
    mark = uuid.uuid4().hex[:8]
    one, other = f"First-{mark}", f"Second-{mark}"
    sagemaker.create_experiment(ExperimentName=one, Tags=[{"Key": "team", "Value": "red team"}])
    sagemaker.create_experiment(ExperimentName=other, Description="none")
    trials = [f"trial-{number}-{mark}" for number in (1, 2)]
    for name in trials:
        sagemaker.create_trial(TrialName=name, ExperimentName=one)
    components = {
        "common": (
            {"rate": {"NumberValue": 0.5}, "kind": {"StringValue": "tree"}},
            {"Key": "stage", "Value": "prepare"},
        ),
        "small": ({"rate": {"NumberValue": 2.0}, "kind": {"StringValue": "tree"}}, {"Key": "stage", "Value": "fit"}),
        "large": ({"rate": {"NumberValue": 10.0}, "kind": {"StringValue": "forest"}}, {"Key": "stage", "Value": "fit"}),
        "alone": ({"rate": {"NumberValue": 10.0}, "version": {"StringValue": "1.10"}}, {"Key": "a.b", "Value": "2.0"}),
    }
    for name, (parameters, tag) in components.items():
        sagemaker.create_trial_component(
            TrialComponentName=f"{name}-{mark}",
            DisplayName=f"The-{name}",
            Parameters=parameters,
            InputArtifacts={"data": {"MediaType": "text/csv", "Value": f"s3://lake/{name}/rows.csv"}},
            Tags=[tag],
        )
    pairs = (("common", 0), ("common", 1), ("small", 0), ("large", 1))
    for name, number in pairs:
        sagemaker.associate_trial_component(TrialComponentName=f"{name}-{mark}", TrialName=trials[number])
    return {"mark": mark, "experiments": [one, other], "trials": trials}


RATE = "Parameters.rate"
# What is sought among the components of `world`, and which are found.
SOUGHT = {
    "equality of text": (where(("Parameters.kind", "Equals", "tree")), "common small"),
    "equality of numbers however written": (where((RATE, "Equals", "2.00")), "small"),
    "equality when no operator is named": ({"Filters": [{"Name": RATE, "Value": "10"}]}, "alone large"),
    "existence when neither operator nor value is": ({"Filters": [{"Name": "Parameters.kind"}]}, "common large small"),
    "inequality, of those too that lack it": (where(("Parameters.kind", "NotEquals", "tree")), "alone large"),
    "numbers above": (where((RATE, "GreaterThan", "2")), "alone large"),
    "numbers from": (where((RATE, "GreaterThanOrEqualTo", "2")), "alone large small"),
    "numbers below": (where((RATE, "LessThan", "2")), "common"),
    "numbers up to": (where((RATE, "LessThanOrEqualTo", "2")), "common small"),
    "a part of a text": (where(("DisplayName", "Contains", "the-s")), "small"),
    "a part of an artifact": (where(("InputArtifacts", "Contains", "lake/large")), "large"),
    "an artifact's place": (where(("InputArtifacts.data.Value", "Equals", "s3://lake/alone/rows.csv")), "alone"),
    "one of several": (where(("Parameters.kind", "In", "forest, bush")), "large"),
    "presence": (where(("Parameters.kind", "Exists")), "common large small"),
    "absence": (where(("Parameters.kind", "NotExists")), "alone"),
    "a tag": (where(("Tags.stage", "Equals", "fit")), "large small"),
    "a tag with a point in its key": (where(("Tags.a.b", "Equals", "2.0")), "alone"),
    "a tag that is not the same text, though the same number": (where(("Tags.a.b", "Equals", "2")), ""),
    "a text that is not another though both are one number": (where(("Parameters.version", "In", "1.1,1.100")), ""),
    "names whatever their case": (where(("parameters.RATE", "LessThan", "1")), "common"),
    "parents": (where(("Parents.TrialName", "Equals", "TRIAL-2")), "common large"),
    "the experiment": (where(("Parents.ExperimentName", "Equals", "FIRST")), "common large small"),
    "several filters, all of which hold": (
        where((RATE, "GreaterThan", "1"), ("Tags.stage", "Equals", "fit")),
        "large small",
    ),
    "several filters, any of which holds": (
        where((RATE, "LessThan", "1"), ("Tags.a.b", "Exists"), Operator="Or"),
        "alone common",
    ),
    "sub-expressions": (
        where(
            ("Parents.ExperimentName", "Equals", "FIRST"),
            SubExpressions=[
                where((RATE, "LessThan", "1"), ("Parameters.kind", "Equals", "forest"), Operator="Or"),
                where(("Tags.stage", "Exists")),
            ],
        ),
        "common large",
    ),
    "nested filters that hold for one element": (
        {
            "NestedFilters": [
                {
                    "NestedPropertyName": "Parents",
                    "Filters": where(
                        ("Parents.TrialName", "Equals", "TRIAL-1"), ("Parents.ExperimentName", "Equals", "FIRST")
                    )["Filters"],
                }
            ]
        },
        "common small",
    ),
    "times": (where(("CreationTime", "GreaterThan", "2020-09-01T00:00:00")), "alone common large small"),
    "times before": (where(("CreationTime", "LessThan", "2020-09-01T00:00:00")), ""),
}


def placed(expression, world):
    """The expression with the names of this run."""
    text = {"FIRST": world["experiments"][0], "TRIAL-1": world["trials"][0], "TRIAL-2": world["trials"][1]}
    if isinstance(expression, dict):
        return {key: placed(value, world) for key, value in expression.items()}
    if isinstance(expression, list):
        return [placed(each, world) for each in expression]
    return text.get(expression, expression)


@pytest.mark.parametrize("what", SOUGHT)
def test_components_are_found_by(what, sagemaker, world):
    expression, expected = SOUGHT[what]
    mine = where(("TrialComponentName", "Contains", world["mark"]))
    both = {"SubExpressions": [mine, placed(expression, world)]}
    names = found(sagemaker, "ExperimentTrialComponent", both)
    assert sorted(name.split("-")[0] for name in names) == expected.split()


def test_experiments_and_trials_are_found(sagemaker, world):
    one, other = world["experiments"]
    mine = ("ExperimentName", "Contains", world["mark"])
    assert found(sagemaker, "Experiment", where(mine, ("Tags.team", "Contains", "RED"))) == [one]
    assert found(sagemaker, "Experiment", where(mine, ("Description", "Equals", "none"))) == [other]
    assert found(sagemaker, "Experiment", where(("ExperimentName", "Equals", one))) == [one]
    trials = found(sagemaker, "ExperimentTrial", where(("ExperimentName", "Equals", one)), SortBy="TrialName")
    assert trials == world["trials"][::-1]
    holds = where(("TrialComponentSummaries.TrialComponentName", "Equals", f"large-{world['mark']}"))
    assert found(sagemaker, "ExperimentTrial", holds) == [world["trials"][1]]


def test_a_result_shows_all_of_a_component(sagemaker, world):
    name = f"common-{world['mark']}"
    expression = where(("TrialComponentName", "Equals", name))
    [result] = sagemaker.search(Resource="ExperimentTrialComponent", SearchExpression=expression)["Results"]
    described = sagemaker.describe_trial_component(TrialComponentName=name)
    one = world["experiments"][0]
    assert set(result) == {"TrialComponent"}
    assert result["TrialComponent"] == {
        **{key: value for key, value in described.items() if key != "ResponseMetadata"},
        "Tags": [{"Key": "stage", "Value": "prepare"}],
        "Parents": [{"TrialName": trial, "ExperimentName": one} for trial in world["trials"]],
    }


@pytest.mark.parametrize(
    ("by", "order", "expected"),
    [
        (RATE, "Ascending", "common small alone large"),
        (RATE, "Descending", "large alone small common"),
        ("Parameters.kind", "Ascending", "large common small alone"),
        ("Parameters.kind", "Descending", "small common large alone"),
        ("CreationTime", "Descending", "alone large small common"),
    ],
)
def test_results_are_sorted_by_any_property_what_lacks_it_last(sagemaker, world, by, order, expected):
    mine = where(("TrialComponentName", "Contains", world["mark"]))
    names = found(sagemaker, "ExperimentTrialComponent", mine, SortBy=by, SortOrder=order, MaxResults=1)
    assert [name.split("-")[0] for name in names] == expected.split()


def test_the_newest_change_comes_first_by_default(sagemaker, experiment, trial, component):
    parent = experiment()
    inner = trial(parent)
    one, other = component(inner), component(inner)
    sagemaker.update_trial_component(TrialComponentName=one, DisplayName="Changed")
    mine = where(("Parents.ExperimentName", "Equals", parent))
    assert found(sagemaker, "ExperimentTrialComponent", mine) == [one, other]


def test_pages_stay_right_while_others_write(server, sagemaker, experiment, trial, component):
    parent = experiment()
    inner = trial(parent)
    made = [component(inner) for _ in range(30)]
    over = threading.Event()

    def write():
        own = server.client("sagemaker")
        for number in range(1000):
            if over.is_set():
                return
            name = f"{inner}-x-{number}"
            own.create_trial_component(TrialComponentName=name)
            own.associate_trial_component(TrialComponentName=name, TrialName=inner)
            own.update_trial_component(TrialComponentName=made[number % 30], DisplayName=f"D{number}")

    other = threading.Thread(target=write)
    other.start()
    try:
        mine = where(("Parents.ExperimentName", "Equals", parent))
        names = found(sagemaker, "ExperimentTrialComponent", mine, SortBy="CreationTime", MaxResults=4)
    finally:
        over.set()
        other.join()
    assert [name for name in names if name in made] == made[::-1]


REFUSED = {
    "a property that there is not": (where(("Colour", "Equals", "red")), "Unknown property name: Colour."),
    "nothing to seek": ({}, "at least one of Filters, NestedFilters and SubExpressions"),
    "an operator without a value": ({"Filters": [{"Name": RATE, "Operator": "Equals"}]}, "must have a Value"),
    "an order of texts": (where((RATE, "LessThan", "many")), "not supported for text"),
    "a time that is none": (where(("CreationTime", "GreaterThan", "yesterday")), 'got "yesterday"'),
    "a time of several that is none": (where(("CreationTime", "In", "2020-09-14T10:00:00,now")), 'got "now"'),
    "two parts of what may have one": (
        where((RATE, "Contains", "a"), ("Parameters.kind", "Contains", "b")),
        "'CONTAINS' operator usage limit of 1 exceeded.",
    ),
    "a nested filter on something else": (
        {"NestedFilters": [{"NestedPropertyName": "Parents", "Filters": where((RATE, "Exists"))["Filters"]}]},
        'begin with "Parents."',
    ),
    "too many conditions": (
        {"SubExpressions": [where(*[(RATE, "Exists")] * 17)] * 3},
        "at most 50 conditions",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_search_is_refused_for(what, sagemaker):
    expression, text = REFUSED[what]
    call = partial(sagemaker.search, Resource="ExperimentTrialComponent", SearchExpression=expression)
    code, message = refusal(call)
    assert (code, text in message) == ("ValidationException", True), message


def test_tokens_of_other_searches_sorts_and_resources_are_refused(sagemaker, world):
    mine = where(("ExperimentName", "Contains", world["mark"]))
    request = {"Resource": "Experiment", "SearchExpression": mine, "MaxResults": 1}
    token = sagemaker.search(**request)["NextToken"]
    assert sagemaker.search(**request, CrossAccountFilterOption="SameAccount")["NextToken"] == token
    for changes, text in (
        ({"NextToken": "x"}, "Invalid NextToken"),
        ({"NextToken": token[:-4]}, "Invalid NextToken"),
        ({"NextToken": token, "SortOrder": "Ascending"}, "Invalid NextToken"),
        ({"SortBy": "Colour"}, "Unknown property name"),
        ({"Resource": "Pipeline"}, "searching for Pipeline is not yet available"),
        ({"CrossAccountFilterOption": "CrossAccount"}, "searching in other accounts is not yet available"),
    ):
        code, message = refusal(partial(sagemaker.search, **{**request, **changes}))
        assert (code, text in message) == ("ValidationException", True), message


def test_training_jobs_and_their_components_are_found_by_what_they_used_and_reached(sagemaker, s3, experiment, fresh):
    parent = experiment()
    name = fresh("Train")
    changes = {
        "HyperParameters": {"max_depth": "7", "objective": "reg:squarederror"},
        "Tags": [{"Key": "project", "Value": name}],
        "ExperimentConfig": {"ExperimentName": parent},
    }
    job = ended_job(sagemaker, training(sagemaker, s3, name, **changes))
    channel = where(
        ("InputDataConfig.ChannelName", "Equals", "code"),
        ("InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", f"{BUCKET}/code/{name}"),
    )
    nested = {"NestedPropertyName": "InputDataConfig", "Filters": channel["Filters"]}
    for expression in (
        where(("Tags.project", "Equals", name)),
        where(("HyperParameters.max_depth", "GreaterThan", "6"), ("TrainingJobName", "Contains", name)),
        where((f"Metrics.{METRIC}", "Equals", "3"), ("Tags.project", "Equals", name)),
        where(("ModelArtifacts.S3ModelArtifacts", "Equals", job["ModelArtifacts"]["S3ModelArtifacts"])),
        where(("TrainingJobStatus", "In", "Completed,Failed"), NestedFilters=[nested]),
    ):
        assert found(sagemaker, "TrainingJob", expression) == [name], expression
    [result] = sagemaker.search(Resource="TrainingJob", SearchExpression=where(("TrainingJobName", "Equals", name)))[
        "Results"
    ]
    shown = result["TrainingJob"]
    assert shown["Tags"] == changes["Tags"]
    assert {metric["MetricName"]: metric["Value"] for metric in shown["FinalMetricDataList"]} == {METRIC: 3.0}
    assert {key: job[key] for key in shown if key in job} == {key: shown[key] for key in shown if key in job}
    highest = where((f"Metrics.{METRIC}.Max", "Equals", "4"), ("Parents.ExperimentName", "Equals", parent))
    component = f"{name}-aws-training-job"
    assert found(sagemaker, "ExperimentTrialComponent", highest, SortBy=f"Metrics.{METRIC}.Min") == [component]
    by_source = where(("Source.SourceArn", "Equals", job["TrainingJobArn"]))
    [result] = sagemaker.search(Resource="ExperimentTrialComponent", SearchExpression=by_source)["Results"]
    detail = result["TrialComponent"]["SourceDetail"]
    assert (detail["SourceArn"], detail["TrainingJob"]["TrainingJobName"]) == (job["TrainingJobArn"], name)


def test_endpoints_are_found(sagemaker, fresh):
    name = fresh("endpoint")
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE})
    create_endpoint(sagemaker, name, name)
    sagemaker.add_tags(
        ResourceArn=sagemaker.describe_endpoint(EndpointName=name)["EndpointArn"], Tags=[{"Key": "for", "Value": name}]
    )
    assert found(sagemaker, "Endpoint", where(("Tags.for", "Equals", name), ("EndpointStatus", "Exists"))) == [name]
    settled_endpoint(sagemaker, name)
    sagemaker.delete_endpoint(EndpointName=name)


def test_suggestions_have_the_hint_somewhere_in_them(sagemaker, world):
    assert world

    def suggested(resource, hint):
        query = {"PropertyNameQuery": {"PropertyNameHint": hint}}
        answer = sagemaker.get_search_suggestions(Resource=resource, SuggestionQuery=query)
        return [each["PropertyName"] for each in answer["PropertyNameSuggestions"]]

    assert suggested("ExperimentTrialComponent", "RAT") == ["MetadataProperties.GeneratedBy", "parameters.rate"]
    assert suggested("ExperimentTrialComponent", "tags.sta") == ["tags.stage"]
    assert suggested("Experiment", "descr") == ["Description"]
    assert "TrainingJobName" in suggested("TrainingJob", "")
    assert suggested("TrainingJob", "nothing like it") == []
    assert suggested("TrainingJob", "source.s3uri") == ["InputDataConfig.DataSource.S3DataSource.S3Uri"]
    assert suggested("TrainingJob", "S3Model") == ["ModelArtifacts.S3ModelArtifacts"]
    parents = ["Parents", "Parents.ExperimentName", "Parents.TrialName"]
    assert suggested("ExperimentTrialComponent", "parents") == parents
