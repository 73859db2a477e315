"""Lock files: one holder at a time, also where the file goes with its holder; and none is left of single searches."""

import gzip
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lockstep.errors import file_trouble
from lockstep.signals import delay_signals
from lockstep.storage.locks import SharedLock, held
from lockstep.storage.tables import abandoned_parts, atomic_write
from lockstep.tracking.store import store_lock
from tests.conftest import ROOT
from tests.faults.forks import in_child
from tests.pipeline.project import environment
from tests.unit.test_study_file import _searched

pytestmark = pytest.mark.slow

SECONDS = 60.0


def test_a_lock_whose_file_goes_has_one_holder_at_a_time(tmp_path: Path) -> None:
    lock, inside, most = tmp_path / "locks/key", 0, list[int]()
    mistakes = list[BaseException]()

    def work() -> None:
        nonlocal inside
        try:
            for _ in range(300):
                with held(lock, passing=True):
                    inside += 1
                    most.append(inside)
                    (tmp_path / "work").write_text("lets the other threads run")
                    inside -= 1
        except BaseException as error:
            mistakes.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert [thread for thread in threads if thread.is_alive()] == [], "waits for a lock that nobody holds"
    assert mistakes == []
    assert (len(most), max(most)) == (1800, 1)
    assert list(lock.parent.iterdir()) == []


def test_who_does_not_wait_is_told_and_leaves_the_file(tmp_path: Path) -> None:
    lock = tmp_path / "key"
    with held(lock, passing=True) as first:
        with held(lock, wait=False, passing=True) as second:
            assert (first, second) == (True, False)
        assert lock.exists()
    assert not lock.exists()


def test_a_shared_lock_has_many_holders_and_tells_when_one_is_left(tmp_path: Path) -> None:
    lock = tmp_path / "in-use"
    with SharedLock(lock) as one:
        with SharedLock(lock) as other, held(lock, wait=False) as alone:
            assert (alone, other.alone()) == (False, False)
        assert one.alone()
        with held(lock, wait=False) as free:
            assert not free
    with held(lock, wait=False) as free:
        assert free


def test_searches_leave_no_lock_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one study", "another"):
        _searched(tmp_path / "study.db", name)
    assert [each.name for each in (tmp_path / "locks").iterdir()] == ["study"]
    assert capsys.readouterr().err == ""


def test_a_lock_is_never_made_through_a_link_that_somebody_planted(tmp_path: Path) -> None:
    (tmp_path / "planted.lock").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="Too many levels of symbolic links"), held(tmp_path / "planted.lock"):
        pass
    assert not (tmp_path / "victim").exists()


def _as_nobody(work: Callable[[], None]) -> tuple[str, int]:
    """Done by a user to whom others' files are closed, within 20 seconds."""

    def limited() -> None:
        signal.alarm(20)
        if os.getuid() == 0:
            os.setuid(65534)
        work()

    return in_child(limited)


def _say(what: object) -> None:
    os.write(1, f"{what}\n".encode())


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that everybody may look into and nobody but root may change."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o555)
        yield Path(name)
        Path(name).chmod(0o755)


def test_a_pipe_in_a_locks_place_keeps_nobody_waiting(closed: Path) -> None:
    closed.chmod(0o755)
    os.mkfifo(closed / "owner.lock", 0o444)

    def lock() -> None:
        with held(closed / "owner.lock", wait=False, create=False) as free:
            _say(free)

    assert _as_nobody(lock) == ("True\n", 0)


def test_a_folder_that_takes_no_lock_is_told_as_such(closed: Path) -> None:
    def lock() -> None:
        try:
            with held(closed / "key"):
                pass
        except OSError as error:
            _say(file_trouble(error))

    assert _as_nobody(lock) == (f"{closed / 'key'}: Permission denied\n", 0)


def test_a_lock_file_that_may_not_be_removed_is_free_afterwards(closed: Path) -> None:
    (closed / "key").touch()

    def lock() -> None:
        for _ in range(2):
            with held(closed / "key", wait=False, passing=True) as free:
                _say(free)

    assert _as_nobody(lock) == ("True\nTrue\n", 0)
    assert (closed / "key").exists()


def test_a_folder_for_temporary_files_that_is_not_ones_own_holds_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "repository"))
    own = tmp_path / f"lockstep-{os.getuid()}"
    with store_lock("publish"):
        assert len(list(own.iterdir())) == 1
    own.chmod(0o777)
    for planted in (False, True):
        if planted:
            shutil.rmtree(own)
            own.symlink_to(tmp_path)
        with store_lock("publish"):
            pass
    assert len(list((tmp_path / "repository/.lockstep/locks").iterdir())) == 1
    assert list(tmp_path.glob("mlflow-*")) == []


def test_a_file_that_is_being_written_is_not_taken_for_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "metrics.json"
    (tmp_path / ".metrics.json.abcd1234.part").write_text("of a killed process")
    with atomic_write(file) as part:
        part.write_text("new")
        assert list(abandoned_parts(tmp_path)) == []
        with atomic_write(file) as other:
            other.write_text("newer")
    assert [each.name for each in tmp_path.iterdir()] == ["metrics.json"]
    assert file.read_text() == "new"


def test_a_disk_that_is_full_is_one_line_of_a_command_too(tmp_path: Path) -> None:
    table = tmp_path / "table.csv.gz"
    table.write_bytes(gzip.compress(b"x,y\n" + b"1,2\n" * 20_000))
    limited = f"ulimit -f 8; trap '' XFSZ; exec '{sys.executable}' -B -m lockstep.cli new-dataset '{table}' --target y"
    done = subprocess.run(
        ["bash", "-c", limited], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert re.fullmatch(r"lockstep: .*/plain: File too large; free space there, or set TMPDIR to .*\n", done.stderr), (
        done.stderr
    )


def test_signals_that_are_held_back_arrive_in_the_end_and_find_their_own_handlers() -> None:
    came, numbers = list[int](), (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda number, _: came.append(number)) for number in numbers]
    handlers = [signal.getsignal(number) for number in numbers]
    with delay_signals():
        for number in numbers:
            signal.raise_signal(number)
        assert came == []
    assert came == list(numbers)
    assert [signal.getsignal(number) for number in numbers] == handlers
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)
