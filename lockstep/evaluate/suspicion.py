"""The base of the suspicions about a result; each yields a finding where a figure is too good, too easy or empty."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.judgement import Judgement
from lockstep.evaluate.rows import Rows
from lockstep.evaluate.screens.single_column import class_measures, number_measures
from lockstep.guards.text.messages import safe_line
from lockstep.metrics.names import metric_label
from lockstep.model.saved import SavedModel
from lockstep.model.trained import Predictions
from lockstep.project.kinds import Kind, OneOfKind
from lockstep.split.split_block import Split
from lockstep.storage.tables import significant
from lockstep.table.filler import as_floats

# Training rows that are screened, spread over the table.
MAX_ROWS, MAX_COLUMNS = 5_000, 500
# Names in a sentence, and digits of figures.
MAX_NAMES, DIGITS = 4, 4
# With fewer test rows left a score says nothing.
MIN_SCORED = 10

Severity = Literal["look", "act"]


@dataclass(frozen=True)
class ResultFinding:
    """A finding about a result.

    Attributes:
        name: The name of the suspicion.
        kind: act, where no figure of the result can be believed or the model is of no use; look, where one should know.
        sentence: What was found, with its figures and the remedy.
        section: The section of the page with the details.
        columns: The columns that do it, if any.
        figures: The figures of the sentence.
    """

    name: str
    kind: Severity
    sentence: str
    section: str = "result"
    columns: tuple[str, ...] = ()
    figures: Mapping[str, float | None] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON values."""
        figures = {name: value if value is None else significant(value, DIGITS) for name, value in self.figures.items()}
        return {**asdict(self), "columns": list(self.columns), "figures": figures}


@dataclass(frozen=True)
class Evidence:
    """What suspicions look at.

    Attributes:
        model: The model.
        train: The rows that trained it.
        test: The test rows.
        folds: The training table, with its folds.
        predicted: Predictions of the test rows: numbers (rows,) or probabilities (rows, classes).
        judgement: Metrics of the model and the baselines.
        importance: Mean |SHAP| per feature.
        split: The block `split` of params.yaml; None: unknown.
        seed: Seed of fits.
        genuine: Values of the target that a person confirmed, although they look like fillers.
    """

    model: SavedModel
    train: Rows
    test: Rows
    folds: pd.DataFrame
    predicted: Predictions
    judgement: Judgement
    importance: Mapping[str, float]
    split: Split | None = None
    seed: int = 0
    genuine: Sequence[str] = ()

    @property
    def target(self) -> str:
        """The column that is predicted."""
        return self.model.target.column

    @property
    def every_column(self) -> list[str]:
        """Columns that the features are made of, without the target."""
        return [name for name in self.model.features.columns if name != self.target]

    @property
    def columns(self) -> list[str]:
        """Those that are screened one by one."""
        return self.every_column[:MAX_COLUMNS]

    @cached_property
    def screened(self) -> pd.DataFrame:
        """Some training rows, spread over the table."""
        rows = np.unique(np.linspace(0, len(self.train) - 1, MAX_ROWS).astype(np.int64))
        return self.train.frame.iloc[rows].reset_index(drop=True)

    @cached_property
    def leaks(self) -> Mapping[str, tuple[str, float]]:
        """The reason and the figure of each column that alone tells the target of the screened rows."""
        target, reasons = self.screened[self.target], dict[str, tuple[str, float]]()
        measures = class_measures if self.model.target.classes else number_measures
        for name in self.columns:
            values = self.screened[name]
            if values.notna().all() and values.astype(str).equals(target.astype(str)):
                reasons[name] = "equals it in every row", 1.0
            elif found := next((measure for measure in measures(values, target) if measure.too_good), None):
                reasons[name] = found.text, found.figure
        return reasons

    def quantities(self, columns: Sequence[str]) -> dict[str, npt.NDArray[np.float64]]:
        """The screened values of those columns that are numbers."""
        numeric = [name for name in columns if pd.api.types.is_numeric_dtype(self.screened[name])]
        return {name: as_floats(self.screened[name]) for name in numeric}

    def scores_with_and_without(self, left_out: npt.NDArray[np.bool_]) -> tuple[str, dict[str, float | None]]:
        """The scores of all test rows and without some of them: words, and the figures; empty if too few are left."""
        kept, fitting = ~left_out, self.model.fitting
        if kept.sum() < MIN_SCORED:
            return "", {}
        weight = None if self.test.weight is None else self.test.weight[kept]
        scores = fitting.all_scores(self.test.y[kept], self.predicted[kept], self.test.x.shape[1], weight)
        names = dict.fromkeys([fitting.metric, "auc" if self.model.target.classes else "r2"])
        told = [name for name in names if scores.get(name) is not None and self.judgement.test.get(name) is not None]
        words = ", ".join(f"{metric_label(name)} {_shown(scores[name])}" for name in told)
        whole = ", ".join(f"{_shown(self.judgement.test[name])}" for name in told)
        return (f"without them {words} instead of {whole}" if told else ""), {
            f"{name}_without": scores[name] for name in told
        }


class Suspicion(OneOfKind, ABC):
    """One way in which a result may be too good, too easy or empty; its name is that of its file.

    Attributes:
        order: Its place among the findings.
    """

    STATED = ("order",)

    order: ClassVar[int]

    @abstractmethod
    def look(self, evidence: Evidence) -> ResultFinding | None:
        """The finding; None if there is none."""


SUSPICIONS: Kind[Suspicion] = Kind(
    name="suspicion", base=Suspicion, package="lockstep.evaluate.suspicions", key="suspicion"
)


def findings_of(evidence: Evidence) -> tuple[ResultFinding, ...]:
    """The findings about a result, those that ask for action first."""
    suspicions = sorted(SUSPICIONS.classes().values(), key=lambda suspicion: suspicion.order)
    found = [
        replace(finding, sentence=safe_line(finding.sentence))
        for suspicion in suspicions
        if (finding := suspicion().look(evidence)) is not None
    ]
    return tuple(sorted(found, key=lambda finding: finding.kind != "act"))


def named(names: Sequence[str]) -> str:
    """Names in a sentence; of many the first ones."""
    parts = [*names[:MAX_NAMES], *([f"{len(names) - MAX_NAMES} more"] if len(names) > MAX_NAMES else [])]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{significant(value, 3):.3g}"
