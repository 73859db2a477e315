"""Trials in flight: their folds are fitted by an engine, or found in the log, in any order, and judged in theirs."""

import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace

from lockstep.fitting.booster import FoldScore
from lockstep.search.evaluation_log import FoldLog
from lockstep.search.pruning import Judge
from lockstep.signals import next_of
from lockstep.workers.identity import fold_key
from lockstep.workers.trial import Evaluation, FoldTask, State, TrialResult, running_means


@dataclass
class Trial:
    """One trial between ask and tell.

    Attributes:
        task: Its first fold's task; the other folds differ in `fold` alone.
        judge: Decides after each fold whether it goes on.
        n_folds: Folds of a complete trial.
        state: How it ended, once it has.
    """

    task: FoldTask
    judge: Judge
    n_folds: int
    state: State | None = None
    _scores: list[FoldScore] = field(default_factory=list)
    _seconds: float = 0.0
    _cpu_seconds: float = 0.0
    _message: str = ""
    _waiting: int = 0
    _arrived: dict[int, Evaluation] = field(default_factory=dict)

    def next_tasks(self) -> list[FoldTask]:
        """The folds up to the next pruning decision; nothing speaks against fitting them side by side."""
        first = len(self._scores)
        tasks = [replace(self.task, fold=first + ahead) for ahead in range(self.judge.folds_before_decision(first))]
        self._waiting = len(tasks)
        return tasks

    def arrive(self, fold: int, evaluation: Evaluation) -> bool:
        """Take note of one evaluation; True when all of `next_tasks` are there and the trial was judged on them."""
        self._arrived[fold] = evaluation
        self._seconds += evaluation.seconds
        self._cpu_seconds += evaluation.cpu_seconds
        if len(self._arrived) < self._waiting:
            return False
        self._judge_all(self._arrived)
        self._arrived = {}
        return True

    def _judge_all(self, evaluations: Mapping[int, Evaluation]) -> None:
        """In the order of the folds, as if each had been awaited before the next began."""
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
        """What the trial came to, once `state` is set."""
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
        )


class Runner:
    """Brings trials to their end.

    Args:
        fingerprints: sha256 of each fold's rows.
        run: Fits one fold; called through `engine`.
        engine: Any executor.
        log: Folds it knows are not fitted again; new ones are remembered as they arrive.
    """

    def __init__(
        self, fingerprints: Sequence[str], run: Callable[[FoldTask], Evaluation], engine: Executor, log: FoldLog
    ) -> None:
        self._fingerprints, self._run, self._engine, self._log = fingerprints, run, engine, log
        self._fitted: queue.SimpleQueue[tuple[Trial, FoldTask, str, Future[Evaluation]]] = queue.SimpleQueue()

    def start(self, trial: Trial) -> None:
        """Set the trial going, until a fold has to be fitted or it has ended."""
        while trial.state is None:
            for task in trial.next_tasks():
                key = fold_key(task, self._fingerprints[task.fold])
                known = self._log.find(key)
                if known is None:
                    self._submit(trial, task, key)
                    judged = False
                else:
                    judged = trial.arrive(task.fold, known)
            if not judged:
                return

    def finish(self, trial: Trial) -> None:
        """Serve all trials in flight until this one has ended."""
        while trial.state is None:
            other, task, key, future = next_of(self._fitted)
            evaluation = future.result()
            self._log.remember(key, evaluation)
            if other.arrive(task.fold, evaluation):
                self.start(other)

    def _submit(self, trial: Trial, task: FoldTask, key: str) -> None:
        future = self._engine.submit(self._run, task)
        future.add_done_callback(lambda done: self._fitted.put((trial, task, key, done)))
