"""Trials beside a running search: shown as they will stand in trials.csv, never at the search's cost."""

import io
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lockstep.search.evaluation_log import NoLog
from lockstep.search.ordered import search
from lockstep.search.trials_file import read_trials, trials_table
from lockstep.storage.locks import held
from lockstep.storage.tables import csv_text
from lockstep.tracking import live
from lockstep.tracking.live import LiveTrials, runs_of
from lockstep.tracking.live_file import LiveFile
from lockstep.tracking.store import display_uri
from lockstep.tracking.trial_runs import STATUS, TrialRun, complete_trials, nested_runs, trial_runs
from lockstep.workers.trial import Evaluation, FoldTask, State, TrialResult
from tests.unit.searching import FOLDS, PRUNERS, SPACE, SUMMARIES, AtOnce, plan_of, stand_in

pytestmark = pytest.mark.slow

PLAN = plan_of(PRUNERS[1], n_trials=14)


@pytest.fixture
def store(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A real MLflow store of the working directory; searches are worth showing from their first moment."""
    import shutil

    shutil.copy(empty_store, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    monkeypatch.setattr(live, "PATIENCE_SECONDS", 0.0)
    return f"sqlite:///{tmp_path}/mlflow.db"


def _fails_at_two(task: FoldTask) -> Evaluation:
    if task.number == 2:
        return Evaluation(None, "trial 2, fold 0: the booster <broke>", 1.0, 1.0)
    return stand_in(task)


def _live(key: str = "key") -> LiveTrials:
    return LiveTrials("table", key, partial(runs_of, space=SPACE, n_folds=FOLDS, fitting=PLAN.fitting))


def _searched(shown: LiveTrials, wait: bool = True) -> list[TrialResult]:
    with shown:
        results = search(PLAN, SUMMARIES, _fails_at_two, AtOnce(), NoLog(), (shown,))
        while wait and shown._parent is None and not shown._warned:
            time.sleep(0.01)
    return results


def _in_trials_csv(results: list[TrialResult]) -> list[TrialRun]:
    text = csv_text(trials_table(results, FOLDS, PLAN.fitting))
    return trial_runs(read_trials(io.StringIO(text), SPACE), SPACE, PLAN.fitting.score_name)


def _parents(uri: str) -> tuple[Any, str, list[Any]]:
    import mlflow

    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("table")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    return client, experiment.experiment_id, [run for run in runs if "lockstep.live" in run.data.tags]


def test_every_trial_is_shown_as_trials_csv_will_have_it(store: str) -> None:
    results = _searched(_live())
    client, experiment, (parent,) = _parents(store)
    shown = [TrialRun.of_run(run) for run in nested_runs(client, experiment, parent.info.run_id)]
    assert sorted(shown, key=lambda trial: trial.number) == _in_trials_csv(results)
    failed = next(trial for trial in shown if trial.number == 2)
    assert (failed.status, failed.tags["lockstep.message"]) == ("FAILED", "trial 2, fold 0: the booster <broke>")
    states = {trial.tags["lockstep.state"]: trial.status for trial in shown}
    assert states == {"COMPLETE": "FINISHED", "PRUNED": "KILLED", "FAIL": "FAILED"}
    pruned = next(trial for trial in shown if trial.status == "KILLED")
    assert pruned.tags["lockstep.message"].startswith("pruned after fold")


def test_a_search_that_starts_again_goes_on_in_the_same_run(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "STOPPING_SECONDS", 60.0)  # a busy machine must not decide
    stopped = _live()
    for result in search(PLAN, SUMMARIES, _fails_at_two, AtOnce(), NoLog())[:5]:
        stopped.finished(result)
    while not (stopped._parent and len(stopped._trials) == 5):
        time.sleep(0.01)
    stopped.__exit__(KeyboardInterrupt, None, None)
    _, _, (parent,) = _parents(store)
    assert parent.info.status == "KILLED"
    results = _searched(_live())
    client, experiment, (after,) = _parents(store)
    assert after.info.run_id == parent.info.run_id
    assert after.info.status == "RUNNING"
    shown = [TrialRun.of_run(run) for run in nested_runs(client, experiment, parent.info.run_id)]
    assert sorted(shown, key=lambda trial: trial.number) == _in_trials_csv(results)


def test_of_two_equal_searches_at_once_one_is_shown(store: str) -> None:
    with held(Path(".lockstep/locks/live-key")) as first:
        assert first
        _searched(_live(), wait=False)
    _searched(_live("another"))
    _, _, parents = _parents(store)
    assert [run.data.tags["lockstep.study_key"] for run in parents] == ["another"]


@pytest.mark.parametrize("address", ["http://user:secret@127.0.0.1:9", "sqlite:////proc/none/mlflow.db", "~nobody_x/s"])
def test_a_store_that_cannot_be_used_costs_one_warning(
    store: str, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert store
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setattr(live, "RETRY_SECONDS", 0.01)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    results = _searched(_live())
    said = capsys.readouterr().err
    assert len(results) == 14
    assert said.count("tune: warning: ") == 1
    assert said.count("\n") == 1
    assert "secret" not in said
    assert LiveFile("key").take_warning(display_uri())
    assert not LiveFile("key").take_warning(display_uri())


def test_a_short_search_opens_no_store(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE_SECONDS", 60.0)
    _searched(_live(), wait=False)
    import mlflow

    assert mlflow.MlflowClient(store).get_experiment_by_name("table") is None


def test_nested_runs_become_exactly_the_wanted_ones(store: str) -> None:
    """Unfinished, different, doubled and unknown ones go; right ones stay as they are."""
    results = _searched(_live())
    wanted = _in_trials_csv(results)
    client, experiment, (parent,) = _parents(store)
    run_id = parent.info.run_id
    before = {TrialRun.of_run(run).number: run.info.run_id for run in nested_runs(client, experiment, run_id)}
    client.update_run(before[0], status="RUNNING")
    client.log_metric(before[1], "fold_0_rmse", 0.25)
    wanted[3].log(client, experiment, run_id)
    assert complete_trials(client, experiment, run_id, wanted[:10]) == 2
    after = {TrialRun.of_run(run).number: run.info.run_id for run in nested_runs(client, experiment, run_id)}
    assert sorted(after) == list(range(10))
    assert {number for number in after if after[number] != before[number]} == {0, 1}
    assert complete_trials(client, experiment, run_id, wanted[:10]) == 0


def test_every_state_has_a_status() -> None:
    assert {str(state) for state in State} == set(STATUS)
