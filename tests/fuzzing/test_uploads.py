"""Upload forms come from anybody: whatever one holds, it is refused and the server goes on."""

import pytest
from line import Call, Line, NoAnswerError

_FIELD = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n'
_FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
FORMS = {
    "a part without a name": b"--x\r\nContent-Disposition: form-data\r\n\r\nk\r\n" + _FIELD + b"--x--\r\n",
    "a part without a head": b"--x\r\n\r\nk\r\n--x--\r\n",
    "no part": b"--x--\r\n",
    "nothing": b"",
    "no end": _FIELD,
    "a file without an end": _FIELD + _FILE + b"data",
    "a file without an end, longer than a buffer": _FIELD + _FILE + b"data" * 100_000,
    "two files": _FIELD + _FILE + b"data\r\n" + _FILE + b"data\r\n--x--\r\n",
    "a thousand parts": _FIELD * 1000 + b"--x--\r\n",
    "a head of a megabyte": b"--x\r\nX: " + b"y" * 2**20 + b"\r\n\r\nk\r\n--x--\r\n",
    "a name from every object": _FIELD.replace(b'"key"', b'"__proto__"') + _FIELD + _FILE + b"data\r\n--x--\r\n",
}


def an_answer(server, body, content_type="multipart/form-data; boundary=x", size=None, is_last=False):
    line = Line(server.url)
    headers = [("Host", server.url.removeprefix("http://")), ("Content-Type", content_type)]
    if size is not None:
        headers.append(("Content-Length", str(size)))
    answer = line.exchange(Call("POST", "/any-bucket", tuple(headers), body).encoded(), is_last=is_last)
    line.close()
    return answer


@pytest.mark.parametrize("what", FORMS)
def test_a_malformed_form_of_anybody_is_refused(server, what):
    answer = an_answer(server, FORMS[what])
    assert (answer.status, answer.code) in {
        (400, "MalformedPOSTRequest"),
        (400, "InvalidArgument"),
        (403, "AccessDenied"),
        (404, "NoSuchBucket"),
    }
    assert server.process.poll() is None


@pytest.mark.parametrize("boundary", ["", "=", '""', '"', "y", "x" * 1000])
def test_a_boundary_that_is_none_is_refused(server, boundary):
    answer = an_answer(server, FORMS["two files"], f"multipart/form-data; boundary={boundary}")
    assert (answer.status, answer.code) == (400, "MalformedPOSTRequest")


@pytest.mark.parametrize("what", FORMS)
def test_a_form_of_which_the_rest_never_comes_leaves_the_server_running(server, what):
    try:
        answer = an_answer(server, FORMS[what], size=10**6 * 3, is_last=True)
        assert 400 <= answer.status < 500
    except (NoAnswerError, ConnectionError):
        pass  # nobody is there to be answered
    assert an_answer(server, FORMS["no part"]).status == 400
    assert server.process.poll() is None
