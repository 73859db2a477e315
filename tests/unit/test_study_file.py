"""The study as people look at it: Optuna opens it while and after the search, and nothing wrong with it stops one."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial

from lockstep.search import study_file
from lockstep.search.evaluation_log import NoLog
from lockstep.search.ordered import search
from lockstep.search.study_file import StudyFile
from lockstep.search.study_rows import add_trials
from lockstep.storage.locks import held
from lockstep.storage.scratch import PREFIX, abandoned_folders, scratch_folder
from lockstep.workers.trial import State, TrialResult
from tests.unit.searching import PRUNERS, SUMMARIES, AtOnce, plan_of, stand_in

pytestmark = pytest.mark.slow

PLAN = plan_of(PRUNERS[1], n_trials=14)


def _searched(path: Path, name: str = "key") -> list[TrialResult]:
    with StudyFile(path, name, PLAN.space.distributions(), {"space": "x"}) as study:
        return search(PLAN, SUMMARIES, stand_in, AtOnce(), NoLog(), (study,))


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_optuna_opens_the_study_and_finds_every_trial(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = _searched(tmp_path / "study.db")
    _searched(tmp_path / "study.db", "another")
    _searched(tmp_path / "study.db")  # a search that is started again does not add its trials twice
    assert "warning" not in capsys.readouterr().err
    address = f"sqlite:///{tmp_path / 'study.db'}"
    assert sorted(optuna.get_all_study_names(address)) == ["another", "key"]
    study = optuna.load_study(study_name="key", storage=address)
    assert len(study.trials) == len(results)
    for trial, result in zip(study.trials, results, strict=True):
        assert (trial.number, trial.state.name, trial.params) == (result.number, result.state, dict(result.params))
        assert tuple(trial.intermediate_values.values()) == result.reports
        if result.state is State.COMPLETE:
            assert trial.value == result.reports[-1]
    assert optuna.importance.get_param_importances(study)


def test_a_study_file_that_is_none_costs_one_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.db").write_text("no database" * 1000)
    assert len(_searched(tmp_path / "study.db")) == 14
    assert capsys.readouterr().err.count("tune: warning:") == 1


def test_of_two_equal_searches_at_once_one_writes(tmp_path: Path) -> None:
    with held(tmp_path / "locks/key") as first:
        assert first
        _searched(tmp_path / "study.db")
    assert not (tmp_path / "study.db").exists()
    _searched(tmp_path / "study.db")
    with closing(sqlite3.connect(tmp_path / "study.db")) as database:
        assert database.execute("SELECT count(*) FROM trials").fetchone() == (14,)


def test_it_waits_for_others_that_use_the_file_longer_than_sqlalchemy_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = set[int]()

    def noted(storage: RDBStorage, study_id: int, trials: Sequence[FrozenTrial]) -> None:
        with storage.engine.connect() as connection:
            waits.add(connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one())
        add_trials(storage, study_id, trials)

    monkeypatch.setattr(study_file, "add_trials", noted)
    _searched(tmp_path / "study.db")
    assert waits == {30_000}


def test_a_new_scratch_folder_sweeps_what_killed_searches_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name, lock in (
        (f"{PREFIX}tune-dead", "owner.lock"),
        (f"{PREFIX}tune-killed early", "new.lock"),
        (f"{PREFIX}tune-just made", "new.lock"),
        (f"{PREFIX}fetch-just made", "x_1.npy"),
        ("other", "owner.lock"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x_0.npy").touch()
        (tmp_path / name / lock).touch()
    os.utime(tmp_path / f"{PREFIX}tune-killed early/new.lock", (0, 0))
    kept = {f"{PREFIX}tune-just made", f"{PREFIX}fetch-just made", "other"}
    with scratch_folder("predict") as mine, scratch_folder() as another:
        assert list(mine.iterdir()) == []
        assert {path.name for path in tmp_path.iterdir()} == {*kept, mine.parent.name, another.parent.name}
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_a_scratch_folder_of_another_user_is_not_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{PREFIX}tune-theirs").mkdir()
    (tmp_path / f"{PREFIX}tune-theirs/owner.lock").touch()
    user = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: user + 1)
    assert list(abandoned_folders(tmp_path)) == []


def test_a_study_made_anew_leaves_no_row_of_the_old_one(tmp_path: Path) -> None:
    """Each table once; another search's study stays whole."""
    path = tmp_path / "study.db"
    _searched(path, "another")
    _searched(path)
    before = _rows(path)
    assert len([name for name, count in before.items() if count]) >= 5
    _searched(path)
    assert _rows(path) == before


def _rows(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}  # noqa: S608
