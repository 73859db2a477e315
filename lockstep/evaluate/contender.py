"""The facts about a result that ranking needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from lockstep.evaluate.units import GROUP, MOMENT
from lockstep.fitting.fitting import Fitting
from lockstep.results.result import Result
from lockstep.split.split_block import grouped_by, ordered_by
from lockstep.table.target import Target

# Settings of a fit that change the model but not the meaning of its score.
NO_SCORE_SETTINGS = (
    *("class_weight", "custom_metrics", "device", "memory", "monotone", "n_classes", "target_transform", "threshold"),
)
# Digits of a hash that suffice to tell the code of two metrics apart.
DIGITS_OF_CODE = 12


@dataclass(frozen=True)
class Contender:
    """One of two results to rank.

    Attributes:
        fitting: Objective and metric.
        target: What is predicted.
        predictions: row_id, actual and the prediction of every test row.
        failed_gates: Names of the gates that fail.
        model_bytes: Size of the model's files.
        fold_fits: Number of folds that the search fitted.
        confidence: Of its intervals.
        group: The column whose groups of rows the split keeps together.
        time: The column by which the split goes forward.
    """

    fitting: Fitting
    target: Target
    predictions: pd.DataFrame
    failed_gates: tuple[str, ...]
    model_bytes: int
    fold_fits: int
    confidence: float
    group: str | None = None
    time: str | None = None

    @classmethod
    def of(cls, result: Result, params: Mapping[str, Any]) -> Self:
        """Read a result.

        Args:
            result: The result; its params.yaml is not read.
            params: Its choices by dotted name, as values or as MLflow's text.

        Raises:
            DataError: naming the output that is missing or unreadable.
            KeyError, TypeError, ValueError: if another version of Lockstep wrote it.
        """
        return cls(
            fitting=result.fitting,
            target=result.target,
            predictions=result.predictions,
            failed_gates=tuple(str(gate["gate"]) for gate in result.gates["gates"] if gate["result"] != "pass"),
            model_bytes=result.model_bytes,
            fold_fits=int(result.cost["fold_fits"]),
            confidence=float(params["evaluate.confidence"]),
            group=grouped_by(str(params["split.strategy"]), str(params["split.group"])),
            time=ordered_by(str(params["split.strategy"]), str(params["split.time"])),
        )

    @property
    def relations(self) -> dict[str, str]:
        """The columns that relate the rows, by the column of the predictions that has their numbers."""
        named = {GROUP: self.group, MOMENT: self.time}
        return {name: column for name, column in named.items() if column is not None}

    @property
    def score_settings(self) -> dict[str, Any]:
        """Objective, metric and their options: results that differ in one of them have no common score."""
        described = self.fitting.to_json()
        settings = {name: value for name, value in described.items() if name not in NO_SCORE_SETTINGS}
        code = self.fitting.custom_metrics.get(self.fitting.metric)
        return settings if code is None else {**settings, "code of the metric": code[:DIGITS_OF_CODE]}
