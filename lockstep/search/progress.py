"""Progress of a search on the terminal; no output depends on it."""

import os
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm

from lockstep.fitting.folds import FoldSummary
from lockstep.metrics.names import shown_score
from lockstep.search.ordered import Plan
from lockstep.search.time_left import TimeLeft
from lockstep.terminal import is_terminal
from lockstep.workers.trial import State, TrialResult

N_LINES = 10
BAR_FORMAT = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} trials, {desc}"


class Progress:
    """A bar with the best score so far and the time left; without a terminal, about ten lines instead.

    Args:
        plan: The search.
        folds: What the search knows of each fold.
        label: What the bar and the lines begin with.
    """

    def __init__(self, plan: Plan, folds: Sequence[FoldSummary], label: str = "tune") -> None:
        self._metric, self._label = plan.fitting.metric, label
        self._best: float | None = None
        self._n_trials = n_trials = plan.tune.n_trials
        self._done = self._pruned = self._failed = 0
        self._time_left, self._started = TimeLeft(plan, folds), time.perf_counter()
        limited = plan.tune.patience is not None or plan.tune.budget is not None
        self._at_most = "at most " if limited else ""
        self._line_every = -(-n_trials // N_LINES)
        self._has_bar = is_terminal(sys.stderr)
        # The stage's last line repeats the bar's content, so the bar is cleared.
        self._bar = tqdm(
            total=n_trials,
            desc=f"{self._note()}, ? left",
            bar_format=f"{label}: {BAR_FORMAT}",
            disable=not self._has_bar,
            leave=False,
            **_size(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def finished(self, result: TrialResult) -> None:
        """Advance by one trial."""
        if result.cv_score is not None and (self._best is None or result.cv_score < self._best):
            self._best = result.cv_score
        self._done = result.number + 1
        self._pruned += result.state is State.PRUNED
        self._failed += result.state is State.FAIL
        self._time_left.tell(result)
        self._bar.set_description_str(f"{self._note()}, {self._left()}", refresh=False)
        self._bar.update()
        if self._done == self._n_trials:
            self._print(self._note())
        elif self._done % self._line_every == 0:
            self._print(f"{self._note()}, {self._left()}")

    def ended(self, reason: str) -> None:
        """Say why the search ended before its last trial; nothing if `reason` is empty."""
        if reason:
            self._print(f"{self._note()}; ended: {reason}")

    def _print(self, note: str) -> None:
        """A line; a bar needs none."""
        if not self._has_bar:
            line = f"{self._label}: {self._done}/{self._n_trials} trials, {note}"
            print(line, file=sys.stderr, flush=True)

    def _left(self) -> str:
        seconds = self._time_left.seconds(time.perf_counter() - self._started)
        return "? left" if seconds is None else f"{self._at_most}{tqdm.format_interval(seconds)} left"

    def _note(self) -> str:
        best = "none yet" if self._best is None else f"{shown_score(self._metric, self._best):.6g}"
        return f"best {best}, {self._pruned} pruned, {self._failed} failed"


def _size() -> dict[str, Any]:
    """tqdm's size arguments; without them it draws nothing on a terminal of unknown size, as in a container."""
    has_size = sys.stderr.isatty() and all(os.get_terminal_size(sys.stderr.fileno()))
    return {"dynamic_ncols": True} if has_size else {"ncols": 80, "nrows": 24}
