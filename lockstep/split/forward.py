"""The base of split strategies that go forward in time."""

import numpy as np
import pandas as pd

from lockstep.split.strategy import Division, Mask, Sizes, Strategy
from lockstep.table.timeline import Timeline


class ForwardStrategy(Strategy):
    """A strategy whose test rows are the latest, and whose folds are trained by earlier rows."""

    forward = True

    def related(self, clean: pd.DataFrame, predicted: Mask) -> Mask:
        """A mask of the rows that must not train a model of the predicted rows, whatever their moment, shape (rows,).

        Args:
            clean: The cleaned table.
            predicted: A mask of the validation rows of a fold, or of the test rows.
        """
        return np.zeros(len(clean), dtype=np.bool_)

    def divide(self, clean: pd.DataFrame, sizes: Sizes) -> Division:
        """Cut the rows in the order of time."""
        timeline = Timeline.of(clean, self.columns["time"])
        test_from = timeline.moment_at(1 - sizes.test)
        if sizes.folds == 1:
            edges = [timeline.moment_at(1 - sizes.test - sizes.valid)]
        else:
            share = (1 - sizes.test) / (sizes.folds + 1)
            edges = [timeline.moment_at(share * (fold + 1)) for fold in range(sizes.folds)]
        bounds = [0, *edges, test_from]
        if len(set(bounds)) < len(bounds):
            raise ValueError(f"column {timeline.column!r} has too few distinct moments; use fewer folds")
        moment = timeline.moment
        test, fold = moment >= test_from, np.searchsorted(edges, moment, side="right") - 1
        train = self._before(clean, timeline, test_from, test)
        if self.gap is None and self.window == "expanding" and not self.keeps_groups:
            return Division(np.flatnonzero(train), np.flatnonzero(test), fold)
        trains_fold = np.array(
            [train & self._before(clean, timeline, edge, train & (fold == number)) for number, edge in enumerate(edges)]
        )
        trains_final = None
        if self.window == "rolling":
            n_rows = int(timeline.rows_before[timeline.known_until(edges[0], self.gap)])
            for number, edge in enumerate(edges):
                trains_fold[number] &= self._in_window(timeline, edge, n_rows)
            trains_final = train & self._in_window(timeline, test_from, n_rows)
        for number in range(len(edges)):
            self._check_fold(number, trains_fold[number], train & (fold == number))
        return Division(np.flatnonzero(train), np.flatnonzero(test), fold, trains_fold, trains_final)

    def _before(self, clean: pd.DataFrame, timeline: Timeline, moment: int, predicted: Mask) -> Mask:
        """The rows that may train a model of the predicted rows, which begin at a moment."""
        return (timeline.moment < timeline.known_until(moment, self.gap)) & ~self.related(clean, predicted)

    def _in_window(self, timeline: Timeline, moment: int, n_rows: int) -> Mask:
        """The last `n_rows` rows before the gap before a moment."""
        return timeline.moment >= timeline.window_start(timeline.known_until(moment, self.gap), n_rows)

    def _check_fold(self, number: int, training: Mask, validation: Mask) -> None:
        left_out = [f"the gap of {self.gap}"] * (self.gap is not None)
        left_out += [f"groups of {column!r} that recur" for name, column in self.columns.items() if name == "group"]
        remedy = "use fewer folds or a shorter gap" if self.gap is not None else "use fewer folds"
        for does, rows in (("trains it", training), ("validates in it", validation)):
            if not rows.any():
                raise ValueError(f"fold {number} has no row that {does} (left out: {', '.join(left_out)}); {remedy}")
