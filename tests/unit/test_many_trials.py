"""What a trial costs the search itself must not grow with the trials before it; counted, not timed.

And what is spared must not change a decision: everything is compared with Optuna's own way of doing it.
"""

import pickle
import threading
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.samplers import TPESampler
from optuna.search_space import IntersectionSearchSpace
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy import event

from lockstep.search import racing, sampler
from lockstep.search.pruning import STUDY_NAME, Judge, Rules, frozen_trial, make_pruner
from lockstep.search.study_file import StudyFile
from lockstep.search.study_rows import add_trials
from lockstep.search.tune_blocks import NoPruning, PrunerOptions
from lockstep.workers.trial import Evaluation, FoldTask, State, TrialResult
from tests.unit.searching import ALL_PRUNERS, FOLDS, AtOnce, plan_of, run_search, score_of, stand_in, without_time

pytestmark = pytest.mark.slow

# Few values, so that ties are common.
SCORES = st.sampled_from([0.5, 0.75, 1.0, 1.0 + 2**-40, 1.25, 2.0, 1e6])


def _name(pruner: PrunerOptions) -> str:
    return type(pruner).__name__


class Plain:
    """A judge as Optuna means it: a study of its own into which every known trial is copied."""

    def __init__(self, number: int, known: list[FrozenTrial], pruner: PrunerOptions) -> None:
        self._study = optuna.create_study(study_name=STUDY_NAME, pruner=make_pruner(pruner, FOLDS))
        for trial in known:
            self._study.add_trial(trial)
        for _ in range(len(known), number):
            self._study.add_trial(create_trial(state=TrialState.RUNNING))
        self._trial = self._study.ask()

    def prunes(self, mean_score: float, folds_done: int) -> bool:
        self._trial.report(mean_score, folds_done)
        return self._trial.should_prune() and folds_done < FOLDS

    def attrs(self) -> dict[str, Any]:
        return self._study.trials[self._trial.number].system_attrs


@settings(max_examples=120)
@given(
    st.sampled_from(ALL_PRUNERS),
    st.lists(st.tuples(st.lists(SCORES, min_size=FOLDS, max_size=FOLDS), st.booleans()), min_size=1, max_size=30),
    st.integers(1, 6),
)
def test_every_decision_is_that_of_a_plain_optuna_study(
    pruner: PrunerOptions, trials: list[tuple[list[float], bool]], lag: int
) -> None:
    """Whatever the history: trials are judged here in the order of their folds, several in flight, by shared rules."""
    rules, known, judged = Rules.of(pruner, FOLDS), list[FrozenTrial](), list[tuple[Judge, Plain]]()
    for number, (scores, fails) in enumerate(trials):
        before = known[: max(0, number - lag + 1)]
        ours, plain = Judge(number, before, rules), Plain(number, before, pruner)
        judged.append((ours, plain))
        state, done = State.COMPLETE, 0
        for done, _ in enumerate(scores, start=1):
            mean = sum(scores[:done]) / done
            stops = ours.prunes(mean, done)
            assert stops == plain.prunes(mean, done)
            if stops:
                state = State.PRUNED
                break
        assert ours.attrs() == plain.attrs()
        state = State.FAIL if fails else state
        folds = tuple(score_of(score) for score in scores[:done])
        known.append(frozen_trial(TrialResult(number, state, {}, folds, "", ours.attrs(), 0.0, 0.0)))


@settings(max_examples=60)
@given(st.lists(st.lists(SCORES, min_size=FOLDS, max_size=FOLDS), min_size=1, max_size=25), st.randoms())
def test_a_race_is_judged_alike_whichever_snapshot_comes_first(histories: list[list[float]], order: Any) -> None:
    """One pruner serves judges of different snapshots in any order; a new one for each decides the same."""
    results = [
        TrialResult(n, State.COMPLETE, {}, tuple(map(score_of, f)), "", {}, 0.0, 0.0) for n, f in enumerate(histories)
    ]
    known, shared = list(map(frozen_trial, results)), racing.RacingPruner(0.25, 1)
    counts = list(range(1, len(known) + 1))
    order.shuffle(counts)
    for count in counts:
        study = optuna.create_study()
        study.add_trials(known[:count])
        trial = create_trial(state=TrialState.RUNNING, intermediate_values={1: 1.0, 2: 1.1})
        assert shared.prune(study, trial) == racing.RacingPruner(0.25, 1).prune(study, trial)


@pytest.mark.parametrize("pruner", ALL_PRUNERS, ids=_name)
def test_no_known_trial_is_copied_to_judge_another(pruner: PrunerOptions) -> None:
    class Uncopied(FrozenTrial):
        def __deepcopy__(self, memo: Any) -> Any:
            raise AssertionError("a known trial is copied")

        def __copy__(self) -> Any:
            raise AssertionError("a known trial is copied")

    known = [frozen_trial(result) for result in run_search(plan_of(pruner, n_trials=20), stand_in, AtOnce())]
    for trial in known:
        trial.__class__ = Uncopied
    judge = Judge(24, known, Rules.of(pruner, FOLDS))
    assert not [judge.prunes(1.0, done) for done in range(1, FOLDS + 1)][-1]
    judge.attrs()


