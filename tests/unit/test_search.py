"""The ordered search with cheap stand-ins for fits: order, pruning, rounding, failures, workers that die."""

import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution

from lockstep.data.tables import significant
from lockstep.errors import ConfigError, SearchError
from lockstep.model.booster import FoldScore
from lockstep.model.folds import Fold
from lockstep.schema.params import (
    Hyperband,
    Median,
    NoPruning,
    Percentile,
    PrunerOptions,
    Range,
    SuccessiveHalving,
    Tune,
)
from lockstep.search.local_engine import LocalEngine, worker_count
from lockstep.search.ordered import Plan, best_of, search
from lockstep.search.pruning import Judge
from lockstep.search.report import best_params, trials_table
from lockstep.search.sampler import seed_of
from lockstep.search.space import Parameter, SearchSpace, cut, distinct
from lockstep.search.trial import Result, State, Task
from lockstep.search.worker import failure_message, initialise, run_trial
from tests.conftest import ROOT

FOLDS = 4
SPACE = {
    "max_depth": Range(low=2, high=10),
    "n_estimators": Range(low=50, high=300, step=50),
    "learning_rate": Range(low=0.01, high=0.3, log=True),
    "subsample": Range(low=0.5, high=1.0),
    "grow_policy": Range(choices=("depthwise", "lossguide")),
}
PRUNERS: list[PrunerOptions] = [
    Median(n_startup_trials=4, n_warmup_steps=0),
    Percentile(n_startup_trials=4, n_warmup_steps=0, percentile=30.0),
    SuccessiveHalving(min_resource=1, reduction_factor=2, min_early_stopping_rate=0),
    Hyperband(min_resource=1, reduction_factor=2),
]


def _plan(pruner: PrunerOptions, n_trials: int = 40, lag: int = 6, **more: object) -> Plan:
    tune = Tune.model_validate(
        {
            "n_trials": n_trials,
            "space": "x",
            "lag": lag,
            "sampler": "tpe",
            "n_startup_trials": 5,
            "pruner": "none",
            "early_stopping_rounds": 5,
            "max_rounds": 10,
            "enqueue": [],
            **more,
        }
    )
    return Plan(tune, SearchSpace(SPACE), pruner, seed=7)


def _stand_in(task: Task) -> Result:
    """A trial whose folds cost nothing: a smooth function of its parameters plus a little fold noise."""
    judge = Judge(task.number, task.known, task.pruner, FOLDS)
    folds, state = [], State.COMPLETE
    depth, rate = float(task.params["max_depth"]), float(task.params["learning_rate"])
    for fold in range(FOLDS):
        rmse = significant(1 + (depth - 6) ** 2 / 20 + abs(math.log10(rate) + 1) + 0.01 * fold, 10)
        folds.append(FoldScore(rmse, rmse**2, rmse, 0.5, 10))
        if judge.prunes(sum(f.rmse for f in folds) / len(folds), fold + 1) and fold + 1 < FOLDS:
            state = State.PRUNED
            break
    return Result(task.number, state, task.params, tuple(folds), "", judge.attrs(), 0.0)


class Silent:
    def finished(self, result: Result) -> None:
        """Nobody watches."""


