"""Reasons why two results have no common score: objective, metric, target or test rows."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lockstep.evaluate.contender import DIGITS_OF_CODE, Contender
from lockstep.evaluate.rows import weights_in
from lockstep.evaluate.units import GROUP, MOMENT
from lockstep.table.target import Target


@dataclass(frozen=True)
class ScoreMismatch:
    """A property in which two results differ and must agree to be ranked.

    Attributes:
        what: The property, for a setting its name in params.yaml.
        a: A's value.
        b: B's value.
        of_rows: Whether the test rows differ.
    """

    what: str
    a: str
    b: str
    of_rows: bool = False

    def in_words(self, a: str = "A", b: str = "B") -> str:
        """The property with both values."""
        return f"{self.what} ({a}: {self.a}, {b}: {self.b})"


def differences(a: Contender, b: Contender) -> Iterator[ScoreMismatch]:
    """All differences between two results that change the meaning of a score."""
    yield from _setting_mismatches(a.score_settings, b.score_settings)
    if a.score_settings == b.score_settings and not a.fitting.has_metric():
        yield _code_mismatch(a.fitting.metric, a.fitting.custom_metrics)
    if a.target != b.target:
        yield ScoreMismatch("target", _target(a.target), _target(b.target))
    if test_rows_digest(a.predictions) != test_rows_digest(b.predictions):
        yield ScoreMismatch("test rows", f"{len(a.predictions):,}", _other_rows(a.predictions, b.predictions), True)
    else:
        yield from _relation_mismatches(a, b)


def _setting_mismatches(a: dict[str, Any], b: dict[str, Any]) -> Iterator[ScoreMismatch]:
    # Quantile and slope belong to certain objectives and metrics: where those differ, they are the whole difference.
    same_kind = all(a[name] == b[name] for name in ("objective", "metric"))
    for name in dict.fromkeys([*a, *b]):
        if a.get(name) != b.get(name) and (same_kind or (name in a and name in b)):
            yield ScoreMismatch(name, str(a.get(name, "none")), str(b.get(name, "none")))


def _code_mismatch(metric: str, digests: Mapping[str, str]) -> ScoreMismatch:
    """Two results have the same metric, which this project does not have, or with other code: it cannot resample it."""
    digest = digests.get(metric, "none")[:DIGITS_OF_CODE]
    return ScoreMismatch(f"code of metric {metric}", digest, f"{digest}, and this project has other code")


def _relation_mismatches(a: Contender, b: Contender) -> Iterator[ScoreMismatch]:
    """Groups or moments of the test rows that differ, or that an earlier version did not write."""
    for name, what in ((GROUP, "groups of test rows"), (MOMENT, "order of test rows in time")):
        (of_a, of_b), (in_a, in_b) = (
            [side.relations.get(name) for side in (a, b)],
            [name in side.predictions for side in (a, b)],
        )
        if (of_a and not in_a) or (of_b and not in_b):
            yield ScoreMismatch(what, _stored(of_a, in_a), _stored(of_b, in_b))
        elif in_a and in_b and not np.array_equal(a.predictions[name].to_numpy(), b.predictions[name].to_numpy()):
            yield ScoreMismatch(what, of_a or "none", of_b or "none")


def _stored(column: str | None, there: bool) -> str:
    if column is None:
        return "none"
    return column if there else f"{column}, which an earlier version did not store; run its evaluate stage again"


def _target(target: Target) -> str:
    parts = [target.column, *([f"{target.n_classes} classes"] if target.classes else [])]
    weighing = {"weight": target.weight, "exposure": target.exposure}
    return ", ".join([*parts, *(f"{key} {column}" for key, column in weighing.items() if column is not None)])


def _other_rows(a: pd.DataFrame, b: pd.DataFrame) -> str:
    if a["row_id"].tolist() == b["row_id"].tolist():
        same = a["actual"].tolist() == b["actual"].tolist()
        return "the same with other weights" if same else "the same with other values of the target"
    return f"{len(b):,} others"


def test_rows_digest(predictions: pd.DataFrame) -> str:
    """sha256 of the predicted rows' ids, actual values and weights: equal for results on the same test rows."""
    digest = hashlib.sha256(predictions["row_id"].to_numpy(dtype="<i8").tobytes())
    actual = predictions["actual"]
    numeric = pd.api.types.is_numeric_dtype(actual)
    digest.update(actual.to_numpy(dtype="<f8").tobytes() if numeric else "\0".join(actual).encode())
    weight = weights_in(predictions)
    if weight is not None:
        digest.update(weight.astype("<f8").tobytes())
    return digest.hexdigest()
