"""RecordIO framing: what is written reads back, split records are joined, and broken framing is named."""

import io
import struct

import pytest

from images.kit import recordio
from images.kit.errors import UserError
from images.kit.recordio import MAGIC, frame, of_request, read_records


def read(data):
    return [bytes(payload) for payload in read_records(io.BytesIO(data), "train/a")]


@pytest.mark.parametrize("payloads", [[], [b""], [b"a", b"bc", b"def", b"ghij"], [bytes(5_000), b"x" * 70_000]])
def test_records_read_back(payloads):
    data = b"".join(map(frame, payloads))
    assert len(data) % 4 == 0
    assert read(data) == payloads


def test_records_larger_than_a_block_and_on_its_border_read_back(monkeypatch):
    monkeypatch.setattr(recordio, "BLOCK_BYTES", 16)
    payloads = [bytes([size]) * size for size in range(60)]
    assert read(b"".join(map(frame, payloads))) == payloads


def part(kind, payload):
    return struct.pack("<II", MAGIC, kind << 29 | len(payload)) + payload + bytes(-len(payload) % 4)


def test_a_split_record_is_joined_by_the_magic_number_it_was_split_at():
    magic = struct.pack("<I", MAGIC)
    data = frame(b"before") + part(1, b"one") + part(2, b"two!") + part(3, b"3") + frame(b"after")
    assert read(data) == [b"before", b"one" + magic + b"two!" + magic + b"3", b"after"]


BROKEN = {
    "text": (b"1,2,3\n4,5,6\n", r"train/a, record 1: expected RecordIO's magic number 0xced7230a, got 0x"),
    "a broken second record": (frame(b"abcd") + b"12345678", r"record 2: expected RecordIO's magic number"),
    "a record cut short": (frame(b"abcd") + frame(b"abcdefgh")[:-4], r"record 2: the data end inside it"),
    "a header cut short": (frame(b"abcd") + frame(b"")[:5], r"record 2: the data end inside it"),
    "a last part without a first": (part(3, b"a"), r"record 1: its parts are not in order"),
    "a whole record inside a split one": (part(1, b"a") + frame(b"b"), r"record 1: its parts are not in order"),
    "a split record without its end": (frame(b"a") + part(1, b"a"), r"record 2: the data end inside it"),
}


@pytest.mark.parametrize(("data", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_framing_is_refused_with_the_record(data, message):
    with pytest.raises(UserError, match=message):
        read(data)


def test_a_record_whose_frame_a_transform_job_took_away_has_one_again():
    alone = {"SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD"}
    assert read(of_request(b"abc", alone)) == [b"abc"]
    assert read(of_request(frame(b"abc"), alone)) == [b"abc"]
    assert of_request(b"abc", {}) == b"abc"
