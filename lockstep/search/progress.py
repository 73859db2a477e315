"""Progress of a search for the person at the terminal; nothing of it enters an output."""

import os
import sys
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm

from lockstep.terminal import is_terminal
from lockstep.workers.trial import State, TrialResult

LINES_WITHOUT_TERMINAL = 10
FORM = "tune: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} trials, {desc}, {remaining} left"


class Progress:
    """A bar with the best score so far and the time left; without a terminal, about ten lines instead.

    Args:
        n_trials: Trials of the whole search.
    """

    def __init__(self, n_trials: int) -> None:
        self._best: float | None = None
        self._n_trials = n_trials
        self._pruned = 0
        self._failed = 0
        self._every = -(-n_trials // LINES_WITHOUT_TERMINAL)
        self._shown = is_terminal(sys.stderr)
        # The stage's line says the same in the end, so the bar goes.
        self._bar = tqdm(
            total=n_trials, desc=self._note(), bar_format=FORM, disable=not self._shown, leave=False, **_size()
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
        if not self._shown and (done % self._every == 0 or done == self._n_trials):
            print(f"tune: {done}/{self._n_trials} trials, {self._note()}", file=sys.stderr, flush=True)

    def _note(self) -> str:
        best = "none yet" if self._best is None else f"{self._best:.6g}"
        return f"best {best}, {self._pruned} pruned, {self._failed} failed"


def _size() -> dict[str, Any]:
    """Follow the window; a terminal in a container or a log may not know its size, and then tqdm draws nothing."""
    known = sys.stderr.isatty() and all(os.get_terminal_size(sys.stderr.fileno()))
    return {"dynamic_ncols": True} if known else {"ncols": 80, "nrows": 24}
