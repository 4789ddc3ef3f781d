"""SelectObjectContent through boto3: sources, packed and plain, answers, events and errors."""

import bz2
import gzip
import json
import random

import pytest
from botocore.exceptions import ClientError, EventStreamError

PEOPLE = b'name,age\n"Ann, the first",41\nBob,7\n'
JSON_LINES = b'{"id": 1, "tags": ["a", "b"]}\n{"id": 2, "tags": []}\n'


@pytest.fixture
def select(client, bucket):
    """select(body, expression, source, target): the event stream's events, in order."""
    s3 = client("s3")

    def run(body, expression, source, target=None, **more):
        s3.put_object(Bucket=bucket, Key="source", Body=body)
        answer = s3.select_object_content(
            Bucket=bucket,
            Key="source",
            Expression=expression,
            ExpressionType="SQL",
            InputSerialization=source,
            OutputSerialization=target or {"JSON": {}},
            **more,
        )
        return list(answer["Payload"])

    return run


def records(events):
    return b"".join(event["Records"]["Payload"] for event in events if "Records" in event)


def refusal(call):
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]


CSV = {"CSV": {"FileHeaderInfo": "USE"}}
LINES = {"JSON": {"Type": "LINES"}}


def test_the_answer_is_records_statistics_and_an_end(select):
    answer = b'{"name":"Bob"}\n'
    events = select(PEOPLE, "SELECT name FROM S3Object WHERE age < 10", CSV)
    details = {"BytesScanned": len(PEOPLE), "BytesProcessed": len(PEOPLE), "BytesReturned": len(answer)}
    assert events == [{"Records": {"Payload": answer}}, {"Stats": {"Details": details}}, {"End": {}}]


def test_progress_comes_where_it_is_asked_for(select):
    events = select(PEOPLE, "SELECT * FROM S3Object", CSV, RequestProgress={"Enabled": True})
    assert [next(iter(event)) for event in events] == ["Records", "Progress", "Stats", "End"]
    assert events[1]["Progress"] == events[2]["Stats"]


@pytest.mark.parametrize(
    ("pack", "compression"),
    [(bytes, "NONE"), (gzip.compress, "GZIP"), (bz2.compress, "BZIP2")],
    ids=["plain", "gzip", "bzip2"],
)
def test_large_sources_are_read_packed_and_plain(select, pack, compression):
    draw = random.Random(1)
    rows = "".join(f"{number},{draw.random()}\n" for number in range(100_000)).encode()
    packed = pack(rows)
    expression = "SELECT COUNT(*), MAX(CAST(_1 AS INT)) FROM S3Object"
    events = select(packed, expression, {"CSV": {}, "CompressionType": compression})
    assert records(events) == b'{"_1":100000,"_2":99999}\n'
    details = next(event["Stats"]["Details"] for event in events if "Stats" in event)
    assert (details["BytesScanned"], details["BytesProcessed"]) == (len(packed), len(rows))


def test_all_records_of_a_large_source_come_back_in_pieces(select):
    lines = b"".join(b'{"n":%d}\n' % number for number in range(50_000))
    events = select(lines, "SELECT * FROM S3Object s", LINES)
    assert records(events) == lines
    assert sum("Records" in event for event in events) > 1


def test_several_streams_of_bzip2_are_read_as_one(select):
    packed = bz2.compress(b"a\n") + bz2.compress(b"b\n")
    events = select(packed, "SELECT * FROM S3Object", {"CSV": {}, "CompressionType": "BZIP2"}, {"CSV": {}})
    assert records(events) == b"a\nb\n"


def test_a_small_file_of_bzip2_that_holds_hundreds_of_megabytes_is_read_only_as_far_as_needed(select):
    packed = bz2.compress(b"x\n" * 450_000) * 400
    events = select(packed, "SELECT * FROM S3Object LIMIT 1", {"CSV": {}, "CompressionType": "BZIP2"}, {"CSV": {}})
    assert records(events) == b"x\n"
    details = next(event["Stats"]["Details"] for event in events if "Stats" in event)
    assert details["BytesProcessed"] < 50 * 2**20


def test_forms_of_csv_are_as_asked_for(select):
    source = {
        "CSV": {
            "FieldDelimiter": ";",
            "RecordDelimiter": "|",
            "QuoteCharacter": "'",
            "QuoteEscapeCharacter": "\\",
            "Comments": "%",
            "AllowQuotedRecordDelimiter": True,
        }
    }
    target = {"CSV": {"FieldDelimiter": "\t", "RecordDelimiter": "~", "QuoteFields": "ALWAYS"}}
    body = b"%no record|a;'b;|\\'c'|d;e\"f|"
    assert records(select(body, "SELECT * FROM S3Object", source, target)) == b'"a"\t"b;|\'c"~"d"\t"e""f"~'


