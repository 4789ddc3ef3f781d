"""What all records have in common: made once, found, listed page by page, tagged, removed, guarded by policies."""

import pytest
from policies import allow, refusal
from record_nouns import NOUNS
from server_process import ACCOUNT

each_noun = pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS.keys())
OWNER = [{"Key": "owner", "Value": "ann"}]


@each_noun
def test_it_lives_from_creation_to_removal(noun, client, fresh):
    sagemaker = client("sagemaker")
    name = fresh("some")
    arn = noun.create(sagemaker, name, Tags=OWNER)
    assert arn == f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:{noun.word.replace('_', '-')}/{name}"
    described = noun.describe(sagemaker, name)
    assert described[noun.name] == name
    assert described[noun.arn] == arn
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == OWNER
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "state", "Value": "new"}])
    assert len(sagemaker.list_tags(ResourceArn=arn)["Tags"]) == 2
    assert refusal(lambda: noun.create(sagemaker, name))[0] == noun.duplicate
    noun.delete(sagemaker, name)
    code, text = noun.missing
    for call in (noun.describe, noun.delete):
        found, message = refusal(lambda call=call: call(sagemaker, name))
        assert (found, text in message) == (code, True), message
        assert name in message
    assert refusal(lambda: sagemaker.list_tags(ResourceArn=arn))[0] == "ValidationException"
    noun.create(sagemaker, name)
    noun.delete(sagemaker, name)


@each_noun
def test_its_list_has_pages_filters_and_sorts(noun, client, fresh):
    # No other test makes records in this region.
    sagemaker = client("sagemaker", region="sa-east-1")
    names = [f"{letter}-{fresh('one')}" for letter in "bca"]
    for name in names:
        noun.create(sagemaker, name)
    try:
        assert noun.names(sagemaker, SortOrder="Descending", **by(noun, "CreationTime"))[0] == names[::-1]
        first, token = noun.names(sagemaker, MaxResults=2, SortOrder="Ascending", **by(noun, "CreationTime"))
        query = {"MaxResults": 2, "SortOrder": "Ascending", **by(noun, "CreationTime")}
        assert (first, *noun.names(sagemaker, NextToken=token, **query)) == (names[:2], names[2:], None)
        assert refusal(lambda: noun.names(sagemaker, NextToken=token, CreationTimeAfter=1))[0] == "ValidationException"
        assert noun.names(sagemaker, CreationTimeBefore=1)[0] == []
        if noun.sorts:
            assert noun.names(sagemaker, SortBy="Name", SortOrder="Ascending")[0] == sorted(names)
            assert noun.names(sagemaker, NameContains="B-ONE")[0] == names[:1]
    finally:
        for name in names:
            noun.delete(sagemaker, name)


def by(noun, key):
    return {"SortBy": key} if noun.sorts else {}


DEFAULT_ORDERS = {
    "a code repository": "by name",
    "a lifecycle configuration": "by time",
    "a template": "by time",
    "an algorithm": "by time",
    "a model package": "by time",
}


@pytest.mark.parametrize("which", DEFAULT_ORDERS)
def test_a_list_without_an_order_has_the_one_that_is_documented(which, client, fresh):
    noun, sagemaker = NOUNS[which], client("sagemaker", region="ca-central-1")
    names = [f"{letter}-{fresh('one')}" for letter in "ba"]
    for name in names:
        noun.create(sagemaker, name)
    try:
        assert noun.names(sagemaker)[0] == (sorted(names) if DEFAULT_ORDERS[which] == "by name" else names)
    finally:
        for name in names:
            noun.delete(sagemaker, name)


