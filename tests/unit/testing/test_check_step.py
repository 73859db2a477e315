"""check_step finds planted defects: each of these steps breaks one promise."""

import importlib
import platform
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pandas as pd
import pytest

from lockstep.features.arrays import Numbers, numbers
from lockstep.features.step import Step
from lockstep.features.values import text_values
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.timeline import Rows
from lockstep.testing.steps import check_step
from tests.conftest import ROOT


class KindStep(Step):
    """A right step, from which those with a defect differ: the mean of `rooms` over the training rows with the kind."""

    _means: dict[str, float]

    def reads(self) -> Sequence[str]:
        return ("rooms", "kind")

    def makes(self) -> Sequence[str]:
        return ("mean",)

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        self._means = self.means(frame, numbers(frame, "rooms"))
        return self

    def transform(self, frame: pd.DataFrame) -> Numbers:
        kinds = text_values(frame, "kind", "kind")
        return np.array([[self._means.get(kind or "", np.nan)] for kind in kinds]).reshape(-1, 1)

    @staticmethod
    def means(frame: pd.DataFrame, values: Numbers) -> dict[str, float]:
        groups = pd.Series(values).groupby(frame["kind"].fillna("").to_numpy())
        return {str(kind): float(mean) for kind, mean in groups.mean().items() if not np.isnan(mean)}


class EncodesItsOwnTarget(KindStep):
    """A mean of the target that includes the row's own."""

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        assert y is not None
        self._means = self.means(frame, y)
        return self


class EncodesTheTargetItself(KindStep):
    """Hidden in the last bits, and only of training rows."""

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None) -> Numbers:
        assert y is not None
        return self.fit(frame, y).transform(frame) * (1 + 1e-15 * np.sign(y)[:, np.newaxis])


class LeavesOutTheRowAlone(KindStep):
    """Right for random folds: the mean target of the other rows with the kind, those of its group among them."""

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        assert y is not None
        self._means = self.means(frame, y)
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None) -> Numbers:
        assert y is not None
        features = np.full((len(frame), 1), np.nan)
        for others, own in self.folds(frame):
            features[own] = self.fit(frame.iloc[others], y[others]).transform(frame.iloc[own])
        self.fit(frame, y)
        return features

    def folds(self, frame: pd.DataFrame) -> list[tuple[Rows, Rows]]:
        return [(np.delete(np.arange(len(frame)), row), np.array([row])) for row in range(len(frame))]


class LeavesOutTheGroupAlone(LeavesOutTheRowAlone):
    """Right for groups: later rows teach earlier ones."""

    def folds(self, frame: pd.DataFrame) -> list[tuple[Rows, Rows]]:
        return CrossFitting(self.cross_fitting.group).pairs(frame, 5, self.seed)


class FollowsTheSplit(LeavesOutTheRowAlone):
    """Right for every split."""

    def folds(self, frame: pd.DataFrame) -> list[tuple[Rows, Rows]]:
        return self.inner_folds(frame, 5)


class ReadsTheClock(KindStep):
    """The time of the fit."""

    _time: float

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        self._time = time.time_ns() % 1e9
        return super().fit(frame, y)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        return super().transform(frame) + self._time


class SumsInTheOrderOfTheRows(KindStep):
    """A running sum: a row's feature depends on the rows before it."""

    def transform(self, frame: pd.DataFrame) -> Numbers:
        features: Numbers = np.nancumsum(super().transform(frame), axis=0)
        return features


class SumsInAnotherOrder(KindStep):
    """The last bits of a mean of all rows depend on how many they are and on their order."""

    def transform(self, frame: pd.DataFrame) -> Numbers:
        features = np.nan_to_num(super().transform(frame)) + 0.1
        weights = np.arange(1.0, len(frame) + 1) / 7
        return features * (weights.sum() / 3 / (weights / 3).sum() if len(frame) else 1)


class SumsInTheOrderOfHashes(KindStep):
    """A set of texts has another order in every process; sums of floats depend on it."""

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        super().fit(frame, y)
        words = {*frame["kind"].dropna(), *(f"word {number}" for number in range(50))}
        total = 0.0
        for word in words:  # a factor per term: plain sums of so few terms are often equal
            total = 1.01 * (total + 1 / (1 + sum(map(ord, word)) % 97))
        self._means = {kind: mean * total for kind, mean in self._means.items()}
        return self


