"""The base of feature steps: what one reads, makes, learns and computes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import pandas as pd

from lockstep.features.arrays import Numbers
from lockstep.project.kinds import Kind, OneOfKind
from lockstep.project.settings import Settings
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.row_weights import RowWeights
from lockstep.table.timeline import Rows

# Private attributes that `for_target` sets; they are not learned.
TOLD = ("_n_classes", "_seed", "_cross_fitting", "_weights")


class Step(Settings, OneOfKind, ABC):
    """One step of a feature recipe: learns from training rows, then computes features of any rows.

    Its fields are its settings, as in the dataset file. What `fit` learns are private attributes, declared without a
    value: `_centres: Numbers`. All of them are saved with the model, so each must be a JSON value or an array.

    `fit_transform` computes the features of the training rows. Where a step learns from the target, these exclude the
    row's own target, so that they are distributed like those of new rows; then `fit_transform(frame, y)` differs from
    `fit(frame, y).transform(frame)`. `inner_folds` says from which rows to learn: rows of the row's group, and later
    rows where the split goes forward in time, are excluded as well.

    Attributes:
        DERIVED: Private attributes that `derive` computes from the others; they are not saved.
    """

    DERIVED: ClassVar[tuple[str, ...]] = ()

    _n_classes: int = 0
    _seed: int = 0
    _cross_fitting: CrossFitting = CrossFitting()
    _weights: RowWeights = RowWeights()

    @property
    def n_classes(self) -> int:
        """The number of classes of the target, whose values are then 0 .. n_classes - 1; 0 for a number."""
        return self._n_classes

    @property
    def seed(self) -> int:
        """The seed of random draws."""
        return self._seed

    @property
    def cross_fitting(self) -> CrossFitting:
        """How the split relates the rows."""
        return self._cross_fitting

    def inner_folds(self, frame: pd.DataFrame, folds: int) -> list[tuple[Rows, Rows]]:
        """Positions of training rows to learn from and of those to transform, pair by pair, as the split relates rows.

        Random: each row is in one of so many folds, and is transformed by what the others teach. Whole groups are in
        one fold. In time, there are blocks whose rows are transformed by what earlier blocks teach; the rows of the
        first block are in no pair, and their features are NaN.

        Args:
            frame: The training rows that `fit_transform` got; their other columns, which say how rows relate, too.
            folds: Number of folds; in time there are twice as many blocks and one more.
        """
        return self._cross_fitting.pairs(frame, folds, self._seed)

    def row_weights(self, frame: pd.DataFrame) -> Numbers | None:
        """How much each training row counts in a mean of the target, shape (rows,); None: all count the same.

        The weight times the exposure, of columns that need not be among those of `reads`; 1 on average.

        Args:
            frame: Rows that `fit` or `fit_transform` got, or some of them.
        """
        return self._weights.of_rates(frame)

    @property
    def context(self) -> list[str]:
        """Columns of training rows that say how they relate and how much they count."""
        return [*self._cross_fitting.columns, *self._weights.columns]

    def for_target(
        self,
        n_classes: int,
        seed: int,
        cross_fitting: CrossFitting | None = None,
        weights: RowWeights | None = None,
    ) -> Self:
        """An unfitted copy that knows the target, the seed, how the split relates the rows, and what they weigh.

        Without the last two, rows do not relate, and all count the same.
        """
        settings = {name: getattr(self, name) for name in type(self).model_fields}
        copy = cast(Self, self.model_construct(**settings))
        copy._n_classes, copy._seed = n_classes, seed
        copy._cross_fitting, copy._weights = cross_fitting or CrossFitting(), weights or RowWeights()
        return copy

    @abstractmethod
    def reads(self) -> Sequence[str]:
        """Columns of the cleaned table that the step reads."""

    def reads_numbers(self) -> Sequence[str]:
        """Those of them that must be numbers."""
        return ()

    def reads_text(self) -> Sequence[str]:
        """Those of them that may be of type text; elsewhere a text column is refused."""
        return ()

    def reads_words(self) -> Sequence[str]:
        """Those of them that must be text or a category."""
        return ()

    def reads_dates(self) -> Sequence[str]:
        """Those of them that must be dates."""
        return ()

    @abstractmethod
    def makes(self) -> Sequence[str]:
        """Names of the features, as far as known before fitting; those of a target with classes are not."""

    @property
    def all_names_known(self) -> bool:
        """Whether `makes` names all features of a target that is a number."""
        return True

    def check_target(self, classes: bool) -> None:
        """Check that the step can be used with the target.

        Args:
            classes: Whether the target has classes; else it is a number.

        Raises:
            ValueError: if it cannot, with the setting to change.
        """

    def check_types(self, types: Mapping[str, str]) -> None:
        """Check that the step can use columns of these types together; `reads_numbers` and the like say it of each.

        Args:
            types: The type of each column of the cleaned table, those of `reads` among them.

        Raises:
            ValueError: if it cannot, with what is needed.
        """

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Learn from training rows; by default nothing.

        Args:
            frame: Rows of the cleaned table with the columns of `reads`.
            y: Their targets, shape (rows,): numbers, per unit of exposure where there are exposures, or class numbers.
        """
        return self

    @abstractmethod
    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Features of rows that were not in `fit`, of shape (rows, features); a row's depend on that row alone."""

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None) -> Numbers:
        """Learn from training rows and return their own features, which do not depend on the row's own target."""
        return self.fit(frame, y).transform(frame)

    def names(self) -> list[str]:
        """Names of the features, in order; known after fitting."""
        return list(self.makes())

    def feature_types(self) -> list[str]:
        """XGBoost's type per feature: c for a category, q for a quantity."""
        return ["q"] * len(self.names())

    def n_categories(self) -> list[int]:
        """The number of categories per feature, 0 for a quantity."""
        return [0] * len(self.names())

    def derive(self) -> None:
        """Compute the attributes in DERIVED; `fit` calls it last, and `restore` does."""

    def state(self) -> dict[str, Any]:
        """What `fit` learned, by the names in saved models: `centres_` for the attribute `_centres`."""
        return {_saved_name(name): getattr(self, name) for name in self._learned()}

    def restore(self, state: Mapping[str, Any]) -> Self:
        """Set what an earlier `fit` learned."""
        for name in self._learned():
            setattr(self, name, state[_saved_name(name)])
        self.derive()
        return self

    @classmethod
    def _learned(cls) -> list[str]:
        """The private attributes that are saved."""
        return [name for name in cls.__private_attributes__ if name not in TOLD and name not in cls.DERIVED]

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            """Set what is declared; pydantic would accept any other private attribute, which would not be saved."""
            if name.startswith("_") and name not in self.__private_attributes__:
                raise AttributeError(f"{type(self).__name__} does not declare {name}; write `{name}: ...` in its class")
            super().__setattr__(name, value)


def _saved_name(attribute: str) -> str:
    return f"{attribute[1:]}_"


STEPS: Kind[Step] = Kind(name="step", base=Step, package="lockstep.features.steps", key="step", folder="steps")
