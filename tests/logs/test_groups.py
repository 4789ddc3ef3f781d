"""Log groups and streams: lists, retention, tags. Answers as LocalStack recorded them from AWS."""

import time

from policies import refusal
from server_process import ACCOUNT


def test_a_group_is_told_as_it_was_made(logs, group):
    [found] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert {name: value for name, value in found.items() if name != "creationTime"} == {
        "logGroupName": group,
        "arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:*",
        "logGroupArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}",
        "logGroupClass": "STANDARD",
        "metricFilterCount": 0,
        "storedBytes": 0,
        "deletionProtectionEnabled": False,
    }
    assert abs(found["creationTime"] / 1000 - time.time()) < 60
    assert refusal(lambda: logs.create_log_group(logGroupName=group)) == (
        "ResourceAlreadyExistsException",
        "The specified log group already exists",
    )


def test_groups_are_found_by_prefix_or_pattern_and_page(logs, fresh):
    stem = fresh("stem")
    names = [f"{stem}/{letter}" for letter in "abcde"]
    for name in names:
        logs.create_log_group(logGroupName=name)
    try:
        pages = logs.get_paginator("describe_log_groups").paginate(
            logGroupNamePrefix=stem, PaginationConfig={"PageSize": 2}
        )
        assert [[group["logGroupName"] for group in page["logGroups"]] for page in pages] == [
            names[0:2],
            names[2:4],
            names[4:],
        ]
        by_pattern = logs.describe_log_groups(logGroupNamePattern=f"{stem[1:]}/C".upper())["logGroups"]
        assert [group["logGroupName"] for group in by_pattern] == [names[2]]
        assert refusal(lambda: logs.describe_log_groups(logGroupNamePrefix="a", logGroupNamePattern="b")) == (
            "InvalidParameterException",
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        )
    finally:
        for name in names:
            logs.delete_log_group(logGroupName=name)


def test_a_deleted_group_takes_its_streams_along(logs, fresh):
    name = fresh("group")
    for _ in range(2):
        logs.create_log_group(logGroupName=name)
        assert logs.describe_log_streams(logGroupName=name)["logStreams"] == []
        logs.create_log_stream(logGroupName=name, logStreamName="s")
        logs.delete_log_group(logGroupName=name)
    assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"] == []


def test_streams_are_listed_by_name_or_by_last_event(logs, group, stream):
    now = int(time.time() * 1000)
    older, newer, empty = stream("x", start=now - 1000), stream("x", start=now), stream(start=now)

    def listed(**more):
        pages = logs.get_paginator("describe_log_streams").paginate(
            logGroupName=group, PaginationConfig={"PageSize": 2}, **more
        )
        return [found["logStreamName"] for page in pages for found in page["logStreams"]]

    assert listed() == sorted([older, newer, empty])
    assert listed(descending=True) == sorted([older, newer, empty], reverse=True)
    assert listed(orderBy="LastEventTime", descending=True) == [newer, older, empty]
    assert listed(logStreamNamePrefix=older) == [older]
    [facts] = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=newer)["logStreams"]
    assert (facts["firstEventTimestamp"], facts["lastEventTimestamp"]) == (now, now)
    assert facts["arn"] == f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:log-stream:{newer}"
    code, _ = refusal(
        lambda: logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", logStreamNamePrefix="a")
    )
    assert code == "InvalidParameterException"


def test_retention_hides_older_lines(logs, group, stream):
    now = int(time.time() * 1000)
    day = 86_400_000
    name = stream("old", start=now - 3 * day)
    logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=[{"timestamp": now, "message": "new"}])
    logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 1
    answer = logs.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True)
    assert [event["message"] for event in answer["events"]] == ["new"]
    found = logs.filter_log_events(logGroupName=group)
    assert [event["message"] for event in found["events"]] == ["new"]
    late = [{"timestamp": now - 2 * day, "message": "late"}]
    rejected = logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=late)["rejectedLogEventsInfo"]
    assert rejected == {"expiredLogEventEndIndex": 1}
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    assert refusal(lambda: logs.put_retention_policy(logGroupName=group, retentionInDays=2))[0] == (
        "InvalidParameterException"
    )