def test_heads_of_csv_are_used_passed_over_or_read(select):
    for use, expected in {"USE": b"41\n7\n", "IGNORE": b"41\n7\n", "NONE": b"age\n41\n7\n"}.items():
        source = {"CSV": {"FileHeaderInfo": use}}
        assert records(select(PEOPLE, "SELECT s._2 FROM S3Object s", source, {"CSV": {}})) == expected


def test_documents_of_json_need_no_lines(select):
    body = json.dumps({"a": {"b": [1, 2.5, "ü"]}}, indent=2).encode() + b'{"a":null}'
    found = records(select(body, "SELECT s.a.b FROM S3Object s", {"JSON": {"Type": "DOCUMENT"}}))
    assert found.decode() == '{"b":[1,2.5,"ü"]}\n{}\n'
    assert records(select(JSON_LINES, "SELECT t FROM S3Object[*].tags[*] t", LINES)) == b'{"t":"a"}\n{"t":"b"}\n'


REFUSED = {
    "an unknown word": ("SELEKT 1", CSV, "ParseUnexpectedToken"),
    "a column that is not there": ("SELECT shoe FROM S3Object", CSV, "MissingHeaders"),
    "a path in CSV": ("SELECT * FROM S3Object[*].name", CSV, "UnsupportedSqlStructure"),
    "a wrong source": ("SELECT * FROM S3Object", LINES, "JSONParsingError"),
    "a body that is not packed": (
        "SELECT * FROM S3Object",
        {"CSV": {}, "CompressionType": "GZIP"},
        "InvalidCompressionFormat",
    ),
    "a body that is not packed so": (
        "SELECT * FROM S3Object",
        {"CSV": {}, "CompressionType": "BZIP2"},
        "InvalidCompressionFormat",
    ),
    "no source": ("SELECT * FROM S3Object", {}, "InvalidDataSource"),
    "two sources": ("SELECT * FROM S3Object", {**CSV, **LINES}, "InvalidDataSource"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_from_the_start_is_refused_with_its_code(select, case):
    expression, source, code = REFUSED[case]
    assert refusal(lambda: select(PEOPLE, expression, source)) == (code, 400)


def test_half_a_packed_body_is_refused(select):
    for pack, compression in ((gzip.compress, "GZIP"), (bz2.compress, "BZIP2")):
        half = pack(random.Random(1).randbytes(1000))[:500]
        source = {"CSV": {}, "CompressionType": compression}
        assert refusal(lambda: select(half, "SELECT * FROM S3Object", source)) == ("TruncatedInput", 400)  # noqa: B023


def test_what_goes_wrong_later_ends_the_stream_with_an_error(client, bucket):
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="late", Body=b'{"n":1}\n' * 20_000 + b'{"n":"one"}\n')
    answer = s3.select_object_content(
        Bucket=bucket,
        Key="late",
        Expression="SELECT n + 1 FROM S3Object",
        ExpressionType="SQL",
        InputSerialization=LINES,
        OutputSerialization={"JSON": {}},
    )
    seen = []
    with pytest.raises(EventStreamError, match="InvalidDataType"):
        seen.extend(next(iter(event)) for event in answer["Payload"])


def test_a_record_that_is_too_long_is_refused(select):
    assert refusal(lambda: select(b'{"a":"%s"}' % (b"x" * 2**21), "SELECT * FROM S3Object", LINES)) == (
        "OverMaxRecordSize",
        400,
    )


def test_values_nested_as_deep_as_a_record_can_be_come_back(select):
    body = b"[" * 400_000 + b"]" * 400_000
    assert records(select(body, "SELECT * FROM S3Object", LINES)) == b'{"_1":' + body + b"}\n"


def test_who_may_not_read_the_object_may_not_select_from_it(server, client, bucket, fresh):
    client("s3").put_object(Bucket=bucket, Key="secret", Body=b"a\n")
    iam = client("iam")
    user = fresh("selector")
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    s3 = server.client("s3", keys=(key["AccessKeyId"], key["SecretAccessKey"]))
    assert refusal(
        lambda: s3.select_object_content(
            Bucket=bucket,
            Key="secret",
            Expression="SELECT * FROM S3Object",
            ExpressionType="SQL",
            InputSerialization={"CSV": {}},
            OutputSerialization={"CSV": {}},
        )
    ) == ("AccessDenied", 403)
    iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=user)
