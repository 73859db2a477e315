"""Words of free texts."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from lockstep.features.arrays import Numbers, rounded
from lockstep.features.sparse_ridge import SparseRidge, fit_ridge
from lockstep.features.step import Step
from lockstep.features.step_settings import Folds, Positive
from lockstep.features.targets import target_columns, target_names
from lockstep.features.values import is_missing, names_of_values, text_values

# Scripts written without spaces, in which each character counts as a word: Thai, Lao, Burmese, Khmer, kana, Chinese.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
)
# Marks within words that Python's \w lacks: accents, Hebrew and Arabic points, vowels of Indian scripts.
MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff"
LETTERS = rf"(?:[^\W{UNSPACED}]|[{MARKS}])+"
# A character of such a script, a word, which may contain apostrophes, or a single symbol, such as ! or an emoji.
WORD = re.compile(rf"[{UNSPACED}]|{LETTERS}(?:['\u2019]{LETTERS})*|[^\w\s]")
# A term of one row says nothing about another one.
MIN_ROWS = 2
# Of many classes fewer terms are used: 32 MB of coefficients are saved at most.
MAX_COEFFICIENTS = 4_000_000


class Words(Step):
    """What the words of a text say about the target, and its most frequent words; missing where the text is missing.

    Terms are words, symbols such as ! and emojis, and in scripts without spaces characters, in lower case, alone and in
    pairs of neighbours (`not good`). They are weighted by TF-IDF as in scikit-learn's TfidfVectorizer. Terms of a
    single training row are ignored.

    Attributes:
        column: Texts or categories.
        encode: Whether to add NAME_words_target, the prediction of a ridge regression on the terms; for classes that of
            the indicator of the second of two classes, or of each of several. A training row's comes from a model of
            the other folds. Where rows have weights, they count in the regression; with exposures the target is a rate.
        top: Adds NAME_tfidf_TERM for this many of the most frequent terms with a letter or a digit (ties in
            alphabetical order). If there are fewer, the last columns are 0.
        max_terms: Number of terms, the most frequent ones; at most four million divided by the number of classes.
        alpha: Penalty of the squared coefficients, in rows of average weight.
        folds: Folds of the cross-fitting.
    """

    column: str
    encode: bool = True
    top: Annotated[int, Field(ge=0, le=10_000)] = 30
    max_terms: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000
    alpha: Positive = 1.0
    folds: Folds = 5

    _terms: list[str]
    _top: list[int]
    _idf: Numbers
    _coefficients: Numbers
    _intercepts: Numbers

    @model_validator(mode="after")
    def _makes_a_feature(self) -> Self:
        if not (self.top or self.encode):
            raise ValueError("words makes nothing; set top or encode")
        return self

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {"column": "title", "top": 12, "max_terms": 15},
            {"column": "street", "top": 0, "alpha": 0.3, "folds": 3},
        ]

    def reads(self) -> Sequence[str]:
        return (self.column,)

    def reads_text(self) -> Sequence[str]:
        return self.reads()

    def reads_words(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        return [f"{self.column}_words_target"] * self.encode

    @property
    def all_names_known(self) -> bool:
        """The terms are known only after fitting."""
        return not self.top

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Learn the terms, their frequencies, and the regression for new rows.

        Raises:
            DataError: if the column does not contain text.
        """
        self._learn(frame, y)
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None) -> Numbers:
        """Learn from all training rows; NAME_words_target of a training row comes from the other folds."""
        x = self._learn(frame, y)
        if not self.encode:
            return self._features(frame, x, np.empty((len(frame), 0)))
        target, weights = target_columns(y, self.n_classes), self.row_weights(frame)
        encoded = np.full(target.shape, np.nan)
        for others, own in self.inner_folds(frame, self.folds):
            known = None if weights is None else weights[others]
            encoded[own] = fit_ridge(x[others], target[others], known, self.alpha).predict(x[own])
        return self._features(frame, x, encoded)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, features).

        Raises:
            DataError: if the column does not contain text.
        """
        texts = self._texts(frame)
        # scikit-learn refuses an empty vocabulary
        counts = _counter(self._terms).transform(texts) if self._terms else csr_matrix((len(texts), 0))
        x = self._weighted(counts)
        encoded = np.empty((len(frame), 0))
        if self.encode:
            encoded = SparseRidge(self._coefficients, self._intercepts).predict(x)
        return self._features(frame, x, encoded)

    def names(self) -> list[str]:
        """Target, with several classes one for each; then the terms, once fitted."""
        top = names_of_values(f"{self.column}_tfidf_", [self._terms[term] for term in self._top], self.top)
        return target_names(self.makes(), self.n_classes) + top

    def _texts(self, frame: pd.DataFrame) -> list[str]:
        return [text or "" for text in text_values(frame, self.column, "words")]

    def _learn(self, frame: pd.DataFrame, y: Numbers | None) -> csr_matrix:
        """Learn from training rows; returns their TF-IDF, shape (rows, terms)."""
        x = self._weighted(self._learn_terms(self._texts(frame)))
        self._coefficients, self._intercepts = np.empty((0, 0)), np.empty(0)
        if self.encode:
            weights = self.row_weights(frame)
            self._coefficients, self._intercepts = fit_ridge(x, target_columns(y, self.n_classes), weights, self.alpha)
        return x

    def _learn_terms(self, texts: Sequence[str]) -> csr_matrix:
        """Learn the terms and their inverse document frequencies; returns their counts, shape (rows, terms)."""
        counts, terms = csr_matrix((len(texts), 0)), np.empty(0, dtype=object)
        # scikit-learn refuses texts without a term
        if any(WORD.search(text) for text in texts):
            counter = _counter()
            counts, terms = counter.fit_transform(texts), counter.get_feature_names_out()
        n_rows = np.bincount(counts.indices, minlength=len(terms))
        by_frequency = np.argsort(-n_rows, kind="stable")
        max_terms = min(self.max_terms, MAX_COEFFICIENTS // max(self.n_classes, 1))
        chosen = np.sort(by_frequency[n_rows[by_frequency] >= MIN_ROWS][:max_terms])
        self._terms, n_rows = terms[chosen].tolist(), n_rows[chosen]
        is_word = np.array([re.search(r"\w", term) is not None for term in self._terms], dtype=np.bool_)
        by_frequency = np.argsort(-n_rows, kind="stable")
        self._top = by_frequency[is_word[by_frequency]][: self.top].tolist()
        self._idf = rounded(np.log((1 + len(texts)) / (1 + n_rows)) + 1)
        return counts[:, chosen]

    def _weighted(self, counts: csr_matrix) -> csr_matrix:
        """TF-IDF of counts; the squares of each row add up to 1."""
        x = csr_matrix(counts, copy=True)
        x.data *= self._idf[x.indices]
        # scikit-learn refuses an array without rows or columns
        return x if 0 in x.shape else normalize(x, copy=False)

    def _features(self, frame: pd.DataFrame, x: csr_matrix, encoded: Numbers) -> Numbers:
        top = np.zeros((len(frame), self.top))
        top[:, : len(self._top)] = x[:, self._top].toarray()
        features = np.hstack([encoded, top])
        return np.where(is_missing(frame, [self.column])[:, np.newaxis], np.nan, features)


def _words_of(text: str) -> list[str]:
    """The words and symbols of a text, in order."""
    return WORD.findall(unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'"))


def _counter(terms: list[str] | None = None) -> CountVectorizer:
    """Counts words and pairs of neighbours: the given terms, or all of them."""
    return CountVectorizer(
        tokenizer=_words_of, token_pattern=None, lowercase=False, ngram_range=(1, 2), vocabulary=terms, dtype=np.float64
    )
