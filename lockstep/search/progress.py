"""Progress of a search on the terminal; no output depends on it."""

import os
import sys
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm

from lockstep.metrics.names import shown_score
from lockstep.terminal import is_terminal
from lockstep.workers.trial import State, TrialResult

N_LINES = 10
BAR_FORMAT = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} trials, {desc}, {remaining} left"


class Progress:
    """A bar with the best score so far and the time left; without a terminal, about ten lines instead.

    Args:
        n_trials: Trials of the whole search.
        metric: The metric that scores the folds.
        label: What the bar and the lines begin with.
    """

    def __init__(self, n_trials: int, metric: str, label: str = "tune") -> None:
        self._metric, self._label = metric, label
        self._best: float | None = None
        self._n_trials = n_trials
        self._pruned = 0
        self._failed = 0
        self._line_every = -(-n_trials // N_LINES)
        self._has_bar = is_terminal(sys.stderr)
        # The stage's last line repeats the bar's content, so the bar is cleared.
        self._bar = tqdm(
            total=n_trials,
            desc=self._note(),
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
        self._pruned += result.state is State.PRUNED
        self._failed += result.state is State.FAIL
        self._bar.set_description_str(self._note(), refresh=False)
        self._bar.update()
        done = result.number + 1
        if not self._has_bar and (done % self._line_every == 0 or done == self._n_trials):
            print(f"{self._label}: {done}/{self._n_trials} trials, {self._note()}", file=sys.stderr, flush=True)

    def _note(self) -> str:
        best = "none yet" if self._best is None else f"{shown_score(self._metric, self._best):.6g}"
        return f"best {best}, {self._pruned} pruned, {self._failed} failed"


def _size() -> dict[str, Any]:
    """tqdm's size arguments; without them it draws nothing on a terminal of unknown size, as in a container."""
    has_size = sys.stderr.isatty() and all(os.get_terminal_size(sys.stderr.fileno()))
    return {"dynamic_ncols": True} if has_size else {"ncols": 80, "nrows": 24}