class ComputesWithTheCpusLogarithm(KindStep):
    """Newer CPUs' logarithms differ in the last bit."""

    def transform(self, frame: pd.DataFrame) -> Numbers:
        powers = np.log(np.linspace(1, 9, 10_001)) ** 1.7
        return np.nan_to_num(super().transform(frame)) + float(np.dot(powers, powers[::-1]))


class LearnsInTransform(KindStep):
    """Adds the kinds of new rows to what it learned."""

    def transform(self, frame: pd.DataFrame) -> Numbers:
        for kind in frame["kind"].dropna():
            self._means.setdefault(kind, float(len(self._means)))
        return super().transform(frame)


class CountsTransforms(KindStep):
    """Every transform gives something else."""

    _transforms: int

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        self._transforms = 0
        return super().fit(frame, y)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        self._transforms += 1
        return super().transform(frame) + self._transforms


class ForgetsAColumnInReads(KindStep):
    """Reads kind as well."""

    def reads(self) -> Sequence[str]:
        return ("rooms",)


class UsesWhatIsThere(KindStep):
    """Reads a column that it does not name if the table has it."""

    def transform(self, frame: pd.DataFrame) -> Numbers:
        return super().transform(frame) + (frame["floors"].to_numpy()[:, np.newaxis] if "floors" in frame else 0)


class DependsOnOtherRows(KindStep):
    """Standardised with the rows at hand."""

    def transform(self, frame: pd.DataFrame) -> Numbers:
        features = super().transform(frame)
        return features - np.nanmean(features) if np.isfinite(features).any() else features


class AlignsTheIndex(KindStep):
    """Uses the index of the table as a position."""

    def transform(self, frame: pd.DataFrame) -> Numbers:
        positions = frame.index.to_numpy(dtype=np.float64)
        return super().transform(frame) + positions[:, np.newaxis]


class KeepsTooLittle(KindStep):
    """What it learned in the derived attribute cannot be computed again."""

    _factor: float
    DERIVED: ClassVar[tuple[str, ...]] = ("_factor",)

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        self._factor = float(len(frame))
        return super().fit(frame, y)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        return super().transform(frame) * self._factor


class LearnsNoJson(KindStep):
    """A date is no JSON value."""

    _day: object

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        self._day = {1: np.float64(2)}.keys()
        return super().fit(frame, y)


class FailsOnUnseenValues(KindStep):
    """Looks new kinds up as if all were known."""

    def transform(self, frame: pd.DataFrame) -> Numbers:
        return np.array([[self._means[kind]] for kind in frame["kind"].fillna("")]).reshape(-1, 1)


class FailsWithoutRows(KindStep):
    """Takes the first row."""

    def transform(self, frame: pd.DataFrame) -> Numbers:
        frame["kind"].iloc[0]
        return super().transform(frame)


class ChangesTheTable(KindStep):
    """Fills missing values in the table itself."""

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        frame.loc[frame["rooms"].isna(), "rooms"] = 0.0
        return super().fit(frame, y)


class NamesTooMuch(KindStep):
    """Two names for one feature."""

    def makes(self) -> Sequence[str]:
        return ("mean", "count")


class MakesOtherNames(KindStep):
    """The names after fitting differ from those before."""

    def names(self) -> list[str]:
        return ["average"]


class MakesIntegers(KindStep):
    """Integers have no missing value."""

    def transform(self, frame: pd.DataFrame) -> Numbers:
        return np.nan_to_num(super().transform(frame)).astype(np.int64)


class HasMoreCodesThanCategories(KindStep):
    """A loaded booster refuses the code."""

    def transform(self, frame: pd.DataFrame) -> Numbers:
        return np.full((len(frame), 1), 2.0)

    def n_categories(self) -> list[int]:
        return [2]

    def feature_types(self) -> list[str]:
        return ["c"]


class GrowsWithTheRows(KindStep):
    """One feature for each kind of the training rows: folds would differ in width."""

    @property
    def all_names_known(self) -> bool:
        return False

    def makes(self) -> Sequence[str]:
        return ()

    def names(self) -> list[str]:
        return [f"is {kind}" for kind in sorted(self._means)]

    def transform(self, frame: pd.DataFrame) -> Numbers:
        kinds = frame["kind"].fillna("").to_numpy()
        return np.array([kinds == kind for kind in sorted(self._means)], dtype=np.float64).T


