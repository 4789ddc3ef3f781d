"""Lists of objects: order, pages, delimiters, encodings."""

import pytest
from botocore.exceptions import ClientError

KEYS = ["a", "b/1", "b/2", "b/c/3", "c d", "d/4", "é", "😀"]


@pytest.fixture
def filled(client, bucket):
    for key in KEYS:
        client("s3").put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def entries(page):
    return [entry["Key"] for entry in page.get("Contents", [])], [
        entry["Prefix"] for entry in page.get("CommonPrefixes", [])
    ]


def test_keys_come_in_byte_order_page_by_page(client, filled):
    for size in [1, 3, 100]:
        pages = (
            client("s3").get_paginator("list_objects_v2").paginate(Bucket=filled, PaginationConfig={"PageSize": size})
        )
        assert [key for page in pages for key in entries(page)[0]] == KEYS
        pages = client("s3").get_paginator("list_objects").paginate(Bucket=filled, PaginationConfig={"PageSize": size})
        assert [key for page in pages for key in entries(page)[0]] == KEYS


def test_a_delimiter_rolls_keys_up_page_by_page(client, filled):
    s3 = client("s3")
    for size in [1, 2, 100]:
        found = [], []
        for page in s3.get_paginator("list_objects_v2").paginate(
            Bucket=filled, Delimiter="/", PaginationConfig={"PageSize": size}
        ):
            keys, prefixes = entries(page)
            assert page["KeyCount"] == len(keys) + len(prefixes) <= size
            found[0].extend(keys)
            found[1].extend(prefixes)
        assert found == (["a", "c d", "é", "😀"], ["b/", "d/"])
    assert entries(s3.list_objects_v2(Bucket=filled, Prefix="b/", Delimiter="/")) == (["b/1", "b/2"], ["b/c/"])


def test_a_list_starts_after_a_key(client, filled):
    s3 = client("s3")
    assert entries(s3.list_objects_v2(Bucket=filled, StartAfter="b/2"))[0] == KEYS[3:]
    assert entries(s3.list_objects(Bucket=filled, Marker="b/2"))[0] == KEYS[3:]


def test_the_first_list_gives_owners_and_the_second_when_asked(client, filled):
    s3 = client("s3")
    assert "Owner" in s3.list_objects(Bucket=filled)["Contents"][0]
    assert "Owner" not in s3.list_objects_v2(Bucket=filled)["Contents"][0]
    assert "Owner" in s3.list_objects_v2(Bucket=filled, FetchOwner=True)["Contents"][0]


def test_bad_tokens_and_limits_are_refused(client, filled):
    s3 = client("s3")
    for arguments in [{"ContinuationToken": "nonsense"}, {"MaxKeys": -1}]:
        with pytest.raises(ClientError) as failure:
            s3.list_objects_v2(Bucket=filled, **arguments)
        assert failure.value.response["Error"]["Code"] == "InvalidArgument"
