"""Logs Insights through boto3: queries run behind their calls, their rows, their errors, what becomes of them."""

import contextlib
import time

import pytest
from policies import allow, refusal
from server_process import wait_until


@pytest.fixture
def now():
    return int(time.time() * 1000)


@pytest.fixture
def ask(logs, group, now):
    """ask("fields …") starts a query over the group and waits for its end: its answer."""

    def run(query, **more):
        started = {"startTime": now // 1000 - 600, "endTime": now // 1000 + 600, "queryString": query}
        where = {} if "logGroupNames" in more or "logGroupIdentifiers" in more else {"logGroupName": group}
        return ended(logs, logs.start_query(**{**started, **where, **more})["queryId"])

    return run


def ended(logs, query_id):
    found = {}

    def is_over():
        found.update(logs.get_query_results(queryId=query_id))
        return found["status"] not in ("Scheduled", "Running")

    wait_until(is_over, 30, "the query has ended")
    return found


def table(answer):
    return [{cell["field"]: cell["value"] for cell in row if cell["field"] != "@ptr"} for row in answer["results"]]


LINES = [
    '{"level": "info", "ms": 10, "user": {"name": "ann"}}',
    '{"level": "error", "ms": 30, "user": {"name": "bob"}}',
    "no JSON at all",
    '{"level": "error", "ms": 50}',
]


def test_a_query_gives_rows_statistics_and_a_pointer_to_each_event(logs, group, stream, ask, now):
    name = stream(*LINES, start=now)
    answer = ask('fields @timestamp, ms, user.name | filter level = "error" | sort ms desc')
    assert answer["status"] == "Complete"
    assert [(row.get("ms"), row.get("user.name")) for row in table(answer)] == [("50", None), ("30", "bob")]
    assert answer["statistics"]["recordsMatched"] == 2
    assert answer["statistics"]["recordsScanned"] == 4
    assert answer["statistics"]["bytesScanned"] == sum(map(len, LINES))
    assert answer["statistics"]["logGroupsScanned"] == 1
    pointer = next(cell["value"] for cell in answer["results"][1] if cell["field"] == "@ptr")
    record = logs.get_log_record(logRecordPointer=pointer)["logRecord"]
    assert record["@message"] == LINES[1]
    assert (record["user.name"], record["ms"], record["@logStream"]) == ("bob", "30", name)
    assert record["@timestamp"] == str(now + 1)
    assert record["@log"].endswith(f":{group}")
    fields = {one["name"]: one["percent"] for one in logs.get_log_group_fields(logGroupName=group)["logGroupFields"]}
    assert (fields["@message"], fields["level"], fields["user.name"]) == (100, 75, 50)


def test_stats_over_several_groups_and_streams(logs, group, stream, ask, fresh, now):
    other = fresh("group")
    logs.create_log_group(logGroupName=other)
    try:
        stream(*LINES, start=now)
        stream(*LINES, start=now + 1000)
        logs.create_log_stream(logGroupName=other, logStreamName="s")
        logs.put_log_events(logGroupName=other, logStreamName="s", logEvents=[{"timestamp": now, "message": LINES[0]}])
        query = "stats count(*) as n, sum(ms) as total by @log | sort n"
        rows = table(ask(query, logGroupNames=[group, other]))
        assert [(row["n"], row["total"]) for row in rows] == [("1", "10"), ("8", "180")]
        arns = [one["logGroupArn"] for one in logs.describe_log_groups(logGroupNamePrefix=other)["logGroups"]]
        assert table(ask("stats count(*) as n", logGroupIdentifiers=arns)) == [{"n": "1"}]
    finally:
        logs.delete_log_group(logGroupName=other)


def test_the_span_of_time_and_the_limit_hold(logs, stream, ask, now):
    stream(*[f"line {number}" for number in range(5)], start=now)
    assert len(table(ask("fields @message", limit=2))) == 2
    assert table(ask("fields @message | limit 1", limit=3)) == [{"@message": "line 4"}]
    assert table(ask("fields @message", startTime=now // 1000 + 60)) == []


def test_queries_are_listed_as_aws_tells_them(logs, group, ask, now):
    ask("fields @message")
    (found,) = logs.describe_queries(logGroupName=group)["queries"]
    span = f"START={now // 1000 - 600}000 END={now // 1000 + 600}999"
    assert found["queryString"] == f'SOURCE "{group}" {span} | fields @message'
    assert (found["status"], found["queryLanguage"], found["logGroupName"]) == ("Complete", "CWLI", group)
    assert logs.describe_queries(logGroupName=group, status="Scheduled")["queries"] == []
    assert logs.describe_queries(logGroupName="nobody-made-this")["queries"] == []


def test_what_cannot_be_asked_is_refused(logs, group, ask, now):
    code, text = refusal(lambda: ask("fields @message | shout"))
    assert code == "MalformedQueryException"
    assert "expected one of fields" in text
    with pytest.raises(logs.exceptions.MalformedQueryException) as raised:
        ask("filter (a")
    assert raised.value.response["queryCompileError"]["location"] == {"startCharOffset": 9, "endCharOffset": 9}
    code, text = refusal(lambda: ask("fields @message", logGroupNames=["nobody-made-this"]))
    assert code == "ResourceNotFoundException"
    assert text.startswith("Log group 'nobody-made-this' does not exist for account ID '123456789012'")
    assert refusal(lambda: ask("fields a", startTime=now // 1000 + 999))[0] == "InvalidParameterException"
    assert refusal(lambda: ask("fields a", queryLanguage="SQL"))[0] == "InvalidParameterException"
    assert refusal(lambda: logs.get_query_results(queryId="nobody-made-this"))[0] == "ResourceNotFoundException"
    assert refusal(lambda: logs.stop_query(queryId="nobody-made-this"))[0] == "ResourceNotFoundException"
    assert refusal(lambda: logs.get_log_record(logRecordPointer="nonsense"))[0] == "InvalidParameterException"
    query_id = logs.start_query(logGroupName=group, startTime=0, endTime=1, queryString="fields a")["queryId"]
    ended(logs, query_id)
    assert refusal(lambda: logs.stop_query(queryId=query_id))[0] == "InvalidParameterException"


def test_definitions_are_kept_changed_and_deleted(logs, fresh):
    name = fresh("definition")
    made = logs.put_query_definition(name=name, queryString="fields a", logGroupNames=["x"])["queryDefinitionId"]
    logs.put_query_definition(queryDefinitionId=made, name=name, queryString="fields b")
    (found,) = logs.describe_query_definitions(queryDefinitionNamePrefix=name)["queryDefinitions"]
    assert (found["queryDefinitionId"], found["name"], found["queryString"]) == (made, name, "fields b")
    assert logs.delete_query_definition(queryDefinitionId=made)["success"] is True
    assert logs.describe_query_definitions(queryDefinitionNamePrefix=name)["queryDefinitions"] == []
    assert refusal(lambda: logs.delete_query_definition(queryDefinitionId=made))[0] == "ResourceNotFoundException"


def test_a_group_may_be_opened_to_a_user(server, group, stream, user, now):
    stream(*LINES, start=now)
    arn = f"arn:aws:logs:us-east-1:*:log-group:{group}:*"
    _, clients = user(allow(["logs:StartQuery", "logs:GetQueryResults"], arn))
    reader = clients("logs")
    span = {"startTime": now // 1000 - 60, "endTime": now // 1000 + 60, "queryString": "stats count(*) as n"}
    query_id = reader.start_query(logGroupName=group, **span)["queryId"]
    assert table(ended(reader, query_id)) == [{"n": "4"}]
    assert refusal(lambda: reader.start_query(logGroupName="another", **span))[0] == "AccessDeniedException"


@pytest.mark.long
def test_queries_are_limited_stopped_and_outlive_a_crash(own_server, now):
    server = own_server()
    logs = server.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    batch = [{"timestamp": now, "message": f'{{"n": {number}, "filler": "{"x" * 60}"}}'} for number in range(8000)]
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=batch)
    span = {"startTime": now // 1000 - 60, "endTime": now // 1000 + 60, "logGroupName": "g"}
    odd = " and ".join(f"@message not like /(x+x+)+{letter}/" for letter in "abcdefgh")
    slow = f"filter {odd} and @message like /n.*99/ | stats count(*) as n"
    ids = []

    def start():
        ids.append(logs.start_query(queryString=slow, **span)["queryId"])

    code, text = refusal(lambda: [start() for _ in range(100)])
    assert (code, "[30]" in text) == ("LimitExceededException", True)
    lasting = ids[-3:]
    # The newest first, as the oldest may have ended meanwhile.
    stopped = ids[-4]
    assert logs.stop_query(queryId=stopped)["success"] is True
    for one in ids[:-4]:
        with contextlib.suppress(logs.exceptions.InvalidParameterException):
            logs.stop_query(queryId=one)
    assert logs.get_query_results(queryId=stopped)["status"] == "Cancelled"
    server.kill()
    server.start()
    logs = server.client("logs")
    assert logs.get_query_results(queryId=stopped)["status"] == "Cancelled"
    answers = [ended(logs, one) for one in lasting]
    assert {(answer["status"], answer["statistics"]["recordsScanned"]) for answer in answers} == {("Complete", 8000)}
    assert len({table(answer)[0]["n"] for answer in answers}) == 1
