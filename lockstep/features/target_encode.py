"""Categories encoded by the mean of their target."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.preprocessing import TargetEncoder

from lockstep.features.base import Numbers, Transformer
from lockstep.features.targets import Rows, cross_fitting, target_columns, target_names
from lockstep.features.values import Codes, Vocabulary, codes_of, learn_vocabulary, size_of


class TargetEncode(Transformer):
    """target_NAME: the target's mean over the rows with a value, shrunk towards the overall mean.

    The means are those of scikit-learn's TargetEncoder. A training row's features are learned from the other folds. An
    unseen value gets the overall mean; a missing one counts as a value. For classes the mean is the share of the second
    of two classes, or of each of several.

    Args:
        columns: Columns of any type.
        together: Combinations of columns to encode as one.
        smooth: auto (empirical Bayes) or the weight of the overall mean, in rows.
        folds: Folds of the cross-fitting.
        spread: Whether to add target_spread_NAME, the standard deviation (n - 1) over the rows with a value; NaN where
            there are fewer than two. It is cross-fitted as well: leaving out only the row would reveal its class, since
            the rest of a category then has one of two values.
        random_state: Seed of the folds.
        n_classes: Classes of the target; 0 for a number.
    """

    LEARNED: ClassVar[tuple[str, ...]] = ("vocabularies_", "encodings_", "unseen_")

    def __init__(
        self,
        columns: tuple[str, ...] = (),
        together: tuple[tuple[str, ...], ...] = (),
        smooth: str | float = "auto",
        folds: int = 5,
        spread: bool = False,
        random_state: int = 0,
        n_classes: int = 0,
    ) -> None:
        self.columns = columns
        self.together = together
        self.smooth = smooth
        self.folds = folds
        self.spread = spread
        self.random_state = random_state
        self.n_classes = n_classes

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Learn the encodings of new rows from all training rows."""
        codes = self._learn_codes(frame)
        self.encodings_, self.unseen_ = self._encodings(codes, target_columns(y, self.n_classes))
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None, **_: object) -> Numbers:
        """Learn from all training rows; the features of a training row come from the other folds."""
        self.fit(frame, y)
        codes, target = self._learn_codes(frame), target_columns(y, self.n_classes)
        features = np.full((len(frame), len(self.get_feature_names_out())), np.nan)
        for others, own in cross_fitting(len(frame), self.folds, self.random_state):
            encodings, unseen = self._encodings([code[others] for code in codes], target[others])
            features[own] = self._features([code[own] for code in codes], encodings, unseen)
        return features

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, features)."""
        return self._features(
            [codes_of(frame, vocabulary) for vocabulary in self.vocabularies_], self.encodings_, self.unseen_
        )

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Means, then standard deviations; with several classes one for each."""
        names = ["_".join(group) for group in self._groups()]
        stems = [f"{measure}_{name}" for measure in ("target", "target_spread")[: 1 + self.spread] for name in names]
        return np.array(target_names(stems, self.n_classes), dtype=object)

    def _groups(self) -> list[tuple[str, ...]]:
        return [*((column,) for column in self.columns), *(tuple(group) for group in self.together)]

    def _learn_codes(self, frame: pd.DataFrame) -> list[Codes]:
        self.vocabularies_: list[Vocabulary] = [learn_vocabulary(frame, group) for group in self._groups()]
        return [codes_of(frame, vocabulary) for vocabulary in self.vocabularies_]

    def _encodings(self, codes: Sequence[Codes], target: Numbers) -> tuple[Numbers, Numbers]:
        """The encodings of codes, (all codes, measures x outputs), and of an unseen value, (measures x outputs,)."""
        sizes = [size_of(vocabulary) for vocabulary in self.vocabularies_]
        encodings, unseen = _means(codes, sizes, target, self.smooth)
        if self.spread:
            deviations = [_deviations(code, size, target) for code, size in zip(codes, sizes, strict=True)]
            encodings = np.hstack([encodings, np.concatenate(deviations)])
            unseen = np.concatenate([unseen, np.full(target.shape[1], np.nan)])
        return encodings, unseen

    def _features(self, codes: Sequence[Codes], encodings: Numbers, unseen: Numbers) -> Numbers:
        sizes = [size_of(vocabulary) for vocabulary in self.vocabularies_]
        parts = np.split(encodings, np.cumsum(sizes)[:-1])
        # UNSEEN is -1: the last row
        encoded = [np.vstack([part, unseen])[code] for part, code in zip(parts, codes, strict=True)]
        outputs = encodings.shape[1] // (1 + self.spread)
        means = [part[:, :outputs] for part in encoded]
        return np.hstack(means + [part[:, outputs:] for part in encoded if self.spread])


def _means(
    codes: Sequence[Codes], sizes: Sequence[int], target: Numbers, smooth: str | float
) -> tuple[Numbers, Numbers]:
    """Smoothed means of each output by code, and overall; a class's indicator is averaged like a number."""
    encoder = TargetEncoder(categories=[np.arange(size) for size in sizes], target_type="continuous", smooth=smooth)
    encodings, overall = [], []
    for output in target.T:
        encoder.fit(np.column_stack(codes), output)
        encodings.append(np.concatenate(encoder.encodings_))
        overall.append(encoder.target_mean_)
    return np.column_stack(encodings), np.array(overall, dtype=np.float64)


def _deviations(codes: Rows, size: int, target: Numbers) -> Numbers:
    """Standard deviation of each output by code, shape (size, outputs)."""
    count = np.bincount(codes, minlength=size)
    deviations = np.full((size, target.shape[1]), np.nan)
    enough = count >= 2
    for number, output in enumerate(target.T):
        mean = np.bincount(codes, weights=output, minlength=size) / np.maximum(count, 1)
        squares = np.bincount(codes, weights=(output - mean[codes]) ** 2, minlength=size)
        deviations[enough, number] = np.sqrt(squares[enough] / (count[enough] - 1))
    return deviations
