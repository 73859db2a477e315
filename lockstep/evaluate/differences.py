"""Why two results have no common score: what they minimise, what they are judged by, their target or test rows."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lockstep.evaluate.contender import Contender
from lockstep.project.target import Target


@dataclass(frozen=True)
class ScoreMismatch:
    """Something in which two results must agree to be ranked, and do not.

    Attributes:
        what: In the words of params.yaml where it is a setting.
        a: A's value.
        b: B's value.
        of_rows: Whether it is about the test rows.
    """

    what: str
    a: str
    b: str
    of_rows: bool = False

    def in_words(self, a: str = "A", b: str = "B") -> str:
        """With both values."""
        return f"{self.what} ({a}: {self.a}, {b}: {self.b})"


def differences(a: Contender, b: Contender) -> Iterator[ScoreMismatch]:
    """Everything that two results differ in and that defines what a score means."""
    yield from _of_settings(a.score_settings, b.score_settings)
    if a.target != b.target:
        yield ScoreMismatch("target", _target(a.target), _target(b.target))
    if test_rows_digest(a.predictions) != test_rows_digest(b.predictions):
        yield ScoreMismatch("test rows", f"{len(a.predictions):,}", _other_rows(a.predictions, b.predictions), True)


def _of_settings(a: dict[str, Any], b: dict[str, Any]) -> Iterator[ScoreMismatch]:
    # The quantile and the slope belong to some objectives and metrics only: where those differ, they say it all.
    same_kind = all(a[name] == b[name] for name in ("objective", "metric"))
    for name in dict.fromkeys([*a, *b]):
        if a.get(name) != b.get(name) and (same_kind or (name in a and name in b)):
            yield ScoreMismatch(name, str(a.get(name, "none")), str(b.get(name, "none")))


def _target(target: Target) -> str:
    return f"{target.column}, {target.n_classes} classes" if target.classes else target.column


def _other_rows(a: pd.DataFrame, b: pd.DataFrame) -> str:
    if a["row_id"].tolist() == b["row_id"].tolist():
        return "the same with other values of the target"
    return f"{len(b):,} others"


def test_rows_digest(predictions: pd.DataFrame) -> str:
    """sha256 of which rows were predicted and what they really are: equal for results on the same test rows."""
    digest = hashlib.sha256(predictions["row_id"].to_numpy(dtype="<i8").tobytes())
    actual = predictions["actual"]
    whole = pd.api.types.is_numeric_dtype(actual)
    digest.update(actual.to_numpy(dtype="<f8").tobytes() if whole else "\0".join(actual).encode())
    return digest.hexdigest()
