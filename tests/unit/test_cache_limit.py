"""LOCKSTEP_CACHE_MB: the caches of searches stay within it; what goes was not needed for longest, no search notices."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import optuna
import pytest

from lockstep.cli import main
from lockstep.errors import ConfigError
from lockstep.search import cache_limit as limits
from lockstep.search.evaluation_log import TABLE, EvaluationLog, NoLog
from lockstep.search.ordered import search
from lockstep.search.study_file import StudyFile
from lockstep.search.tune_blocks import NoPruning
from lockstep.storage.locks import held
from lockstep.workers.machine import CACHE, CACHE_MB, cache_limit
from tests.conftest import GOOD_ROWS, ROOT, OwnTable
from tests.unit.searching import SUMMARIES, AtOnce, plan_of, stand_in
from tests.unit.test_evaluation_log import EVALUATION

pytestmark = pytest.mark.slow

LIMIT = 100_000


def _keys(name: str, count: int) -> list[str]:
    # As long as those of real folds.
    return [f"{name} {number:060}" for number in range(count)]


def _search(path: Path, *keys: str, limit: int | None = None) -> None:
    """A search that needs these folds."""
    with EvaluationLog(path, limit) as log:
        _need(log, *keys)


def _need(log: EvaluationLog, *keys: str) -> None:
    for key in keys:
        if log.find(key) is None:
            log.remember(key, EVALUATION)


def _known(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return [key for (key,) in database.execute(f"SELECT key FROM {TABLE} ORDER BY rowid")]  # noqa: S608


def test_the_log_forgets_what_no_search_needed_for_longest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, old, new = tmp_path / "log.db", _keys("old", 400), _keys("new", 50)
    _search(path, *old)
    _search(path, *old[:100])
    assert path.stat().st_size > LIMIT
    _search(path, *new, limit=LIMIT)
    assert path.stat().st_size <= LIMIT
    known = _known(path)
    # Of those that only the first search needed the last ones stay.
    assert known[-150:] == [*old[:100], *new]
    assert 0 < len(known) - 150 < 300
    assert known[:-150] == old[400 - (len(known) - 150) :]
    assert capsys.readouterr().err == ""


def test_a_log_within_the_limit_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    _search(path, *_keys("fold", 100), limit=LIMIT)
    assert _known(path) == _keys("fold", 100)


def test_a_log_made_without_a_limit_shrinks_too_and_other_layouts_go_first(tmp_path: Path) -> None:
    path, keys = tmp_path / "log.db", _keys("old", 300)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE folds_1 (key TEXT, value TEXT)")
        database.execute("CREATE TABLE notes (text TEXT)")
        database.executemany("INSERT INTO folds_1 VALUES (?, ?)", [(key, "x" * 1000) for key in keys])
    _search(path, *keys)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA auto_vacuum").fetchone() == (0,)
    _search(path, *keys, limit=200_000)
    assert path.stat().st_size <= 200_000
    assert sorted(_known(path)) == keys
    _search(path, "one more", limit=LIMIT)
    assert path.stat().st_size <= LIMIT
    known = _known(path)
    assert known == [*keys[301 - len(known) :], "one more"]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM notes").fetchone() == (0,)


def test_nothing_is_forgotten_while_another_search_may_need_it(tmp_path: Path) -> None:
    path, old = tmp_path / "log.db", _keys("old", 400)
    _search(path, *old)
    size = path.stat().st_size
    with EvaluationLog(path, LIMIT) as running:
        _search(path, *_keys("new", 10), limit=LIMIT)
        assert path.stat().st_size >= size
        _need(running, *old)
        assert running.n_fitted == 0
    # The one that ends last keeps the limit.
    assert path.stat().st_size <= LIMIT
    assert set(_known(path)) < set(old)


def test_a_search_that_was_stopped_forgets_nothing(tmp_path: Path) -> None:
    path, old = tmp_path / "log.db", _keys("old", 400)
    with suppress(KeyboardInterrupt), EvaluationLog(path, LIMIT) as log:
        _need(log, *old)
        raise KeyboardInterrupt
    assert _known(path) == old


def test_a_limit_that_one_search_exceeds_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log.db"
    _search(path, *_keys("fold", 400), limit=LIMIT)
    left = len(_known(path))
    assert capsys.readouterr().err == (
        f"tune: warning: {path}: LOCKSTEP_CACHE_MB leaves room for {left} of this search's 400 folds;"
        " a longer one fits the rest again\n"
    )


def test_a_log_that_cannot_be_shortened_costs_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log.db"
    _search(path, *_keys("fold", 400))
    monkeypatch.setattr(limits, "WAIT_SECONDS", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as another, EvaluationLog(path, LIMIT):
        another.execute("BEGIN IMMEDIATE")
    assert capsys.readouterr().err == (
        f"tune: warning: {path}: database is locked; the file may be larger than LOCKSTEP_CACHE_MB allows\n"
    )
    assert len(_known(path)) == 400


KILLED = """
import os, shutil, sys
from pathlib import Path
from lockstep.search.evaluation_log import EvaluationLog
for steps in (300, 3_000, 10_000, 30_000, 100_000):
    path = Path(sys.argv[1]) / str(steps) / "log.db"
    path.parent.mkdir()
    shutil.copy(Path(sys.argv[1]) / "log.db", path)
    if os.fork() == 0:
        with EvaluationLog(path, 50_000) as log:
            log._database.set_progress_handler(lambda: os.kill(os.getpid(), 9), steps)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@pytest.mark.long("test_a_torn_log_changes_nothing_and_is_mended")
