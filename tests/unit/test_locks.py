"""Lock files: one holder at a time, also where the file goes with its holder; and none is left of single searches."""

import threading
from pathlib import Path

import pytest

from lockstep.locks import SharedLock, held
from tests.unit.test_study_file import _searched

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
