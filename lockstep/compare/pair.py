"""The two results of a comparison, each read completely before the report begins."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from lockstep.errors import DataError
from lockstep.evaluate.contender import Contender
from lockstep.evaluate.paired import as_scored
from lockstep.evaluate.ranking import Ranking, Verdict, rank
from lockstep.evaluate.rows import weights_in
from lockstep.export.merging import RESULTS
from lockstep.fitting.fitting import XGBOOST_SETTINGS
from lockstep.metrics.metric import Scores
from lockstep.metrics.names import find_metric, greater_is_better
from lockstep.project import paths
from lockstep.report.drawing import BLUE, GREY
from lockstep.results.result import Result
from lockstep.search.times import SearchTime, search_time
from lockstep.storage.tables import read_json

# Colours of the sides in charts.
COLOURS = {"A": GREY, "B": BLUE}
# Parts of a result that a comparison reads; reading them first lets errors name the side.
READ = (
    *("metrics", "gates", "uncertainty", "repeated", "best", "search", "model", "trials", "predictions"),
    *("target", "fitting", "score", "complete_trials", "n_trees", "cost", "space"),
)


@dataclass(frozen=True)
class Side:
    """One of the two results.

    Attributes:
        letter: A or B.
        name: The name given by the user.
        kind: The kind of place the name refers to.
        result: Its outputs; the folder exists while the side is open.
        time: Time of the search, if known.
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
        """The facts that the ranking uses."""
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
    return side


def _time(root: Path) -> SearchTime | None:
    """The time of the search; from results.json in an exported folder, which may come from another machine."""
    if not (root / RESULTS).is_file():
        return search_time(root / paths.TRIALS)
    try:
        exported = read_json(root / RESULTS)
        wall, cpu = exported.get("optimization_time_seconds"), exported.get("search_cpu_seconds")
        return SearchTime(None if wall is None else float(wall), float(cpu)) if cpu is not None else None
    except (OSError, ValueError, AttributeError, TypeError):
        return None


@dataclass(frozen=True)
class Pair:
    """Two results about the same target.

    Attributes:
        a: The first, the reference for changes.
        b: The second.
    """

    a: Side
    b: Side

    def __post_init__(self) -> None:
        """Refuse results with different targets.

        Raises:
            DataError: if they predict different things.
        """
        targets = [(side.result.target.column, side.result.target.classes) for side in self]
        if targets[0] == targets[1]:
            return
        lines = [
            f"{side.name} predicts {side.result.target.column!r}" + (f" ({kind} classes)" if kind else " (a number)")
            for side in self
            for kind in (side.result.target.n_classes,)
        ]
        raise DataError(f"compare: {lines[0]}, {lines[1]}: compare results about one target with the same classes")

    def __iter__(self) -> Iterator[Side]:
        return iter((self.a, self.b))

    @property
    def same(self) -> bool:
        """Whether both are one result: the same choices and, byte for byte, the same outputs."""
        return self.a.result.key == self.b.result.key

    @property
    def same_score(self) -> bool:
        """Whether both have the same objective and the same score."""
        return self.a.contender.score_settings == self.b.contender.score_settings

    @property
    def same_folds(self) -> bool:
        """Whether both were cross-validated on the same training rows in the same folds."""
        a, b = (side.result.search["settings"]["data_sha256"] for side in self)
        return bool(a == b)

    @property
    def score_name(self) -> str:
        """The metric that both are compared by: A's."""
        return self.a.result.score_name

    @property
    def greater_is_better(self) -> bool:
        """Whether more of it is better."""
        return greater_is_better(self.a.result.fitting.metric)

    def shown(self, score: float | None) -> float | None:
        """The metric's value of a score, as people read it."""
        return self.a.result.shown(score)

    @property
    def confidence(self) -> float:
        """Level of the intervals."""
        return self.a.contender.confidence

    @cached_property
    def ranking(self) -> Ranking:
        """The ranking of the two by the rule."""
        return rank(self.a.contender, self.b.contender)

    @property
    def verdict(self) -> Verdict:
        """Which of the two is better on the test rows."""
        return self.ranking.verdict

    @property
    def group(self) -> str | None:
        """The column whose groups of test rows stay together."""
        return self.a.contender.group or self.b.contender.group

    @property
    def time(self) -> str | None:
        """The column that orders the test rows in time."""
        return self.a.contender.time or self.b.contender.time

    @property
    def lead(self) -> float:
        """The difference of the scores as a share of the larger one."""
        a, b = (self.shown(score) for score in self.scores("test"))
        return abs(a - b) / max(abs(a), abs(b)) if a is not None and b is not None and (a or b) else 0.0

    def scores(self, rows: str) -> tuple[float | None, float | None]:
        """Both results by A's score.

        Args:
            rows: test, cv or train.
        """
        return self._score(self.a, rows), self._score(self.b, rows)

    def _score(self, side: Side, rows: str) -> float | None:
        fitting, metrics = self.a.result.fitting, side.result.metrics[rows]
        if side is self.b and not self.same_score:
            metrics = self._by_a(rows)
        metric, value = find_metric(fitting.metric), metrics.get(fitting.metric)
        return None if metric is None or value is None else metric.loss(float(value))

    def _by_a(self, rows: str) -> Scores:
        """A's metric of B: recomputed on test rows; on others only if it has no settings and the same code."""
        a, b = (side.result.fitting for side in self)
        if rows == "test":
            table = self.b.result.predictions
            predictions = as_scored(self.b.result.target, table)
            by_a = replace(a, threshold=b.threshold)
            return {a.metric: by_a.value(*predictions, weights_in(table))} if a.has_metric() else {}
        metric = find_metric(a.metric)
        same_code = a.custom_metrics.get(a.metric) == b.custom_metrics.get(a.metric)
        if metric is None or not same_code or any(name in XGBOOST_SETTINGS for name in metric.uses):
            return {}
        return dict(self.b.result.metrics[rows])
