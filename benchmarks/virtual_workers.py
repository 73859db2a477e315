"""Workers on a virtual clock: the real search loop waits for fits that take recorded seconds and no time."""

import heapq
import itertools
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Any
from unittest.mock import patch

from lockstep.fitting.folds import FoldSummary
from lockstep.search import in_flight
from lockstep.search.evaluation_log import NoLog
from lockstep.search.ordered import Plan, search
from lockstep.workers.trial import Evaluation, FoldTask, TrialResult


class VirtualWorkers(Executor):
    """`n_workers` that take the oldest call first; a call takes its evaluation's seconds of virtual time.

    Args:
        n_workers: Number of workers.
        loop_seconds: What the search's own process spends on each trial, in which it submits nothing.
    """

    def __init__(self, n_workers: int, loop_seconds: float = 0.0) -> None:
        self.n_workers, self._loop_seconds = n_workers, loop_seconds
        self.now = self.busy = 0.0
        self.n_fits = 0
        self._free_at = [0.0] * n_workers
        self._running: list[tuple[float, int, Future[Any], Evaluation]] = []
        self._count = itertools.count()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call at the present virtual time."""
        task: FoldTask = args[0]
        if task.fold == 0:
            self.now += self._loop_seconds
            while self._running and self._running[0][0] <= self.now:
                self.finish_next()
        future, evaluation = Future[Any](), fn(task)
        end = max(self.now, heapq.heappop(self._free_at)) + evaluation.seconds
        heapq.heappush(self._free_at, end)
        heapq.heappush(self._running, (end, next(self._count), future, evaluation))
        self.busy += evaluation.seconds
        self.n_fits += 1
        return future

    def finish_next(self) -> None:
        """Let the clock run until the next call ends."""
        end, _, future, evaluation = heapq.heappop(self._running)
        self.now = max(self.now, end)
        future.set_result(evaluation)

    @property
    def efficiency(self) -> float:
        """The share of the workers' time until now in which they fitted."""
        return self.busy / (self.n_workers * self.now)

    def search(
        self, plan: Plan, folds: Sequence[FoldSummary], run: Callable[[FoldTask], Evaluation]
    ) -> list[TrialResult]:
        """Run the real search; where it would wait for a fit, the clock runs on."""

        def next_of(items: queue.SimpleQueue[Any]) -> Any:
            while items.empty():
                self.finish_next()
            return items.get()

        with patch.object(in_flight, "next_of", next_of):
            return search(plan, folds, run, self, NoLog())
