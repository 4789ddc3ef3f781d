"""Buckets as file systems: s3fs (aiobotocore) and Arrow's (the SDK for C++), pointed here by AWS_ENDPOINT_URL."""

import pytest
from foreign_clients import CLIENTS, printed, python_of, variables


@pytest.fixture(scope="module")
def found(server, tmp_path_factory):
    server.client("s3").create_bucket(Bucket="file-systems")
    program = CLIENTS / "programs/file_systems.py"
    home = tmp_path_factory.mktemp("file-systems")
    return printed([python_of("file-systems"), program, "file-systems"], variables(server, home))


#: 1000 rows, of which every third from 1 on is in the part that is read.
DATASET = [1000, 333, sum(range(1, 1000, 3))]


def test_s3fs_reads_writes_lists_moves_and_keeps_tables(found):
    assert found["s3fs"] == {
        "list": ["/a/b", "/a/copy.txt", "/a/lines.txt", "/a/moved.csv", "/a/one.txt"],
        "glob": ["/a/b/two words+ü.txt", "/a/copy.txt", "/a/lines.txt", "/a/one.txt"],
        "text": "two",
        "lines": ["first\n", "second\n"],
        "large": [True, True],
        "range": "n",
        "moved": [False, True],
        "parquet": True,
        "dataset": DATASET,
        "none": "FileNotFoundError",
        "no bucket": "FileNotFoundError",
        "left": [],
    }


def test_arrow_reads_writes_lists_moves_and_keeps_tables(found):
    assert found["arrow"] == {
        "list": [["/folder", "folder"], ["/folder/large", "file"], ["/moved ü+", "file"], ["/one.parquet", "file"]],
        "info": ["folder", "file", "none"],
        "large": [True, True],
        "parquet": True,
        "by address": True,
        "dataset": DATASET,
        "none": "FileNotFoundError",
        "no bucket": "FileNotFoundError",
        "left": [],
    }
