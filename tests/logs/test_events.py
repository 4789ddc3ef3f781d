"""Log lines written and read by boto3: order, pages in both directions, search over streams."""

import time

import pytest
from policies import allow, policy, refusal


@pytest.fixture
def now():
    return int(time.time() * 1000)


def messages(answer):
    return [event["message"] for event in answer["events"]]


def test_lines_come_back_in_order_with_their_times(logs, group, stream, now):
    name = stream("one", "zwei ünd", "tres", start=now)
    answer = logs.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True)
    assert messages(answer) == ["one", "zwei ünd", "tres"]
    assert [event["timestamp"] for event in answer["events"]] == [now, now + 1, now + 2]
    assert all(abs(event["ingestionTime"] - now) < 60_000 for event in answer["events"])


def test_reading_forward_ends_with_the_token_it_was_given(logs, group, stream, now):
    name = stream(*[str(number) for number in range(5)], start=now)
    where = {"logGroupName": group, "logStreamName": name, "limit": 2}
    found, token = [], None
    while True:
        page = logs.get_log_events(**where, **({"nextToken": token} if token else {"startFromHead": True}))
        found += messages(page)
        if page["nextForwardToken"] == token:
            break
        token = page["nextForwardToken"]
    assert found == ["0", "1", "2", "3", "4"]
    logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=[{"timestamp": now + 9, "message": "5"}])
    assert messages(logs.get_log_events(**where, nextToken=token)) == ["5"]


def test_reading_backward_begins_with_the_newest(logs, group, stream, now):
    name = stream(*[str(number) for number in range(5)], start=now)
    where = {"logGroupName": group, "logStreamName": name, "limit": 2}
    last = logs.get_log_events(**where)
    before = logs.get_log_events(**where, nextToken=last["nextBackwardToken"])
    first = logs.get_log_events(**where, nextToken=before["nextBackwardToken"])
    end = logs.get_log_events(**where, nextToken=first["nextBackwardToken"])
    assert [messages(page) for page in [last, before, first, end]] == [["3", "4"], ["1", "2"], ["0"], []]
    assert end["nextBackwardToken"] == first["nextBackwardToken"]
    again = logs.get_log_events(**where, nextToken=before["nextForwardToken"])
    assert messages(again) == ["3", "4"]


def test_lines_stand_where_their_times_say_whenever_they_are_put(logs, group, stream, now):
    name = stream("c", "e", start=now)
    where = {"logGroupName": group, "logStreamName": name}
    for message, at in {"a": -9, "f": 9, "d": 0.5, "b": -1}.items():
        logs.put_log_events(**where, logEvents=[{"timestamp": now + round(at), "message": message}])
    expected = ["a", "b", "c", "d", "e", "f"]
    assert messages(logs.get_log_events(**where)) == expected
    found, token = [], None
    for _ in expected:
        page = logs.get_log_events(**where, limit=1, startFromHead=True, **({"nextToken": token} if token else {}))
        found += messages(page)
        token = page["nextForwardToken"]
    assert found == expected
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 2})
    assert [messages(page) for page in pages if page["events"]] == [["a", "b"], ["c", "d"], ["e", "f"]]


def test_a_range_of_time_is_half_open(logs, group, stream, now):
    name = stream("a", "b", "c", "d", start=now)
    answer = logs.get_log_events(
        logGroupName=group, logStreamName=name, startTime=now + 1, endTime=now + 3, startFromHead=True
    )
    assert messages(answer) == ["b", "c"]


@pytest.mark.parametrize("token", ["n/" + "0" * 56, "f/1", "nonsense"])
def test_a_token_nobody_gave_is_refused(logs, group, stream, now, token):
    name = stream("a", start=now)
    assert refusal(lambda: logs.get_log_events(logGroupName=group, logStreamName=name, nextToken=token)) == (
        "InvalidParameterException",
        "The specified nextToken is invalid.",
    )


def test_search_merges_streams_by_time_and_pages(logs, group, stream, now):
    even = stream("0", start=now)
    odd = stream("1", start=now + 10)
    for number in range(2, 10):
        name = odd if number % 2 else even
        event = {"timestamp": now + 10 * number, "message": str(number)}
        logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=[event])
    pages = list(logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 3}))
    found = [event for page in pages for event in page["events"]]
    assert [event["message"] for event in found] == [str(number) for number in range(10)]
    assert [event["logStreamName"] for event in found[:3]] == [even, odd, even]
    assert len({event["eventId"] for event in found}) == 10