def test_a_search_that_is_killed_while_it_forgets_leaves_a_whole_log(tmp_path: Path) -> None:
    keys = _keys("fold", 10_000)
    _search(tmp_path / "log.db", *keys)
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["-9"] * 5
    lengths = set[int]()
    for path in tmp_path.glob("*/log.db"):
        with EvaluationLog(path) as log:  # a damaged one would be set aside
            assert log.find(keys[-1]) == EVALUATION
        known = _known(path)
        assert known[:-1] == keys[10_000 - len(known) : -1]
        lengths.add(len(known))
        _search(path, limit=50_000)
        assert path.stat().st_size <= 50_000
        assert [each.name for each in path.parent.iterdir() if "damaged" in each.name] == []
    assert len(lengths) > 1


PLAN = plan_of(NoPruning(), n_trials=12)


def _study(path: Path, name: str, limit: int | None = None) -> None:
    with StudyFile(path, name, PLAN.space.distributions(), {"space": "x"}, limit) as study:
        search(PLAN, SUMMARIES, stand_in, AtOnce(), NoLog(), (study,))


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the studies aaa..., bbb..., ccc... and ddd..."""
    path = tmp_path_factory.mktemp("studies") / "study.db"
    for name in "abcd":
        _study(path, 64 * name)
    return path


def _names(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return [name for (name,) in database.execute("SELECT study_name FROM studies ORDER BY study_id")]


def _tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: sorted(database.execute(f"SELECT * FROM {name}"), key=str) for name in names}  # noqa: S608


def test_the_oldest_studies_go_as_optuna_deletes_them_and_the_file_shrinks(studies: Path, tmp_path: Path) -> None:
    ours, optunas = (Path(shutil.copy(studies, tmp_path / name)) for name in ("ours.db", "optunas.db"))
    size = ours.stat().st_size
    limits.drop_studies(ours, 64 * "d", size - 1, tmp_path / "locks")
    gone = [64 * name for name in "abcd" if 64 * name not in _names(ours)]
    assert "".join(name[0] for name in gone) in ("a", "ab", "abc")
    assert ours.stat().st_size < size
    for name in gone:
        optuna.delete_study(study_name=name, storage=f"sqlite:///{optunas}")
    assert _tables(ours) == _tables(optunas)
    assert len(optuna.load_study(study_name=64 * "d", storage=f"sqlite:///{ours}").trials) == 12


def test_the_newest_study_stays_and_so_does_one_that_is_being_written(studies: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(studies, tmp_path / "study.db"))
    with held(tmp_path / f"locks/{64 * 'b'}"):
        _study(path, 64 * "e", limit=1)
    assert _names(path) == [64 * "b", 64 * "e"]
    _study(path, 64 * "a", limit=1)
    assert _names(path) == [64 * "a"]
    assert sorted(each.name for each in (tmp_path / "locks").iterdir()) == ["study"]


def test_a_study_that_a_person_has_added_stays_and_so_do_files_that_it_is_called_after(
    studies: Path, tmp_path: Path
) -> None:
    path, outside = Path(shutil.copy(studies, tmp_path / "study.db")), tmp_path / "notes.txt"
    outside.write_text("mine")
    for name in (str(outside), "../notes.txt"):
        _study(path, "of mine")
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE studies SET study_name = ? WHERE study_name = 'of mine'", (name,))
    limits.drop_studies(path, 64 * "d", 1, tmp_path / "locks")
    assert _names(path) == [64 * "d", str(outside), "../notes.txt"]
    assert outside.read_text() == "mine"


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "a lot", "200 MB", "1e3", "9" * 5000])
def test_a_limit_that_is_none_is_told_by_lockstep_check(
    value: str, own_table: OwnTable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own_table.write(GOOD_ROWS)
    monkeypatch.setenv(CACHE, value)
    with pytest.raises(ConfigError):
        cache_limit()
    assert main(["check"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("lockstep: environment: LOCKSTEP_CACHE_MB: '")
    assert line.endswith("must be a whole number of at least 1")
    assert len(line) < 150


def test_the_limit_is_given_in_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, limit in (("", CACHE_MB), ("1", 1), ("5000", 5000)):
        monkeypatch.setenv(CACHE, value)
        assert cache_limit() == limit * 1_000_000
