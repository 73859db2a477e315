"""Trials in flight: folds are fitted by an engine or read from the log in any order, and judged in fold order."""

import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace

from lockstep.fitting.booster import FoldScore
from lockstep.fitting.folds import FoldSummary
from lockstep.search.evaluation_log import FoldLog
from lockstep.search.pruning import Judge
from lockstep.signals import next_of
from lockstep.workers.identity import fold_key
from lockstep.workers.trial import Evaluation, FoldTask, State, TrialResult, running_means


@dataclass
class Trial:
    """One trial between ask and tell.

    Attributes:
        task: The task of its first fold; the other folds differ in `fold` alone.
        judge: Decides after each fold whether the trial continues.
        n_folds: Number of folds of a complete trial.
        state: How the trial ended; None while it runs.
    """

    task: FoldTask
    judge: Judge
    n_folds: int
    state: State | None = None
    _scores: list[FoldScore] = field(default_factory=list)
    _seconds: float = 0.0
    _cpu_seconds: float = 0.0
    _reused_seconds: float = 0.0
    _message: str = ""
    _n_awaited: int = 0
    _evaluations: dict[int, Evaluation] = field(default_factory=dict)

    def next_tasks(self) -> list[FoldTask]:
        """The folds up to the next pruning decision; they can be fitted in parallel."""
        first = len(self._scores)
        tasks = [replace(self.task, fold=first + offset) for offset in range(self.judge.folds_before_decision(first))]
        self._n_awaited = len(tasks)
        return tasks

    def add_evaluation(self, fold: int, evaluation: Evaluation, *, reused: bool = False) -> bool:
        """Add one evaluation; True when all of `next_tasks` are evaluated and the trial was judged on them."""
        self._evaluations[fold] = evaluation
        self._reused_seconds += evaluation.seconds if reused else 0.0
        self._seconds += evaluation.seconds
        self._cpu_seconds += evaluation.cpu_seconds
        if len(self._evaluations) < self._n_awaited:
            return False
        self._judge_all(self._evaluations)
        self._evaluations = {}
        return True

    def _judge_all(self, evaluations: Mapping[int, Evaluation]) -> None:
        """Judge the folds in their order, as if each had been fitted after the one before."""
        for fold, evaluation in sorted(evaluations.items()):
            if evaluation.score is None:
                self.state, self._message = State.FAIL, evaluation.message
                return
            self._scores.append(evaluation.score)
            mean = running_means([score.score for score in self._scores])[-1]
            if self.judge.prunes(mean, fold + 1):
                self.state, self._message = State.PRUNED, f"pruned after fold {fold}"
                return
        if len(self._scores) == self.n_folds:
            self.state = State.COMPLETE

    def result(self) -> TrialResult:
        """The finished trial's result.

        Raises:
            ValueError: if the trial still runs.
        """
        if self.state is None:
            raise ValueError(f"trial {self.task.number} has not ended")
        return TrialResult(
            number=self.task.number,
            state=self.state,
            params=self.task.params,
            folds=tuple(self._scores),
            message=self._message,
            attrs=self.judge.attrs(),
            seconds=self._seconds,
            cpu_seconds=self._cpu_seconds,
            reused_seconds=self._reused_seconds,
        )


class Runner:
    """Runs trials until they end.

    Args:
        folds: What the search knows of each fold.
        run: Fits one fold; called through `engine`.
        engine: Any executor.
        log: Stored folds are not fitted again; new evaluations are stored as they arrive.
    """

    def __init__(
        self, folds: Sequence[FoldSummary], run: Callable[[FoldTask], Evaluation], engine: Executor, log: FoldLog
    ) -> None:
        self._folds, self._run, self._engine, self._log = folds, run, engine, log
        self._fitted: queue.SimpleQueue[tuple[Trial, FoldTask, str, Future[Evaluation]]] = queue.SimpleQueue()

    def start(self, trial: Trial) -> None:
        """Advance the trial until it has ended or waits for a fit."""
        while trial.state is None:
            for task in trial.next_tasks():
                key = fold_key(task, self._folds[task.fold].fingerprint)
                evaluation = self._log.find(key)
                if evaluation is None:
                    self._submit(trial, task, key)
                    judged = False
                else:
                    judged = trial.add_evaluation(task.fold, evaluation, reused=True)
            if not judged:
                return

    def finish(self, trial: Trial) -> None:
        """Process finished fits of all trials in flight until this trial has ended."""
        while trial.state is None:
            owner, task, key, future = next_of(self._fitted)
            evaluation = future.result()
            self._log.remember(key, evaluation)
            if owner.add_evaluation(task.fold, evaluation):
                self.start(owner)

    def _submit(self, trial: Trial, task: FoldTask, key: str) -> None:
        future = self._engine.submit(self._run, task)
        future.add_done_callback(lambda done: self._fitted.put((trial, task, key, done)))
