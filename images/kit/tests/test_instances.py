"""Requests of vectors: what each wrong form is answered with. What is right is tested by the images that read them."""

import json

import pytest

from images.kit.content import JSON, JSON_LINES
from images.kit.errors import RequestError
from images.kit.instances import decode


def sparse(**fields):
    return {"data": {"features": {"keys": [1], "shape": [4], "values": [2], **fields}}}


WRONG = {
    "a number": (5, "Instance 2: expected"),
    "no features": ({"data": {}}, "Instance 2: expected"),
    "a word": ({"features": [1, "2", 3, 4]}, "Instance 2: features: expected a list of numbers"),
    "a truth value": ({"features": [True, 2, 3, 4]}, "Instance 2: features: expected a list of numbers"),
    "nothing": ({"features": [None, 2, 3, 4]}, "Instance 2: features: expected a list of numbers"),
    "lists in the list": ({"features": [[1, 2, 3, 4]]}, "Instance 2: features: expected a list of numbers"),
    "a number beyond float32": ({"features": [1e39, 2, 3, 4]}, "too large; numbers are held as float32"),
    "a whole number beyond all": ({"features": [10**400, 2, 3, 4]}, "too large; numbers are held as float32"),
    "another width": ({"features": [1, 2]}, "The instances have different numbers of features: 2, 4."),
    "fewer values than keys": (sparse(keys=[1, 2]), "Instance 2: 2 keys for 1 values."),
    "keys without a shape": (sparse(shape=None), "Instance 2: shape: expected a list of whole numbers."),
    "a negative key": (sparse(keys=[-1]), "Instance 2: keys: expected a list of whole numbers."),
    "a key outside": (sparse(keys=[4]), "Instance 2: key 4 is outside the shape [4]."),
    "an endless shape": (sparse(shape=[2**40, 2**40]), "is empty or too large"),
}


@pytest.mark.parametrize(("instance", "message"), WRONG.values(), ids=WRONG.keys())
def test_an_instance_in_no_known_form_is_refused_by_its_number(instance, message):
    body = json.dumps({"instances": [{"features": [1, 2, 3, 4]}, instance]}).encode()
    with pytest.raises(RequestError) as caught:
        decode(body, JSON, {})
    assert (caught.value.status, message in str(caught.value)) == (400, True), str(caught.value)


def test_a_line_is_named_by_its_number():
    with pytest.raises(RequestError, match="Line 3: no JSON"):
        decode(b'{"features": [1]}\n\n{"features": [1}\n', JSON_LINES, {})


def test_no_content_type_is_refused():
    with pytest.raises(RequestError, match="ContentType none is not supported") as caught:
        decode(b"{}", None, {})
    assert caught.value.status == 415
