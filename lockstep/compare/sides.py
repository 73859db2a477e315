"""One of two results that are compared, read whole, so that nothing fails half-way."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from lockstep.errors import DataError, one_line
from lockstep.evaluate.contender import Contender
from lockstep.export.merging import RESULTS
from lockstep.fitting.fitting import Fitting, shown
from lockstep.outputs import Outputs
from lockstep.project import paths
from lockstep.project.target import Target
from lockstep.search.times import SearchTime, search_time
from lockstep.storage.tables import read_json, read_table
from lockstep.tracking.result import PipelineResult

# Outputs that a comparison reads, by their names in Outputs.
READ = ("metrics", "gates", "uncertainty", "repeated", "best", "search", "model", "trials", "predictions")


@dataclass(frozen=True)
class Side:
    """One of the two results.

    Attributes:
        letter: A or B.
        name: As the person named it.
        kind: What the name stands for.
        result: Settings, search and key of the result.
        outputs: Everything it left; its folder is there as long as the side is open.
        features: Importance of the features.
        parameters: Importance of the hyperparameters.
        time: What the search took, where that is known.
    """

    letter: str
    name: str
    kind: str
    result: PipelineResult
    outputs: Outputs
    features: pd.DataFrame
    parameters: pd.DataFrame
    time: SearchTime | None

    @property
    def fitting(self) -> Fitting:
        return self.outputs.fitting

    @property
    def target(self) -> Target:
        return self.outputs.target

    @property
    def settings(self) -> Mapping[str, Any]:
        """Every choice in params.yaml that took part, by its name with dots."""
        return self.result.params

    @property
    def space(self) -> Mapping[str, Mapping[str, Any]]:
        """The ranges of the search, by parameter."""
        found: Mapping[str, Mapping[str, Any]] = self.outputs.search["settings"]["space"]
        return found

    @property
    def cost(self) -> Mapping[str, int]:
        """trials_complete, trials_pruned, trials_failed, fold_fits, boosting_rounds."""
        found: Mapping[str, int] = self.outputs.search["cost"]
        return found

    @property
    def group(self) -> str | None:
        """The column whose groups of rows stand on one side of the split."""
        return self.contender.group

    @property
    def score_name(self) -> str:
        """The score for people."""
        return shown(self.fitting.metric)

    @property
    def score(self) -> float | None:
        """Its own score of the test rows; less is better."""
        test = self.outputs.metrics["test"]
        return None if test.get(self.fitting.metric) is None else self.fitting.loss(test)

    @cached_property
    def contender(self) -> Contender:
        """What the rule ranks."""
        return Contender.of(self.outputs, self.settings)

    @property
    def failed_gates(self) -> tuple[str, ...]:
        return self.contender.failed_gates

    @property
    def finished_trials(self) -> pd.DataFrame:
        """Complete trials in order: number and score."""
        trials = self.outputs.trials
        found = trials.loc[trials["state"] == "COMPLETE", ["number", self.outputs.search["score"]]]
        return found.set_axis(["number", "score"], axis=1)

    @property
    def n_trees(self) -> int:
        """Trees of all boosters that are averaged."""
        model, classes = self.outputs.model, self.target.n_classes
        per_round = (classes if classes > 2 else 1) * int(model["training"]["params"].get("num_parallel_tree", 1))
        return int(model["n_models"]) * int(model["training"]["n_rounds"]) * per_round


def read_side(letter: str, name: str, kind: str, result: PipelineResult) -> Side:
    """Read every output that a comparison needs.

    Raises:
        DataError: naming the file that is missing or cannot be read.
        KeyError, TypeError: if another version wrote it.
    """
    outputs = Outputs(result.root)
    for each in READ:
        getattr(outputs, each)
    features, parameters = (outputs.table(f"{each}_importance") for each in ("feature", "parameter"))
    side = Side(letter, name, kind, result, outputs, features, parameters, _time(result.root))
    _check_groups(side)
    # What another version wrote is found out here, where the side is known.
    for part in ("target", "fitting", "score", "failed_gates", "finished_trials", "n_trees", "cost", "space"):
        getattr(side, part)
    return side


def test_table(side: Side) -> pd.DataFrame:
    """The table of a side's test rows.

    Raises:
        DataError: if it cannot be read, or is not the table of the predictions.
    """
    try:
        table = read_table(side.outputs.root / paths.TEST)
    except (OSError, ValueError) as error:
        raise DataError(f"{paths.TEST}: cannot be read ({one_line(error, 200)}); run it again") from error
    rows = len(side.outputs.predictions)
    if len(table) != rows:
        raise DataError(f"{paths.TEST}: has {len(table):,} rows, {paths.PREDICTIONS} {rows:,}; run it again")
    return table


def _check_groups(side: Side) -> None:
    """Make sure that the test table has the groups of the split.

    Raises:
        DataError: if it has not.
    """
    if side.group is not None and side.group not in test_table(side):
        raise DataError(f"{paths.TEST}: has no column {side.group!r}, whose groups were split; run it again")


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