DEFECTS: list[tuple[type[Step], str]] = [
    (EncodesItsOwnTarget, "No training row's features depend on the row's own target. Row 3 changes"),
    (EncodesTheTargetItself, "No training row's features depend on the row's own target. Row"),
    (LeavesOutTheRowAlone, r"keeps groups together, .* Those of rows \[4, 5, 6, 7\] do; use inner_folds"),
    (LeavesOutTheGroupAlone, "goes forward in time, .* Those of earlier rows do; use inner_folds"),
    (ReadsTheClock, "The same rows give the same bytes in every fit."),
    (SumsInTheOrderOfTheRows, "Row by row they differ"),
    (SumsInAnotherOrder, "Row by row they differ"),
    (LearnsInTransform, "A step learns in fit alone"),
    (CountsTransforms, "The same rows give the same bytes in every fit"),
    (ForgetsAColumnInReads, "reads the columns that reads\\(\\) names, and no others. KeyError: 'kind'"),
    (UsesWhatIsThere, "Other columns change training rows"),
    (DependsOnOtherRows, "Row by row they differ"),
    (AlignsTheIndex, "In another order they differ|Row by row they differ|index"),
    (KeepsTooLittle, "saved and restored computes the same bytes. AttributeError: .*_factor"),
    (LearnsNoJson, "saved and restored computes the same bytes. TypeError: .*not JSON serializable"),
    (FailsOnUnseenValues, "Unseen and missing values.* KeyError: 'never seen'"),
    (FailsWithoutRows, "depend on no other new row.*IndexError"),
    (ChangesTheTable, "The table differs afterwards"),
    (NamesTooMuch, "computed float64 of shape"),
    (MakesOtherNames, "makes\\(\\) is \\['mean'\\], names\\(\\) is \\['average'\\]"),
    (MakesIntegers, "computed int64 of shape"),
    (HasMoreCodesThanCategories, "codes beyond 0 .. 1"),
    (GrowsWithTheRows, "training rows have shape"),
]


def test_a_right_step_passes() -> None:
    check_step(KindStep())
    check_step(KindStep(), classes=3, fresh_process=False)
    check_step(FollowsTheSplit(), fresh_process=False)
    check_step(FollowsTheSplit(), classes=2, fresh_process=False)


def test_the_pages_step_that_learns_from_the_target_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(from [^`]*class CategoryMean.*?)```", page, flags=re.DOTALL)
    (tmp_path / "category_mean_of_the_page.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    step: type[Step] = importlib.import_module("category_mean_of_the_page").CategoryMean
    check_step(step.model_validate({"column": "kind"}), fresh_process=False)
    check_step(step.model_validate({"column": "street"}), classes=2, fresh_process=False)


@pytest.mark.parametrize(("defective", "sentence"), DEFECTS, ids=[defective.__name__ for defective, _ in DEFECTS])
def test_a_planted_defect_is_found(defective: type[Step], sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence) as error:
        check_step(defective(), fresh_process=False)
    assert "\n" not in str(error.value)
    assert "broken promise: " in str(error.value)


@pytest.mark.parametrize(
    "defective",
    [
        SumsInTheOrderOfHashes,
        pytest.param(
            ComputesWithTheCpusLogarithm,
            marks=pytest.mark.skipif(platform.machine() != "x86_64", reason="other instructions are switched off"),
        ),
    ],
)
def test_a_defect_that_shows_in_another_process_alone_is_found(defective: type[Step]) -> None:
    check_step(defective(), fresh_process=False)
    with pytest.raises(AssertionError, match=r"A fresh process.* gives the same bytes. It gives others."):
        check_step(defective())


def test_classes_are_flipped() -> None:
    with pytest.raises(AssertionError, match="Row 3 changes as its target becomes"):
        check_step(EncodesItsOwnTarget(), classes=2, fresh_process=False)


def test_an_own_table_is_used() -> None:
    frame = pd.DataFrame({"kind": pd.Series(["x", "y"] * 30, dtype="str"), "rooms": np.arange(60.0)})
    check_step(KindStep(), frame, np.arange(60.0), fresh_process=False)
    with pytest.raises(AssertionError, match=r"reads\(\) names \['rooms', 'kind'\]; the table has \['rooms'\]"):
        check_step(KindStep(), frame[["rooms"]], np.arange(60.0), fresh_process=False)


def test_an_undeclared_attribute_is_refused() -> None:
    with pytest.raises(AttributeError, match=r"KindStep does not declare _mean; write `_mean: ...` in its class"):
        setattr(KindStep(), "_mean", 1.0)  # noqa: B010
