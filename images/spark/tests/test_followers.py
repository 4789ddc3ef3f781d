"""What goes on beside a job."""

from images.spark.followers import EventLogs, ExecutorLogs


def test_lines_of_executors_are_printed_once_and_whole(tmp_path, capfdbinary):
    log = tmp_path / "app-1" / "0" / "stdout"
    log.parent.mkdir(parents=True)
    follow = ExecutorLogs(tmp_path)
    for part in ("one\ntw", "o\n", ""):
        with log.open("a") as file:
            file.write(part)
        follow()
    assert capfdbinary.readouterr().out == b"one\ntwo\n"


def test_event_logs_have_their_last_name_at_once(tmp_path):
    written, wanted = tmp_path / "written", tmp_path / "wanted"
    copy = EventLogs(written, wanted)
    copy()
    written.mkdir()
    (written / "app-1.inprogress").write_text("a\n")
    copy()
    assert [path.name for path in wanted.iterdir()] == ["app-1"]
    (written / "app-1.inprogress").rename(written / "app-1")
    (written / "app-1").write_text("a\nb\n")
    copy()
    assert {path.name: path.read_text() for path in wanted.iterdir()} == {"app-1": "a\nb\n"}
