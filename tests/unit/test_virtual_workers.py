"""The virtual clock under the real search loop: what it measures can be worked out by hand."""

from dataclasses import replace

from benchmarks.made_search import made_plan
from benchmarks.trial_search import SUMMARIES, AtOnce, formula
from benchmarks.virtual_workers import VirtualWorkers
from lockstep.search.evaluation_log import NoLog
from lockstep.search.ordered import Plan, search
from lockstep.search.tune_blocks import NoPruning, Range
from lockstep.workers.trial import Evaluation, FoldTask

SPACE = {"learning_rate": Range(low=0.01, high=0.3, log=True), "subsample": Range(low=0.5, high=1.0)}


def plan(lag: int) -> Plan:
    made = made_plan(SPACE, 12, seed=1)
    return replace(made, tune=made.tune.model_copy(update={"lag": lag}))


def test_the_number_of_workers_changes_the_time_and_no_result() -> None:
    at_once = search(plan(4), SUMMARIES, formula(plan(4)), AtOnce(), NoLog())
    walls = []
    for n_workers in (1, 2, 4, 20, 64):
        workers = VirtualWorkers(n_workers)
        assert workers.search(plan(4), SUMMARIES, formula(plan(4))) == at_once
        walls.append(workers.now)
    # four trials of five folds at most
    assert walls[0] > walls[1] > walls[2] > walls[3] == walls[4]


def test_one_worker_is_always_busy_but_for_the_loop() -> None:
    workers = VirtualWorkers(1)
    workers.search(plan(4), SUMMARIES, formula(plan(4)))
    assert workers.efficiency == 1
    slowed = VirtualWorkers(1, loop_seconds=1.0)
    slowed.search(plan(1), SUMMARIES, formula(plan(1)))
    assert round(slowed.now - slowed.busy, 6) == 12


def test_without_pruning_a_trials_folds_run_side_by_side() -> None:
    def ten_seconds(task: FoldTask) -> Evaluation:
        return replace(formula(plan(1))(task), seconds=10.0)

    workers = VirtualWorkers(5)
    workers.search(replace(plan(1), pruner=NoPruning()), SUMMARIES, ten_seconds)
    assert (workers.now, workers.n_fits, workers.efficiency) == (120, 60, 1)
