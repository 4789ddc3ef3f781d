"""The command line of smspark-submit."""

from pathlib import Path

import pytest

from images.kit.errors import UserError
from images.spark.options import parse


@pytest.fixture
def app(tmp_path):
    path = tmp_path / "app.py"
    path.touch()
    return str(path)


def test_what_the_sdk_writes_is_read_and_folders_stand_for_their_files(app, tmp_path):
    folder = tmp_path / "py-files"
    folder.mkdir()
    (folder / "b.py").touch()
    (folder / "a.zip").touch()
    words = [
        "--py-files",
        f"s3://lake/x.py,{folder}",
        "--local-spark-event-logs-dir",
        "/opt/ml/processing/spark-events/",
    ]
    options = parse([*words, app, "--class", "s3a://lake/in", "--out=s3://lake/out"])
    assert options.submit() == [
        "--py-files",
        f"s3://lake/x.py,{folder}/a.zip,{folder}/b.py",
        app,
        *("--class", "s3a://lake/in", "--out=s3://lake/out"),
    ]
    assert options.event_logs_folder == Path("/opt/ml/processing/spark-events")
    assert options.s3_uris() == ["s3a://lake/in", "s3://lake/out", "s3://lake/x.py"]


def test_a_jar_has_a_class_and_libraries(tmp_path):
    jars = [tmp_path / name for name in ("app.jar", "library.jar")]
    for jar in jars:
        jar.touch()
    words = ["--class", "my.Main", "--jars", str(jars[1]), "-v", str(jars[0]), "1"]
    assert parse(words).submit() == ["--class", "my.Main", "--jars", str(jars[1]), "--verbose", str(jars[0]), "1"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["train"], "expected a .py or .jar file to run, got 'train'"),
        (["/nowhere/app.py"], "there is no file /nowhere/app.py"),
        ([], "required: app"),
        (["--conf", "a=b", "{app}"], "(unrecognized|--conf|expected a .py)"),
        (["--jars", "library.jar", "{app}"], "--jars takes absolute paths and URIs, got 'library.jar'"),
        (["--py-files", "/nowhere", "{app}"], "--py-files: there is no file /nowhere"),
        (["--files", "{empty}", "{app}"], "has no files"),
    ],
)
def test_what_cannot_be_meant_is_refused(words, text, app, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UserError, match=text):
        parse([word.format(app=app, empty=empty) for word in words])