def test_tags_are_added_and_removed(logs, fresh):
    name = fresh("group")
    logs.create_log_group(logGroupName=name, tags={"env": "testing1"})
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}"
    try:
        assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"env": "testing1"}
        logs.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
        logs.untag_resource(resourceArn=arn, tagKeys=["env", "a"])
        assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    finally:
        logs.delete_log_group(logGroupName=name)


def test_groups_are_per_region(client, group):
    assert client("logs", region="eu-west-1").describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []


def test_groups_are_listed_by_the_beginning_or_a_part_of_their_names(logs, fresh):
    stem = fresh("listed")
    names = {f"{stem}-one": "STANDARD", f"{stem}-two": "INFREQUENT_ACCESS"}
    for name, kind in names.items():
        logs.create_log_group(logGroupName=name, logGroupClass=kind)
    try:
        found = logs.list_log_groups(logGroupNamePattern=f"^{stem}")["logGroups"]
        assert {one["logGroupName"]: one["logGroupClass"] for one in found} == names
        [one] = logs.list_log_groups(logGroupNamePattern=f"{stem[3:]}-two|nowhere")["logGroups"]
        assert one["logGroupArn"] == f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{stem}-two"
        [one] = logs.describe_log_groups(logGroupNamePrefix=stem, logGroupClass="INFREQUENT_ACCESS")["logGroups"]
        assert one["logGroupName"] == f"{stem}-two"
        number = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
        given = {"filterName": "f", "filterPattern": "", "metricTransformations": [number]}
        code, _ = refusal(lambda: logs.put_metric_filter(logGroupName=f"{stem}-two", **given))
        assert code == "InvalidOperationException"
    finally:
        for name in names:
            logs.delete_log_group(logGroupName=name)


def test_a_group_is_protected_from_deletion(logs, fresh):
    name = fresh("protected")
    logs.create_log_group(logGroupName=name, deletionProtectionEnabled=True)
    assert refusal(lambda: logs.delete_log_group(logGroupName=name))[0] == "InvalidParameterException"
    logs.put_retention_policy(logGroupName=name, retentionInDays=1)
    logs.delete_retention_policy(logGroupName=name)
    assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["deletionProtectionEnabled"] is True
    logs.put_log_group_deletion_protection(logGroupIdentifier=name, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=name)


def test_a_group_has_a_key(logs, client, group):
    key = client("kms").create_key()["KeyMetadata"]["Arn"]

    def told():
        return logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0].get("kmsKeyId")

    logs.associate_kms_key(logGroupName=group, kmsKeyId=key)
    assert told() == key
    logs.disassociate_kms_key(resourceIdentifier=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}")
    assert told() is None
    missing = key.rsplit("/", 1)[0] + "/00000000-0000-0000-0000-000000000000"
    code, text = refusal(lambda: logs.associate_kms_key(logGroupName=group, kmsKeyId=missing))
    assert code == "InvalidParameterException"
    assert text.startswith("The specified KMS key does not exist or is not allowed to be used with Arn")


def test_old_clients_tag_groups_by_name(logs, group):
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"
    logs.tag_log_group(logGroupName=group, tags={"a": "1", "b": "2"})
    logs.untag_log_group(logGroupName=group, tags=["a"])
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {"b": "2"}
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}


def test_a_group_tells_its_bytes(logs, group, stream):
    stream("x" * 1000, start=int(time.time() * 1000))
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["storedBytes"] > 1000


def test_names_and_identifiers_are_checked_in_the_words_of_aws(logs, group):
    [found] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert logs.describe_log_streams(logGroupIdentifier=found["logGroupArn"])["logStreams"] == []
    pattern = r"[\w#+=/:,.@-]*"
    assert refusal(lambda: logs.describe_log_streams(logGroupIdentifier=found["arn"])) == (
        "InvalidParameterException",
        "1 validation error detected: Value at 'logGroupIdentifier' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {pattern}",
    )
    assert refusal(lambda: logs.create_log_group(logGroupName="x" * 513)) == (
        "InvalidParameterException",
        "Invalid LogGroup or LogStream, both must have length less than or equal to 512.",
    )
