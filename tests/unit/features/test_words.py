"""The step words: which terms a text has, scikit-learn's own numbers, and reviews that only their words tell apart."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score

from lockstep.features.arrays import Numbers
from lockstep.features.sparse_ridge import fit_ridge
from lockstep.features.steps import words
from lockstep.features.steps.words import Words
from tests.unit.features.examples import step_of


def _frame(texts: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame({"t": pd.Series(texts, dtype="str")})


def _terms(text: str) -> set[str]:
    """The single words that the step learns from two rows with the text."""
    step = Words(column="t", encode=False).fit(_frame([text, text]))
    return {term for term in step.state()["terms_"] if " " not in term}


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("NOT good, don\u2019t buy!!", {"not", "good", ",", "don't", "buy", "!"}),
        ("C3PO \U0001f600\U0001f44e", {"c3po", "\U0001f600", "\U0001f44e"}),
        ("\u0130yi \uff21\uff22 \ufb01ne e\u0301te\u0301", {"i\u0307yi", "ab", "fine", "\u00e9t\u00e9"}),
        ("この本は最高", {"こ", "の", "本", "は", "最", "高"}),
        ("不好OK", {"不", "好", "ok"}),
        ("हिन्दी में", {"हिन्दी", "में"}),
        ("Größte Lieferverzögerung", {"größte", "lieferverzögerung"}),
    ],
)
def test_terms_of_many_scripts(text: str, terms: set[str]) -> None:
    assert _terms(text) == terms


def test_pairs_of_neighbours_are_terms_and_those_of_one_row_are_not() -> None:
    step = Words(column="t", encode=False, top=3).fit(_frame(["not good", "not good at all", "bad", None, ""]))
    assert step.state()["terms_"] == ["good", "not", "not good"]
    assert step.names() == ["t_tfidf_good", "t_tfidf_not", "t_tfidf_not_good"]
    made = step.transform(_frame(["good", "unheard of", None]))
    np.testing.assert_array_equal(made, [[1, 0, 0], [0, 0, 0], [np.nan] * 3])


def test_only_the_most_frequent_terms_are_kept_and_symbols_have_no_column() -> None:
    texts: list[str | None] = ["! b", "! b", "! a", "! a", "! c", "b c"]
    step = Words(column="t", encode=False, top=3, max_terms=2).fit(_frame(texts))
    assert step.state()["terms_"] == ["!", "b"]
    assert step.names() == ["t_tfidf_b", "t_tfidf_unused", "t_tfidf_unused_2"]


def _reviews(rows: int, seed: int) -> tuple[pd.DataFrame, Numbers]:
    """Texts of 5 to 25 made words, some of which tell whether a review is good; `not` turns the next one around."""
    random = np.random.default_rng(seed)
    common = [f"{first}{last}" for first in ("ba", "ke", "ro", "mi") for last in ("nor", "tik", "lan", "dos", "vel")]
    good, bad, texts = ["great", "Lovely", "perfect"], ["awful", "Broken", "bland"], list[str]()
    y = random.integers(0, 2, rows)
    for label in y:
        words = list(random.choice(common, random.integers(5, 25)))
        for _ in range(random.poisson(1.5)):
            praise = (random.random() < 0.85) == bool(label)
            plain = random.random() < 0.8
            word = random.choice(good if praise == plain else bad)
            words.insert(random.integers(len(words) + 1), word if plain else f"not {word}")
        texts.append(" ".join(words) + random.choice([".", "!"]))
    return _frame(list(texts)), y.astype(np.float64)


@pytest.mark.parametrize("n_classes", [0, 3])
def test_the_prediction_is_that_of_scikit_learns_tfidf_and_ridge(n_classes: int) -> None:
    frame, y = _reviews(150, 1)
    y = (y + np.arange(150) % 2) if n_classes else 1e6 + 100 * y
    step = step_of({"step": "words", "column": "t", "top": 0, "alpha": 0.5}, n_classes).fit(frame, y)
    texts = frame["t"].str.lower().str.replace(r"([.!])", r" \1", regex=True).tolist()
    x = TfidfVectorizer(tokenizer=str.split, token_pattern=None, ngram_range=(1, 2), min_df=2).fit_transform(texts)
    target = np.column_stack([y == number for number in range(3)]).astype(np.float64) if n_classes else y
    expected = Ridge(0.5, tol=1e-10).fit(x, target).predict(x).reshape(150, -1)
    np.testing.assert_allclose(step.transform(frame), expected, rtol=1e-4, atol=1e-4)


def test_a_weighted_ridge_is_that_of_repeated_rows() -> None:
    random = np.random.default_rng(0)
    x = csr_matrix(random.random((20, 4)) * (random.random((20, 4)) < 0.5))
    y, times = random.normal(size=(20, 2)), random.integers(1, 4, 20)
    rows = np.repeat(np.arange(20), times)
    model = fit_ridge(x, y, times.astype(np.float64), 0.7)
    expected = Ridge(0.7).fit(x[rows].toarray(), y[rows])
    np.testing.assert_allclose(model.coefficients, expected.coef_.T, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.predict(x), expected.predict(x.toarray()), rtol=1e-4, atol=1e-5)


def test_words_tell_reviews_apart_as_well_as_a_linear_model_of_all_words() -> None:
    (frame, y), (new, truth) = _reviews(600, 2), _reviews(600, 3)
    step = step_of({"step": "words", "column": "t"}, 2)
    training, made = step.fit_transform(frame, y)[:, 0], step.transform(new)[:, 0]
    vectorizer = TfidfVectorizer()
    model = LogisticRegression().fit(vectorizer.fit_transform(frame["t"]), y)
    reference = roc_auc_score(truth, model.decision_function(vectorizer.transform(new["t"])))
    assert reference > 0.7
    assert roc_auc_score(truth, made) > reference
    # a training row's prediction does not know its own target, so it is no better than a new row's
    assert abs(roc_auc_score(y, training) - roc_auc_score(truth, made)) < 0.04


def test_many_classes_have_fewer_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "MAX_COEFFICIENTS", 9)
    frame, y = _frame(["a b c d e"] * 3), np.arange(3.0)
    learned = {n: len(step_of({"step": "words", "column": "t"}, n).fit(frame, y).state()["terms_"]) for n in (0, 3)}
    assert learned == {0: 9, 3: 3}