def test_search_takes_patterns_prefixes_and_times(logs, group, stream, now):
    name = stream("hello", "world", "hello world", '{"level": "error", "code": 7}', start=now)
    other = stream("hello from elsewhere", start=now)

    def search(**more):
        return messages(logs.filter_log_events(logGroupName=group, **more))

    assert search(logStreamNames=[name], filterPattern="hello") == ["hello", "hello world"]
    assert search(logStreamNames=[name], filterPattern='"hello world"') == ["hello world"]
    assert search(logStreamNames=[name], filterPattern="hello -world") == ["hello"]
    assert search(filterPattern='{ $.level = "error" && $.code > 6 }') == ['{"level": "error", "code": 7}']
    assert search(logStreamNamePrefix=other) == ["hello from elsewhere"]
    assert search(logStreamNames=[name], startTime=now + 1, endTime=now + 2) == ["world"]
    assert refusal(lambda: search(filterPattern="{ $.a = "))[0] == "InvalidParameterException"


def test_events_too_new_and_too_old_are_named_and_the_rest_is_kept(logs, group, stream, now):
    hour = 3_600_000
    name = stream(start=now)
    answer = logs.put_log_events(
        logGroupName=group,
        logStreamName=name,
        logEvents=[{"timestamp": now, "message": "kept"}, {"timestamp": now + 3 * hour, "message": "too new"}],
        sequenceToken="any token is taken",
    )
    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    old = [{"timestamp": now - 15 * 24 * hour, "message": "too old"}]
    answer = logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=old)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    assert messages(logs.get_log_events(logGroupName=group, logStreamName=name)) == ["kept"]


def test_acknowledged_lines_survive_a_crash(own_server, now):
    server = own_server()
    logs = server.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    for number in range(20):
        event = {"timestamp": now + number, "message": str(number)}
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])
    server.kill()
    server.start()
    found = server.client("logs").get_log_events(logGroupName="g", logStreamName="s", startFromHead=True)
    assert messages(found) == [str(number) for number in range(20)]


def test_what_is_missing_is_named(logs, group, now):
    event = [{"timestamp": now, "message": "x"}]
    no_group = ("ResourceNotFoundException", "The specified log group does not exist.")
    no_stream = ("ResourceNotFoundException", "The specified log stream does not exist.")
    cases = [
        (lambda: logs.get_log_events(logGroupName="nobody-made-this", logStreamName="s"), no_group),
        (lambda: logs.get_log_events(logGroupName=group, logStreamName="s"), no_stream),
        (lambda: logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=event), no_stream),
        (lambda: logs.filter_log_events(logGroupName="nobody-made-this"), no_group),
        (lambda: logs.filter_log_events(logGroupName=group, logStreamNames=["s"]), no_stream),
        (lambda: logs.describe_log_streams(logGroupName="nobody-made-this"), no_group),
        (lambda: logs.create_log_stream(logGroupName="nobody-made-this", logStreamName="s"), no_group),
    ]
    for call, expected in cases:
        assert refusal(call) == expected


def test_one_stream_may_be_opened_to_a_user(logs, client, server, group, stream, fresh, now):
    name, iam, user = stream("a", start=now), client("iam"), fresh("reader")
    other = stream("b", start=now)
    iam.create_user(UserName=user)
    arn = f"arn:aws:logs:us-east-1:*:log-group:{group}:log-stream:{name}"
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy(allow("logs:GetLogEvents", arn)))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    reader = server.client("logs", keys=(key["AccessKeyId"], key["SecretAccessKey"]))
    try:
        assert messages(reader.get_log_events(logGroupName=group, logStreamName=name)) == ["a"]
        code, text = refusal(lambda: reader.get_log_events(logGroupName=group, logStreamName=other))
        assert code == "AccessDeniedException"
        assert f"log-group:{group}:log-stream:{other} because no identity-based policy" in text
    finally:
        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName=user, PolicyName="p")
        iam.delete_user(UserName=user)
