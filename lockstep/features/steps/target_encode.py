"""Categories encoded by the mean of their target."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, Field, model_validator

from lockstep.features.arrays import Numbers
from lockstep.features.bins import Edges, binned, learn_edges
from lockstep.features.categories import Categories
from lockstep.features.step import Step
from lockstep.features.step_settings import AnyColumns, Combination, Folds
from lockstep.features.targets import target_columns, target_names
from lockstep.features.values import Codes, Vocabulary, codes_of, learn_vocabulary, size_of
from lockstep.table.row_weights import mean


def _auto_or_rows(smooth: object) -> object:
    is_rows = isinstance(smooth, int | float) and not isinstance(smooth, bool) and smooth >= 0
    if smooth != "auto" and not is_rows:
        raise ValueError(f"{smooth!r} is neither auto nor a number of rows; write auto, or 0 or more")
    return smooth


class TargetEncode(Step):
    """target_NAME: the target's mean over the rows with a value, shrunk towards the overall mean.

    The means are those of scikit-learn's TargetEncoder (Micci-Barreca 2001). A training row's features are learned from
    the other folds. An unseen value gets the overall mean; a missing one counts as a value. For classes the mean is the
    share of the second of two classes, or of each of several. Where rows have weights, means are weighted; with
    exposures they are rates, the sum of the target by that of the exposure.

    Attributes:
        columns: Columns of any type.
        together: Combinations of columns to encode as one.
        bins: Numbers of bins into which to cut some of the columns, which must be numbers, before they are encoded.
            With a category the mean over a bin shows what a number says within the category. The bins have about
            equally many training rows, whatever their target.
        smooth: auto (empirical Bayes) or the weight of the overall mean, in rows of average weight.
        folds: Folds of the cross-fitting.
        spread: Whether to add target_spread_NAME, the standard deviation (n - 1) over the rows with a value; NaN where
            there are fewer than two. It is cross-fitted as well: leaving out only the row would reveal its class, since
            the rest of a category then has one of two values.
    """

    columns: AnyColumns = ()
    together: Annotated[tuple[Combination, ...], Field(strict=False)] = ()
    bins: dict[str, Annotated[int, Field(ge=2, le=1000)]] = Field(default_factory=dict)
    smooth: Annotated[str | float, BeforeValidator(_auto_or_rows)] = "auto"
    folds: Folds = 5
    spread: bool = False

    _edges: Edges
    _vocabularies: list[Vocabulary]
    _encodings: Numbers
    _unseen: Numbers

    @model_validator(mode="after")
    def _makes_a_feature(self) -> Self:
        if not self.columns and not self.together:
            raise ValueError("target_encode makes nothing; list columns, or combinations under together")
        reads = set(self.reads())
        if unknown := [column for column in self.bins if column not in reads]:
            raise ValueError(f"bins: {unknown[0]!r} is not among the columns; add it there or remove it here")
        return self

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        together = [["street", "kind"], ["kind", "garden", "street"]]
        return [
            {"columns": ["street", "garden", "title"], "together": together, "spread": True},
            {"columns": ["kind"], "together": [["kind", "area"]], "bins": {"area": 4}, "smooth": 3, "folds": 3},
        ]

    def reads(self) -> Sequence[str]:
        return tuple(dict.fromkeys([*self.columns, *(column for group in self.together for column in group)]))

    def reads_numbers(self) -> Sequence[str]:
        return tuple(self.bins)

    def reads_text(self) -> Sequence[str]:
        return tuple(column for column in self.reads() if column not in self.bins)

    def makes(self) -> Sequence[str]:
        names = ["_".join(group) for group in self._groups()]
        return [f"{measure}_{name}" for measure in ("target", "target_spread")[: 1 + self.spread] for name in names]

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Learn the encodings of new rows from all training rows."""
        codes = self._learn_codes(frame)
        weights = self.row_weights(frame)
        self._encodings, self._unseen = self._encode(codes, target_columns(y, self.n_classes), weights)
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None) -> Numbers:
        """Learn from all training rows; the features of a training row come from the other folds."""
        self.fit(frame, y)
        codes, target, weights = self._learn_codes(frame), target_columns(y, self.n_classes), self.row_weights(frame)
        features = np.full((len(frame), len(self.names())), np.nan)
        for others, own in self.inner_folds(frame, self.folds):
            known = None if weights is None else weights[others]
            encodings, unseen = self._encode([code[others] for code in codes], target[others], known)
            features[own] = self._features([code[own] for code in codes], encodings, unseen)
        return features

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, features)."""
        rows = binned(frame, self._edges)
        codes = [codes_of(rows, vocabulary) for vocabulary in self._vocabularies]
        return self._features(codes, self._encodings, self._unseen)

    def names(self) -> list[str]:
        """Means, then standard deviations; with several classes one for each."""
        return target_names(self.makes(), self.n_classes)

    def _groups(self) -> list[tuple[str, ...]]:
        return [*((column,) for column in self.columns), *(tuple(group) for group in self.together)]

    def _learn_codes(self, frame: pd.DataFrame) -> list[Codes]:
        self._edges = learn_edges(frame, self.bins)
        rows = binned(frame, self._edges)
        self._vocabularies = [learn_vocabulary(rows, group) for group in self._groups()]
        return [codes_of(rows, vocabulary) for vocabulary in self._vocabularies]

    def _encode(self, codes: Sequence[Codes], target: Numbers, weights: Numbers | None) -> tuple[Numbers, Numbers]:
        """The encodings of codes, (all codes, measures x outputs), and of an unseen value, (measures x outputs,)."""
        categories = [
            Categories(code, size_of(vocabulary), weights)
            for code, vocabulary in zip(codes, self._vocabularies, strict=True)
        ]
        measures = [(mean(output, weights), output) for output in target.T]
        encodings = [
            np.concatenate([each.means(output, overall, self.smooth) for each in categories])
            for overall, output in measures
        ]
        unseen = [overall for overall, _ in measures]
        if self.spread:
            encodings += [np.concatenate([each.deviations(output) for each in categories]) for output in target.T]
            unseen += [float("nan")] * target.shape[1]
        return np.column_stack(encodings), np.array(unseen)

    def _features(self, codes: Sequence[Codes], encodings: Numbers, unseen: Numbers) -> Numbers:
        sizes = [size_of(vocabulary) for vocabulary in self._vocabularies]
        parts = np.split(encodings, np.cumsum(sizes)[:-1])
        # UNSEEN is -1: the last row
        encoded = [np.vstack([part, unseen])[code] for part, code in zip(parts, codes, strict=True)]
        outputs = encodings.shape[1] // (1 + self.spread)
        means = [part[:, :outputs] for part in encoded]
        return np.hstack(means + [part[:, outputs:] for part in encoded if self.spread])