class AtOnce(Executor):
    """Runs every call where it is submitted: one worker."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = Future[Any]()
        future.set_result(fn(*args, **kwargs))
        return future


def _without_time(results: list[Result]) -> list[tuple[object, ...]]:
    return [(r.number, r.state, dict(r.params), r.folds, dict(r.attrs)) for r in results]


@pytest.mark.parametrize("pruner", PRUNERS, ids=lambda pruner: type(pruner).__name__)
def test_results_do_not_depend_on_workers_or_their_order(pruner: PrunerOptions) -> None:
    alone = search(_plan(pruner), _stand_in, AtOnce(), Silent())

    def delayed(task: Task) -> Result:
        time.sleep(random.Random(task.number * 31 + 5).random() / 50)  # noqa: S311 - only to shuffle arrivals
        return _stand_in(task)

    for workers in (2, 3, 8):
        with ThreadPoolExecutor(workers) as engine:
            together = search(_plan(pruner), delayed, engine, Silent())
        assert _without_time(together) == _without_time(alone)


@pytest.mark.parametrize("pruner", PRUNERS, ids=lambda pruner: type(pruner).__name__)
def test_every_pruner_prunes(pruner: PrunerOptions) -> None:
    results = search(_plan(pruner), _stand_in, AtOnce(), Silent())
    assert sum(result.state is State.PRUNED for result in results) >= 3
    assert best_of(results).cv_rmse is not None


def test_a_trial_knows_exactly_the_trials_before_its_lag() -> None:
    seen: dict[int, list[int]] = {}

    def note(task: Task) -> Result:
        seen[task.number] = [known.number for known in task.known]
        return _stand_in(task)

    with ThreadPoolExecutor(3) as engine:
        search(_plan(NoPruning(), n_trials=20, lag=5), note, engine, Silent())
    assert seen == {number: list(range(max(0, number - 5 + 1))) for number in range(20)}


def test_a_longer_search_begins_with_the_shorter_one() -> None:
    short = search(_plan(PRUNERS[1], n_trials=15), _stand_in, AtOnce(), Silent())
    long = search(_plan(PRUNERS[1], n_trials=30), _stand_in, AtOnce(), Silent())
    assert _without_time(long)[:15] == _without_time(short)


def test_enqueued_configurations_come_first() -> None:
    plan = _plan(NoPruning(), n_trials=3, enqueue=[{"max_depth": 9, "learning_rate": 0.05, "grow_policy": "lossguide"}])
    first = search(plan, _stand_in, AtOnce(), Silent())[0]
    assert (first.params["max_depth"], first.params["learning_rate"]) == (9, 0.05)
    assert first.params["grow_policy"] == "lossguide"


def test_a_failed_trial_is_recorded_and_the_search_goes_on() -> None:
    def sometimes(task: Task) -> Result:
        if task.number % 3 == 0:
            return Result(task.number, State.FAIL, task.params, (), "ValueError: no", {}, 0.0)
        return _stand_in(task)

    results = search(_plan(PRUNERS[0], n_trials=12), sometimes, AtOnce(), Silent())
    assert [result.number for result in results if result.state is State.FAIL] == [0, 3, 6, 9]
    table = trials_table(results, FOLDS)
    assert table["message"][3] == "ValueError: no"
    assert table["cv_rmse"].isna()[3]


def test_when_all_trials_fail_the_first_is_quoted() -> None:
    def fails(task: Task) -> Result:
        return Result(task.number, State.FAIL, task.params, (), f"ValueError: {task.number}", {}, 0.0)

    with pytest.raises(SearchError, match="all 5 trials failed; the first: ValueError: 0"):
        search(_plan(NoPruning(), n_trials=5), fails, AtOnce(), Silent())


@given(
    st.integers(0, 50), st.integers(0, 50), st.integers(1, 7), st.floats(-10, 70, allow_nan=False, allow_infinity=False)
)
def test_stepped_integers_stay_on_their_grid(low: int, extent: int, step: int, suggested: float) -> None:
    value = Parameter("n", Range(low=low, high=low + extent, step=step)).used(suggested)
    assert isinstance(value, int)
    assert low <= value <= low + extent
    assert (value - low) % step == 0


@given(
    st.floats(0.0, 1.0),
    st.sampled_from([(0.0, 0.5, False), (1e-8, 10.0, True), (0.5, 1.0, False), (0.001, 0.3, True), (-3.0, 7.0, False)]),
    st.integers(0, 39_999),
)
def test_the_booster_gets_the_four_digits_whatever_trace_a_value_carries(
    share: float, bounds: tuple[float, float, bool], number: int
) -> None:
    low, high, log = bounds
    value = low * (high / low) ** share if log else low + (high - low) * share
    kept = distinct(value, number, FloatDistribution(low, high, log=log))
    used = Parameter("p", Range(low=low, high=high, log=log)).used(kept)
    assert low <= kept <= high
    assert used == cut(value, low, high, log=log)
    assert used == pytest.approx(value, rel=5.1e-4, abs=0 if log else (high - low) * 1e-6)


def test_equal_suggestions_are_remembered_apart_and_the_last_bit_is_hidden() -> None:
    distribution = FloatDistribution(0.001, 0.3, log=True)
    assert len({distinct(value, number, distribution) for value in (0.3, 0.05) for number in range(1000)}) == 2000
    assert len({distinct(0.0, number, FloatDistribution(0.0, 0.5)) for number in range(1000)}) == 1000
    assert distinct(0.0123456789, 3, distribution) == distinct(np.nextafter(0.0123456789, 1), 3, distribution)


def test_no_two_asks_share_a_seed() -> None:
    assert len({seed_of(seed, number) for seed in range(20) for number in range(200)}) == 4000


def test_xgboosts_clock_and_paths_stay_out_of_messages() -> None:
    error = ValueError("[07:12:33] /workspace/src/data/x.cc:123: Check failed: max_bin >= 2\nStack trace:\n")
    assert failure_message(error) == "ValueError: Check failed: max_bin >= 2"


def _folds(folder: Path) -> None:
    numbers = np.random.default_rng(0)
    for index in range(2):
        x = numbers.random((80, 2), dtype=np.float32)
        y = x.sum(axis=1, dtype=np.float64)
        Fold(x[:60], y[:60], x[60:], y[60:], ("a", "b"), ("q", "q")).save(folder / f"fold_{index}")


def test_parameters_that_xgboost_refuses_make_a_failed_trial(tmp_path: Path) -> None:
    _folds(tmp_path)
    initialise(tmp_path)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    plan = _plan(NoPruning())
    good = run_trial(Task(0, {"max_depth": 2}, (), NoPruning(), plan.budget, 1))
    bad = run_trial(Task(0, {"max_depth": 2, "subsample": 7.0}, (), NoPruning(), plan.budget, 1))
    assert good.state is State.COMPLETE
    assert good == Result(
        **{**vars(run_trial(Task(0, {"max_depth": 2}, (), NoPruning(), plan.budget, 1))), "seconds": good.seconds}
    )
    assert bad.state is State.FAIL
    assert "subsample" in bad.message
    assert "[" not in bad.message[:20]


def _dies_once(marker: str) -> str:
    path = Path(marker)
    if not path.exists():
        path.write_text("died")
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def _dies() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies_is_replaced_and_its_trial_tried_again(tmp_path: Path) -> None:
    _folds(tmp_path)
    with LocalEngine(2, tmp_path) as engine:
        dying = engine.submit(_dies_once, str(tmp_path / "marker"))
        neighbour = engine.submit(abs, -3)
        assert dying.result(timeout=60) == "done"
        assert neighbour.result(timeout=60) == 3
        with pytest.raises(SearchError, match="died 3 times on the same trial"):
            engine.submit(_dies).result(timeout=60)
        assert engine.submit(abs, -4).result(timeout=60) == 4


def test_an_error_ends_the_workers_at_once(tmp_path: Path) -> None:
    _folds(tmp_path)
    pids = []

    def interrupted() -> None:
        with LocalEngine(1, tmp_path) as engine:
            pids.append(engine.submit(os.getpid).result(timeout=60))
            engine.submit(time.sleep, 600)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_local_workers_give_the_results_of_one_process(tmp_path: Path) -> None:
    _folds(tmp_path)
    plan = _plan(PRUNERS[0], n_trials=8, lag=3)
    initialise(tmp_path)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    alone = search(plan, run_trial, AtOnce(), Silent())
    with LocalEngine(2, tmp_path) as engine:
        together = search(plan, run_trial, engine, Silent())
    assert _without_time(together) == _without_time(alone)
    assert best_params(together) == best_params(alone)


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_of_workers_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_WORKERS", value)
    with pytest.raises(ConfigError, match=r"environment: LOCKSTEP_WORKERS: .* must be a whole number"):
        worker_count()


@settings(max_examples=20)
@given(st.integers(1, 8), st.integers(1, 12))
def test_any_lag_asks_every_trial_once(lag: int, n_trials: int) -> None:
    results = search(_plan(NoPruning(), n_trials=n_trials, lag=lag), _stand_in, AtOnce(), Silent())
    assert [result.number for result in results] == list(range(n_trials))


def test_a_worker_that_cannot_start_is_an_error_not_an_endless_wait(tmp_path: Path) -> None:
    class Unstartable(LocalEngine):
        def _new_pool(self, slot: int) -> Any:
            raise OSError("no process can be started")

    with Unstartable(1, tmp_path) as engine, pytest.raises(OSError, match="no process can be started"):
        engine.submit(abs, -1).result(timeout=60)


SUGGESTIONS = """
import json, sys
from pathlib import Path
import yaml
from lockstep.schema.params import NoPruning, Range
from lockstep.search.ordered import Plan, search
from lockstep.search.space import SearchSpace
from tests.unit.test_search import AtOnce, Silent, _any_space, _plan
space, seed, trials = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
spaces = yaml.safe_load(Path("params.yaml").read_text())["spaces"]
ranges = {name: Range.model_validate(bounds) for name, bounds in spaces[space].items()}
plan = _plan(NoPruning(), n_trials=trials, lag=8, n_startup_trials=10)
results = search(Plan(plan.tune, SearchSpace(ranges), plan.pruner, seed), _any_space, AtOnce(), Silent())
print(json.dumps([[dict(result.params), result.reports] for result in results]))
"""


def _any_space(task: Task) -> Result:
    """A cheap score over the parameters of any space; ties and last bits are as likely as in real searches."""
    score = 1.0
    for position, name in enumerate(sorted(task.params)):
        score += (math.log10(abs(float(task.params[name])) + 1e-9) - 0.1 * position) ** 2 / (position + 2)
    fold = FoldScore(significant(score, 10), 1.0, 1.0, 0.5, 10)
    return Result(task.number, State.COMPLETE, task.params, (fold,), "", {}, 0.0)


@pytest.mark.parametrize(
    ("space", "seed", "trials"), [("spotify9", 1, 150), ("spotify9", 42, 230), ("housing7", 3, 120)]
)
def test_an_older_cpu_suggests_the_same_trials(space: str, seed: int, trials: int) -> None:
    """These searches differed while tied values were left to numpy's unstable argsort, or the last bit was kept."""

    def suggestions(**environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SUGGESTIONS, space, str(seed), str(trials)],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    assert suggestions() == suggestions(NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4")


KILLED = """
import os, signal, sys, time
from pathlib import Path
from lockstep.search.local_engine import LocalEngine
if __name__ == "__main__":
    engine = LocalEngine(1, Path(sys.argv[1]))
    print(engine.submit(os.getpid).result(), flush=True)
    engine.submit(time.sleep, 600)
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_workers_of_a_killed_search_end_with_it(tmp_path: Path) -> None:
    _folds(tmp_path / "folds")
    (tmp_path / "killed.py").write_text(KILLED)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "killed.py"), str(tmp_path / "folds")],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == -signal.SIGKILL
    worker = int(done.stdout)
    for _ in range(600):
        if not Path(f"/proc/{worker}").exists():
            return
        time.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
    raise AssertionError("the worker outlived the search")


TERMINATED = """
import os, sys, time
from pathlib import Path
from lockstep.search.local_engine import LocalEngine
from lockstep.stage import run_stage
def main():
    with LocalEngine(1, Path(sys.argv[1])) as engine:
        print(engine.submit(os.getpid).result(), flush=True)
        engine.submit(time.sleep, 600).result()
if __name__ == "__main__":
    run_stage("tune", main)
"""


def test_sigterm_ends_a_stage_and_its_workers(tmp_path: Path) -> None:
    _folds(tmp_path / "folds")
    (tmp_path / "terminated.py").write_text(TERMINATED)
    command = [sys.executable, str(tmp_path / "terminated.py"), str(tmp_path / "folds")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as stage:
        assert stage.stdout is not None
        worker = int(stage.stdout.readline())
        stage.send_signal(signal.SIGTERM)
        assert stage.wait(timeout=60) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
