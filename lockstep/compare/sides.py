"""One of two results that are compared, read whole, so that nothing fails half-way."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from lockstep.errors import DataError
from lockstep.evaluate.contender import Contender
from lockstep.export.merging import RESULTS
from lockstep.project import paths
from lockstep.results.result import Result
from lockstep.search.times import SearchTime, search_time
from lockstep.storage.tables import read_json

# What a comparison reads of a result; what another version wrote is found out where the side is known.
READ = (
    *("metrics", "gates", "uncertainty", "repeated", "best", "search", "model", "trials", "predictions"),
    *("target", "fitting", "score", "complete_trials", "n_trees", "cost", "space"),
)


@dataclass(frozen=True)
class Side:
    """One of the two results.

    Attributes:
        letter: A or B.
        name: As the person named it.
        kind: What the name stands for.
        result: What it left; its folder is there as long as the side is open.
        time: What the search took, where that is known.
    """

    letter: str
    name: str
    kind: str
    result: Result
    time: SearchTime | None

    @cached_property
    def features(self) -> pd.DataFrame:
        """Importance of the features."""
        return self.result.table("feature_importance")

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """Importance of the hyperparameters."""
        return self.result.table("parameter_importance")

    @cached_property
    def contender(self) -> Contender:
        """What the rule ranks."""
        return Contender.of(self.result, self.result.params)


def read_side(letter: str, name: str, kind: str, result: Result) -> Side:
    """Read every output that a comparison needs.

    Raises:
        DataError: naming the file that is missing or cannot be read.
        KeyError, TypeError: if another version wrote it.
    """
    side = Side(letter, name, kind, result, _time(result.root))
    for part in READ:
        getattr(result, part)
    for part in ("features", "parameters", "contender"):
        getattr(side, part)
    _check_groups(side)
    return side


def test_table(side: Side) -> pd.DataFrame:
    """The table of a side's test rows.

    Raises:
        DataError: if it cannot be read, or is not the table of the predictions.
    """
    table, rows = side.result.test_table, len(side.result.predictions)
    if len(table) != rows:
        raise DataError(f"{paths.TEST}: has {len(table):,} rows, {paths.PREDICTIONS} {rows:,}; run it again")
    return table


def _check_groups(side: Side) -> None:
    """Make sure that the test table has the groups of the split.

    Raises:
        DataError: if it has not.
    """
    group = side.contender.group
    if group is not None and group not in test_table(side):
        raise DataError(f"{paths.TEST}: has no column {group!r}, whose groups were split; run it again")


def _time(root: Path) -> SearchTime | None:
    """Of an exported folder what it says, as it may come from another machine."""
    if not (root / RESULTS).is_file():
        return search_time(root / paths.TRIALS)
    try:
        said = read_json(root / RESULTS)
        wall, cpu = said.get("optimization_time_seconds"), said.get("search_cpu_seconds")
        return SearchTime(None if wall is None else float(wall), float(cpu)) if cpu is not None else None
    except (OSError, ValueError, AttributeError, TypeError):
        return None
