"""Exit codes and messages."""

import pytest

from images.kit.errors import ProgramError, UserError
from images.spark.ending import MESSAGE_BYTES, ended, what_failed

LOG = "20/09/14 10:00:00 INFO SparkContext: Invoking stop() from shutdown hook"
SAID = {
    "Python's error, without the log around it": (
        f'{LOG}\nTraceback (most recent call last):\n  File "a.py", line 3\n    f()\nValueError: no\nmore\n{LOG}',
        "ValueError: no\nmore",
    ),
    "the last of several": (
        "Traceback (most recent call last):\n  File\nKeyError: 1\n"
        f"{LOG}\nTraceback (most recent call last):\n  File\nOSError: 2\n",
        "OSError: 2",
    ),
    "a task's, inside the driver's": (
        f"{LOG}\nTraceback (most recent call last):\n  File\npy4j.protocol.Py4JJavaError: An error occurred.\n"
        ": org.apache.spark.api.python.PythonException: Traceback (most recent call last):\n  File\nOSError: 3\n\n"
        "\tat org.apache.spark.A.b(A.scala:1)\n",
        "OSError: 3",
    ),
    "Java's, without its stack": (
        f'{LOG}\nException in thread "main" java.lang.IllegalStateException: no\n\tat my.Main.main(Main.java:3)\n'
        f"Caused by: java.io.IOException: one\n\t... 3 more\nCaused by: java.io.IOException: two\n\t... 4 more\n{LOG}",
        "java.lang.IllegalStateException: no\nCaused by: java.io.IOException: two",
    ),
    "else what was said last": (
        f"{LOG}\nError: Failed to load class my.Main.\n{LOG}",
        "Error: Failed to load class my.Main.",
    ),
    "nothing": ("", ""),
}


@pytest.mark.parametrize("sentence", SAID)
def test_what_failed_is(sentence):
    errors, found = SAID[sentence]
    assert what_failed(errors) == found


def fails(error):
    def task():
        raise error

    return task


@pytest.fixture
def message(tmp_path, monkeypatch):
    monkeypatch.setenv("SAGEBRUSH_ML_ROOT", str(tmp_path))
    return tmp_path / "output" / "message"


@pytest.mark.parametrize(
    ("task", "code", "text"),
    [
        (lambda: None, 0, None),
        (fails(UserError("no file")), 2, "ClientError: no file"),
        (fails(ProgramError(7, "ValueError: no")), 7, "AlgorithmError: ValueError: no"),
        (fails(RuntimeError("ours")), 1, "AlgorithmError: RuntimeError: ours"),
    ],
)
def test_a_job_ends_with_a_code_and_a_message(task, code, text, message):
    assert ended(task) == code
    assert (message.read_text() if message.exists() else None) == text


def test_a_message_is_cut_between_letters_and_a_scripts_own_stays(message):
    ended(fails(ProgramError(1, "x" + "é" * MESSAGE_BYTES)))
    assert len(message.read_bytes()) in (MESSAGE_BYTES - 1, MESSAGE_BYTES)
    message.write_text("mine")
    ended(fails(UserError("other")))
    assert message.read_text() == "mine"
