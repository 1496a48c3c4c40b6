import os
import threading

import pytest

from fairway.report.write import write_report


def test_a_report_is_written_with_its_directories(tmp_path):
    path = tmp_path / "a" / "b" / "report.txt"
    write_report("é\n", path)
    write_report("名\n", path)
    assert path.read_bytes() == "名\n".encode()
    assert [file.name for file in path.parent.iterdir()] == ["report.txt"]


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "real.txt").write_text("old", encoding="utf-8")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_report("new", tmp_path / "link.txt")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text(encoding="utf-8") == "new"


def test_a_pipe_is_written_to(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    write_report("text", pipe)
    reader.join(timeout=5)
    assert read == ["text"]
    assert pipe.is_fifo()


def test_a_failure_is_an_os_error_and_leaves_nothing(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        write_report("text", tmp_path / "taken")
    assert [file.name for file in tmp_path.iterdir()] == ["taken"]
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OSError):
        write_report("text", tmp_path / "file" / "report.txt")
