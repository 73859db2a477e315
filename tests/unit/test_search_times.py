"""How long a search took: remembered for exactly its trials, and never in the way of the search."""

import json
import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import pytest

from lockstep.search.evaluation_log import EvaluationLog
from lockstep.search.times import MAX_ENTRIES, SearchTime, save_search_time, search_time
from lockstep.search.tune_blocks import NoPruning
from lockstep.workers.trial import Evaluation, FoldTask
from tests.unit.searching import FOLDS, AtOnce, plan_of, run_search, stand_in


@pytest.fixture
def trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    file = tmp_path / "trials.csv"
    file.write_text("number,state\n0,COMPLETE\n")
    return file


def test_the_time_is_found_for_exactly_the_trials_it_belongs_to(trials: Path) -> None:
    assert search_time(trials) is None
    save_search_time(trials, SearchTime(12.5, 20.25))
    assert search_time(trials) == SearchTime(12.5, 20.25)
    trials.write_text("number,state\n0,PRUNED\n")
    assert search_time(trials) is None
    assert search_time(trials.with_name("absent.csv")) is None


def test_a_search_that_knew_folds_keeps_the_wall_time_an_earlier_one_measured(trials: Path) -> None:
    save_search_time(trials, SearchTime(None, 20.0))
    assert search_time(trials) == SearchTime(None, 20.0)
    save_search_time(trials, SearchTime(12.5, 20.0))
    save_search_time(trials, SearchTime(None, 21.0))
    assert search_time(trials) == SearchTime(12.5, 21.0)


def test_only_the_latest_searches_are_kept(trials: Path) -> None:
    for number in range(MAX_ENTRIES + 3):
        trials.write_text(str(number))
        save_search_time(trials, SearchTime(float(number), 1.0))
    assert len(json.loads((trials.parent / ".lockstep/search_times.json").read_text())) == MAX_ENTRIES
    trials.write_text("2")
    assert search_time(trials) is None
    trials.write_text("3")
    assert search_time(trials) == SearchTime(3.0, 1.0)


@pytest.mark.parametrize(
    "content", ["{torn", '{"a": 1}', "[1]", '[{"trials_sha256": "x", "cpu_seconds": "y"}]', "\xff"]
)
def test_a_damaged_file_costs_one_warning_and_is_begun_anew(
    content: str, trials: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = trials.parent / ".lockstep/search_times.json"
    file.parent.mkdir()
    file.write_bytes(content.encode("latin-1"))
    assert search_time(trials) is None
    save_search_time(trials, SearchTime(1.0, 2.0))
    (warning,) = capsys.readouterr().err.splitlines()
    assert warning.startswith("tune: warning:")
    assert search_time(trials) == SearchTime(1.0, 2.0)


def test_a_file_that_cannot_be_written_costs_one_warning(trials: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (trials.parent / ".lockstep").write_text("a file where the folder should be")
    save_search_time(trials, SearchTime(1.0, 2.0))
    (warning,) = capsys.readouterr().err.splitlines()
    assert "the time of this search is not stored" in warning


def _keep(folder: Path, process: int) -> None:
    # A fork server that another test has started does not know this test's environment.
    os.environ["DVC_ROOT"] = str(folder)
    for turn in range(10):
        file = folder / f"{process}-{turn}.csv"
        file.write_text(file.name)
        save_search_time(file, SearchTime(1.0, 1.0))


def test_searches_that_end_together_all_keep_their_time(trials: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    processes = [context.Process(target=_keep, args=(trials.parent, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    files = [file for file in trials.parent.glob("*-*.csv") if search_time(file) == SearchTime(1.0, 1.0)]
    assert len(files) == 40


def _costly(task: FoldTask) -> Evaluation:
    return replace(stand_in(task), cpu_seconds=0.25 + task.number)


def test_a_resumed_search_costs_the_cpu_time_of_all_its_folds(tmp_path: Path) -> None:
    plan, costs = plan_of(NoPruning(), n_trials=8), []
    for _ in range(2):
        with EvaluationLog(tmp_path / "log.db") as log:
            costs.append(SearchTime.of(run_search(plan, _costly, AtOnce(), log), None).cpu_seconds)
    assert log.n_reused_earlier == log.n_reused == 8 * FOLDS
    assert costs == [FOLDS * sum(0.25 + number for number in range(8))] * 2


def test_what_a_search_fitted_itself_does_not_count_as_known_from_before(tmp_path: Path) -> None:
    start = {"max_depth": 5, "n_estimators": 100, "learning_rate": 0.1, "subsample": 1.0, "grow_policy": "depthwise"}
    plan = plan_of(NoPruning(), n_trials=2, enqueue=[start, start], lag=1)
    with EvaluationLog(tmp_path / "log.db") as log:
        run_search(plan, stand_in, AtOnce(), log)
    assert (log.n_fitted, log.n_reused, log.n_reused_earlier) == (FOLDS, FOLDS, 0)