def test_a_race_looks_at_each_known_trial_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, folds_of = Counter[int](), racing._folds

    def counted(trial: FrozenTrial) -> list[float]:
        looked[trial.number] += 1
        return folds_of(trial)

    monkeypatch.setattr(racing, "_folds", counted)
    race = next(pruner for pruner in ALL_PRUNERS if _name(pruner) == "Race")
    run_search(plan_of(race, n_trials=150, sampler="random"), stand_in, AtOnce())
    # Each of its own folds once when it is judged, and once more when it is known.
    assert max(looked.values()) <= FOLDS + 1


@pytest.mark.parametrize("n_startup_trials", [1, 5])
def test_suggestions_are_those_of_a_plain_tpe_sampler(n_startup_trials: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def some_fail(task: FoldTask) -> Evaluation:
        return Evaluation(None, "ValueError: no", 0.0, 0.0) if task.number in (0, 1, 7) else stand_in(task)

    start = {"max_depth": 9, "learning_rate": 0.05}
    plan = plan_of(ALL_PRUNERS[0], n_trials=40, n_startup_trials=n_startup_trials, enqueue=[start])
    ours = run_search(plan, some_fail, AtOnce())

    def plain(_: IntersectionSearchSpace, seed: int, startup: int) -> TPESampler:
        return TPESampler(seed=seed, n_startup_trials=startup, multivariate=True, constant_liar=True)

    monkeypatch.setattr(sampler, "_Tpe", plain)
    assert without_time(run_search(plan, some_fail, AtOnce())) == without_time(ours)


def test_the_space_is_worked_out_from_new_trials_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = Counter[str]()
    per_trial = list[int]()
    distributions = FrozenTrial.distributions

    def counted(trial: FrozenTrial) -> Any:
        looked["distributions"] += 1
        return distributions.fget(trial)  # type: ignore[attr-defined]

    def counting(task: FoldTask) -> Evaluation:
        if task.fold == 0:
            per_trial.append(looked["distributions"])
        return stand_in(task)

    monkeypatch.setattr(FrozenTrial, "distributions", property(counted, distributions.fset))  # type: ignore[attr-defined]
    run_search(plan_of(NoPruning(), n_trials=120), counting, AtOnce())
    assert per_trial[110] - per_trial[100] <= per_trial[40] - per_trial[30]


def test_what_a_worker_is_sent_does_not_grow() -> None:
    sent = list[int]()

    def noting(task: FoldTask) -> Evaluation:
        sent.append(len(pickle.dumps(task)))
        return stand_in(task)

    run_search(plan_of(ALL_PRUNERS[0], n_trials=120, sampler="random"), noting, AtOnce())
    assert max(sent) - min(sent) < 20


def test_trials_in_the_study_file_are_as_optuna_writes_them(tmp_path: Path) -> None:
    plan, storages = plan_of(NoPruning()), [RDBStorage(f"sqlite:///{tmp_path / name}.db") for name in ("ours", "its")]
    with StudyFile(tmp_path / "unused.db", "unused", plan.space.distributions(), {}) as file:
        frozen_trials = [file._frozen(*each) for each in _results()]
    studies = [optuna.create_study(study_name="s", storage=storage) for storage in storages]
    add_trials(storages[0], storages[0].get_study_id_from_name("s"), frozen_trials)
    studies[1].add_trials(frozen_trials)
    ours, its = ([_content(trial) for trial in study.trials] for study in studies)
    assert ours == its
    assert len(ours) == len(frozen_trials)
    assert studies[0].best_trial.number == studies[1].best_trial.number
    for storage in storages:
        storage.engine.dispose()


def test_trials_that_wait_are_written_in_one_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commits, all_there = Counter[str](), threading.Event()
    make = StudyFile._new_study

    def slowly(file: StudyFile) -> tuple[RDBStorage, int]:
        assert all_there.wait(60)
        made = make(file)
        event.listen(made[0].engine, "commit", lambda _: commits.update(["commit"]))
        return made

    monkeypatch.setattr(StudyFile, "_new_study", slowly)
    plan = plan_of(NoPruning(), n_trials=60, sampler="random")
    with StudyFile(tmp_path / "study.db", "key", plan.space.distributions(), {}) as file:
        for result in run_search(plan, stand_in, AtOnce()):
            file.finished(result)
        all_there.set()
    study = optuna.load_study(study_name="key", storage=f"sqlite:///{tmp_path / 'study.db'}")
    assert len(study.trials) == 60
    # Those that had come before the file was made, and the rest.
    assert 1 <= commits["commit"] <= 2


def _results() -> list[Any]:
    plan = plan_of(ALL_PRUNERS[0], n_trials=30)

    def some_fail(task: FoldTask) -> Evaluation:
        return Evaluation(None, "ValueError: no", 0.0, 0.0) if task.number % 7 == 3 else stand_in(task)

    return [(result, datetime(2024, 3, 31, 12, 30, 5, 17)) for result in run_search(plan, some_fail, AtOnce())]


def _content(trial: FrozenTrial) -> tuple[Any, ...]:
    times = trial.datetime_start, trial.datetime_complete
    told = trial.params, trial.distributions, trial.intermediate_values, trial.user_attrs, trial.system_attrs
    return trial.number, trial.state, trial.values, *times, *told
