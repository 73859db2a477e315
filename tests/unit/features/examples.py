"""Example steps for every registered transformer, and a table they all fit."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from lockstep.features.base import Numbers, Transformer
from lockstep.features.features_block import Recipe, Step
from lockstep.features.steps import make_transformer

EXAMPLES: tuple[dict[str, Any], ...] = (
    {"step": "columns", "columns": ["a", "genre", "day"]},
    {"step": "ratio", "name": "a_per_b", "numerator": "a", "denominator": "b"},
    {"step": "log", "columns": ["a", "b"]},
    {"step": "rotate", "x": "longitude", "y": "latitude", "angles": [30, 45.5]},
    {
        "step": "distance",
        "columns": ["latitude", "longitude"],
        "points": {"pole": [90, 0], "here": [37.5, -122]},
        "metric": "haversine",
    },
    {"step": "distance", "columns": ["a", "b"], "points": {"origin": [0, 0]}, "metric": "euclidean"},
    {"step": "interaction", "name": "a_minus_b", "operation": "difference", "columns": ["a", "b"]},
    {"step": "interaction", "name": "product", "operation": "product", "columns": ["a", "b", "flag"]},
    {
        "step": "date_parts",
        "columns": ["day"],
        "parts": ["year", "month", "day", "weekday", "day_of_year", "week", "quarter", "days"],
        "reference": "2020-01-21",
    },
    {"step": "text", "columns": ["title", "genre"]},
    {"step": "count", "columns": ["artist", "title", "flag", "a"], "distinct_of": "genre"},
    {"step": "count", "columns": ["artist", "flag", "genre"], "together": True, "share": True, "distinct_of": "title"},
    {
        "step": "multi_value",
        "column": "tags",
        "separator": ";",
        "top": 4,
        "count": True,
        "encode": True,
    },
    {"step": "multi_value", "column": "title", "separator": " ", "top": 100},
    {
        "step": "target_encode",
        "columns": ["artist", "flag", "title"],
        "together": [["artist", "genre"], ["genre", "flag", "artist"]],
        "spread": True,
    },
    {"step": "target_encode", "columns": ["genre"], "smooth": 3, "folds": 3},
    {"step": "clusters", "columns": ["latitude", "longitude"], "n_clusters": 5},
    {"step": "clusters", "columns": ["a", "b"], "n_clusters": 3, "standardise": True},
    {
        "step": "neighbours",
        "columns": ["latitude", "longitude"],
        "scale": {"longitude": 0.8},
        "k": [3, 10],
        "power": 1,
        "of": ["a", "b"],
        "spread": True,
        "distance": True,
        "difference": True,
    },
    {"step": "neighbours", "columns": ["latitude", "longitude", "b"], "k": [1], "name": "near"},
    {
        "step": "local_linear",
        "columns": ["latitude", "longitude"],
        "scale": {"longitude": 0.8},
        "inputs": ["a", "b"],
        "logs": ["b"],
        "k": [5, 20],
        "folds": 4,
    },
    {"step": "linear", "columns": ["a", "b", "latitude"], "alphas": [0.1, 10], "folds": 3},
    {"step": "linear", "columns": ["a"], "alphas": [1], "name": "line"},
)
# Steps that learn from the target, so that its kind matters: a number, two classes, three classes.
SUPERVISED = ("target_encode", "neighbours", "linear", "local_linear")
N_CLASSES = (0, 2, 3)
# An option for numbers only, and cross-fitted neighbours of a number.
NUMBERS_ONLY: dict[str, Any] = {
    "step": "neighbours",
    "columns": ["latitude", "longitude"],
    "k": [4],
    "power": 2,
    "offset": 0.01,
    "target_per": ["b", "flag"],
    "folds": 4,
}


def learns_from_target(example: dict[str, Any]) -> bool:
    return example["step"] in SUPERVISED or "encode" in example


def step_of(example: dict[str, Any]) -> Step:
    """The example as the dataset file's validation gives it."""
    (step,) = TypeAdapter(Recipe).validate_python([example])
    return step


def transformer_of(example: dict[str, Any], n_classes: int = 0) -> Transformer:
    return make_transformer(step_of(example), 7, n_classes)


CASES = [
    (example, n_classes) for example in EXAMPLES for n_classes in (N_CLASSES if learns_from_target(example) else (0,))
] + [(NUMBERS_ONLY, 0)]


def _has_shorter_sister(example: dict[str, Any], n_classes: int) -> bool:
    """Of classes, the first of a step's examples has the most options and takes the longest; its second stays daily."""
    of_step = [each for each in EXAMPLES if each["step"] == example["step"]]
    return n_classes > 0 and len(of_step) > 1 and example is of_step[0]


every_case = pytest.mark.parametrize(
    ("example", "n_classes"),
    [
        pytest.param(
            *case,
            id=f"{case[0]['step']}-{case[1]}-{number}",
            marks=pytest.mark.long if _has_shorter_sister(*case) else (),
        )
        for number, case in enumerate(CASES)
    ],
)


def table(rows: int = 120, seed: int = 0) -> pd.DataFrame:
    """Columns as `clean` makes them; each has missing values, places coincide."""
    random = np.random.default_rng(seed)

    def texts(values: list[str], p: float = 0.1) -> pd.Series:
        drawn = pd.Series(random.choice(values, rows), dtype="str")
        return drawn.mask(random.random(rows) < p)

    def numbers(values: Numbers, p: float = 0.1) -> Numbers:
        return np.where(random.random(rows) < p, np.nan, values)

    days = np.datetime64("2000-01-01") + random.integers(0, 9000, rows).astype("timedelta64[D]")
    tags = [";".join(random.choice(["rock", "pop", "a[1]", "a<1]", "jazz", "été"], 2)) for _ in range(rows)]
    return pd.DataFrame(
        {
            "artist": texts([f"artist {number}" for number in range(max(rows // 4, 2))]),
            "genre": texts(["rock", "pop", "jazz"]),
            "title": texts(["one", "one two", "três palavras aqui", "", "one two three four"]),
            "tags": texts(tags),
            "latitude": numbers(37 + random.integers(0, 10, rows) / 8),
            "longitude": numbers(-122 + random.integers(0, 10, rows) / 8),
            "a": numbers(random.integers(-5, 5, rows).astype(np.float64)),
            "b": numbers(random.normal(size=rows)),
            "flag": numbers(random.integers(0, 2, rows).astype(np.float64)),
            "day": pd.Series(days.astype("datetime64[s]")).mask(random.random(rows) < 0.1),
        }
    )


def target(frame: pd.DataFrame, n_classes: int = 0, seed: int = 1) -> Numbers:
    """A target that the columns tell something about."""
    random = np.random.default_rng(seed)
    y = frame["a"].fillna(0).to_numpy() + 3 * (frame["genre"] == "pop").to_numpy() + random.normal(size=len(frame))
    if not n_classes:
        return np.asarray(y, dtype=np.float64)
    classes = np.digitize(y, np.quantile(y, np.arange(1, n_classes) / n_classes))
    return np.asarray(classes, dtype=np.float64)