def test_policies_guard_records_one_by_one(user, client, fresh):
    noun = NOUNS["a code repository"]
    mine, theirs = fresh("mine"), fresh("theirs")
    for name in (mine, theirs):
        noun.create(client("sagemaker"), name)
    _, clients = user(allow("sagemaker:*CodeRepository", f"arn:aws:sagemaker:*:*:code-repository/{mine}"))
    sagemaker = clients("sagemaker")
    assert noun.describe(sagemaker, mine)[noun.name] == mine
    code, text = refusal(lambda: noun.delete(sagemaker, theirs))
    assert code == "AccessDeniedException"
    assert (
        f"sagemaker:DeleteCodeRepository on resource: arn:aws:sagemaker:us-east-1:{ACCOUNT}:code-repository/{theirs}"
        in text
    )
    noun.delete(sagemaker, mine)
    noun.delete(client("sagemaker"), theirs)


GIT_CONFIGS = {
    "a user name in the URL": {"RepositoryUrl": "https://ann@github.com/acme/models"},
    "a password in the URL": {"RepositoryUrl": "https://ann:secret@github.com/acme/models"},
    "a URL that is not https": {"RepositoryUrl": "http://github.com/acme/models"},
    "a secret that is none": {"RepositoryUrl": "https://github.com/acme/models", "SecretArn": "secret"},
}


@pytest.mark.parametrize("config", GIT_CONFIGS.values(), ids=GIT_CONFIGS.keys())
def test_a_code_repository_is_refused_for(config, client, fresh):
    call = lambda: client("sagemaker").create_code_repository(CodeRepositoryName=fresh("code"), GitConfig=config)  # noqa: E731
    code, text = refusal(call)
    assert code == "ValidationException"
    assert "secret@" not in text


def test_only_the_secret_of_a_code_repository_changes(client, fresh):
    sagemaker, name = client("sagemaker"), fresh("code")
    secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:AmazonSageMaker-git"
    before = {"RepositoryUrl": "https://github.com/acme/models", "Branch": "main"}
    sagemaker.create_code_repository(CodeRepositoryName=name, GitConfig=before)
    made = sagemaker.describe_code_repository(CodeRepositoryName=name)
    sagemaker.update_code_repository(CodeRepositoryName=name, GitConfig={"SecretArn": secret})
    changed = sagemaker.describe_code_repository(CodeRepositoryName=name)
    assert changed["GitConfig"] == {**before, "SecretArn": secret}
    assert changed["CreationTime"] == made["CreationTime"]
    assert changed["LastModifiedTime"] > made["LastModifiedTime"]
    newest = {"SortBy": "LastModifiedTime", "SortOrder": "Descending", "MaxResults": 1}
    assert sagemaker.list_code_repositories(**newest)["CodeRepositorySummaryList"][0]["CodeRepositoryName"] == name
    sagemaker.delete_code_repository(CodeRepositoryName=name)


SCRIPTS = {
    "text that is not base64": {"OnStart": [{"Content": "#!/bin/sh"}]},
    "base64 cut short": {"OnCreate": [{"Content": "YWJjZ"}]},
    "more than 16384 characters": {"OnCreate": [{"Content": "YWJj" * 4097}]},
    "no content": {"OnStart": [{}]},
    "two scripts": {"OnStart": [{"Content": "YWJj"}, {"Content": "YWJj"}]},
}


@pytest.mark.parametrize("hooks", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_lifecycle_configuration_is_refused_for(hooks, client, fresh):
    sagemaker = client("sagemaker")
    create = sagemaker.create_notebook_instance_lifecycle_config
    code, _ = refusal(lambda: create(NotebookInstanceLifecycleConfigName=fresh("hooks"), **hooks))
    assert code == "ValidationException"


def test_scripts_of_a_lifecycle_configuration_change_one_by_one(client, fresh):
    sagemaker, name = client("sagemaker"), {"NotebookInstanceLifecycleConfigName": fresh("hooks")}
    old, new = [{"Content": "YWJj" * 4096}], [{"Content": "ZGVm"}]
    sagemaker.create_notebook_instance_lifecycle_config(**name, OnCreate=old, OnStart=old)
    sagemaker.update_notebook_instance_lifecycle_config(**name, OnStart=new)
    described = sagemaker.describe_notebook_instance_lifecycle_config(**name)
    assert (described["OnCreate"], described["OnStart"]) == (old, new)
    sagemaker.delete_notebook_instance_lifecycle_config(**name)
