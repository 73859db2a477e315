"""How test rows are related: by themselves, in groups, in the order of time, or both.

Rows of a group err alike, and so do rows of the same or of neighbouring moments. Such rows carry less information than
independent ones, so uncertainty is measured between units: rows, groups or moments.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.rows import weights_in
from lockstep.fitting.folds import Vector
from lockstep.metrics.metric import Numbers
from lockstep.table.cross_fitting import group_codes
from lockstep.table.timeline import Timeline

Codes = npt.NDArray[np.int64]

# The columns of a table of predictions that relate its rows; each only where the split does.
GROUP, MOMENT = "group", "moment"


@dataclass(frozen=True)
class Clustering:
    """Test rows, divided into units.

    Attributes:
        of_row: The unit of each row, 0, 1, ...; shape (rows,).
        ordered: Whether the units follow each other in time, so that neighbours may be alike.
        weight: The weight of each row; None: all count the same.
    """

    of_row: Codes
    ordered: bool = False
    weight: Vector | None = None

    @cached_property
    def count(self) -> int:
        """Number of units."""
        return int(self.of_row.max(initial=-1)) + 1

    def sums(self, values: npt.NDArray[Any]) -> Numbers:
        """Sum over the rows of each unit of a value per row, times the row's weight; shape (units,)."""
        weighted = values if self.weight is None else values * self.weight
        return np.asarray(np.bincount(self.of_row, weights=weighted, minlength=self.count), dtype=np.float64)

    @cached_property
    def sizes(self) -> Numbers:
        """Rows of each unit; where rows have weights, the sum of theirs."""
        return self.sums(np.ones(len(self.of_row)))

    @cached_property
    def effective(self) -> float:
        """The number of units of equal size that say as much as these (Carter, Schnepel and Steigerwald 2017, with
        equal variances and full correlation within a unit): the squared sum of the sizes over the sum of their squares.
        """
        shares = self.sizes / self.sizes.sum()
        return float(1 / np.sum(shares**2))

    def merged(self, most: int) -> "Clustering":
        """At most so many units: neighbours in time are merged, other units at random, always in the same way."""
        count = self.count
        if count <= most:
            return self
        place = np.arange(count) if self.ordered else np.random.default_rng(0).permutation(count)
        return Clustering((place * most // count)[self.of_row], self.ordered, self.weight)


@dataclass(frozen=True)
class Units:
    """The relations of test rows.

    Attributes:
        n_rows: Number of rows.
        group: The group of each row, 0, 1, ...; None: rows are not grouped.
        moment: The moment of each row in the order of time, from 0; None: they have no order.
        weight: The weight of each row; None: all count the same.
    """

    n_rows: int
    group: Codes | None = None
    moment: Codes | None = None
    weight: Vector | None = None

    @classmethod
    def of(cls, predictions: pd.DataFrame) -> Self:
        """The relations that a table of predictions contains."""
        group, moment = (
            pd.factorize(predictions[name], sort=True)[0].astype(np.int64) if name in predictions else None
            for name in (GROUP, MOMENT)
        )
        return cls(len(predictions), group, moment, weights_in(predictions))

    @property
    def clusterings(self) -> Sequence[Clustering]:
        """The divisions whose variation counts: of groups within time all of groups, of moments and of rows.

        Rows that all are of one moment say nothing of how moments differ, and count as if they had no order.
        """
        rows = Clustering(np.arange(self.n_rows), weight=self.weight)
        groups = [] if self.group is None else [Clustering(self.group, weight=self.weight)]
        moments = [] if self.moment is None else [Clustering(self.moment, True, self.weight)]
        related = [*groups, *(clustering for clustering in moments if clustering.count > 1)]
        return [*related, rows] if len(related) != 1 else related


def relations(rows: pd.DataFrame, group: str | None, time: str | None) -> dict[str, Codes]:
    """The columns of a table of predictions that relate its rows.

    Args:
        rows: The predicted rows.
        group: The column whose groups the split keeps together; a row without a value is its own group.
        time: The column by which the split goes forward.
    """
    columns = dict[str, Codes]()
    if group is not None:
        columns[GROUP] = pd.factorize(group_codes(rows[group]))[0].astype(np.int64)
    if time is not None:
        columns[MOMENT] = Timeline.of(rows, time).moment
    return columns
