"""Progress of a search for the person at the terminal; nothing of it enters an output."""

import sys
from types import TracebackType
from typing import Self

from tqdm import tqdm

from lockstep.search.trial import Result, State

LINES_WITHOUT_TERMINAL = 10


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
        self._bar = tqdm(total=n_trials, desc="tune", unit="trial", disable=not sys.stderr.isatty(), dynamic_ncols=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def finished(self, result: Result) -> None:
        """Advance by one trial."""
        if result.cv_score is not None and (self._best is None or result.cv_score < self._best):
            self._best = result.cv_score
        self._pruned += result.state is State.PRUNED
        self._failed += result.state is State.FAIL
        best = "none yet" if self._best is None else f"{self._best:.6g}"
        note = f"best {best}, {self._pruned} pruned, {self._failed} failed"
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update()
        every = max(1, self._n_trials // LINES_WITHOUT_TERMINAL)
        if self._bar.disable and (result.number + 1) % every == 0:
            print(f"tune: {result.number + 1}/{self._n_trials} trials, {note}", file=sys.stderr, flush=True)
