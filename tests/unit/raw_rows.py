"""Raw tables in the shape of every dataset file, and models that answer their rows."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from lockstep.check.config import Dataset, parse_dataset
from lockstep.clean.cleaning import clean_table
from lockstep.clean.column_block import Column
from lockstep.features.features_block import start_of
from lockstep.features.recipe import Features
from lockstep.fitting.booster import fit_rounds, max_bin_of
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.matrices import row_matrix
from lockstep.model.intake import Intake
from lockstep.model.saved import SavedModel
from lockstep.model.training import Training
from lockstep.table.target import Target
from tests.conftest import DATASETS, ROOT
from tests.unit.modelling import PARAMS

RECIPES = [(name, recipe) for name in DATASETS for recipe in ("raw", "full")]


def dataset_of(name: str) -> Dataset:
    file = ROOT / "datasets" / f"{name}.yaml"
    return parse_dataset(file.read_text(encoding="utf-8"), file)


def raw_table(dataset: Dataset, rows: int = 300, seed: int = 0) -> pa.Table:
    """Text, as in a CSV file; a tenth of the rows repeat another one, some values are missing where they may be."""
    random = np.random.default_rng(seed)
    made: dict[str, Any] = {name: _texts(column, rows, random) for name, column in dataset.columns.items()}
    rows_of = np.arange(rows)
    rows_of[random.choice(rows, rows // 10, replace=False)] = random.integers(0, rows, rows // 10)
    return pa.table(made).take(pa.array(rows_of))


def _texts(column: Column, rows: int, random: np.random.Generator) -> list[str]:
    low = -100.0 if column.min is None else column.min
    high = low + 1000 if column.max is None else column.max
    texts = {
        "number": lambda: [repr(value) for value in random.uniform(low, high, rows).tolist()],
        "integer": lambda: [str(value) for value in random.integers(int(low), int(high) + 1, rows)],
        "boolean": lambda: random.choice(["True", "False"], rows).tolist(),
        "category": lambda: random.choice(["x", "y", "z", "1", "2"], rows).tolist(),
        "text": lambda: [f"name {value};also {value % 7}" for value in random.integers(0, 30, rows)],
        "date": lambda: random.choice(["2012", "2013-05", "2014-02-28", "2015-12-31"], rows).tolist(),
        "ignore": lambda: ["anything"] * rows,
    }[column.type]()
    return ["" if column.missing and random.random() < 0.1 else text for text in texts]


def answering(dataset: Dataset, recipe: str, raw: pa.Table) -> tuple[SavedModel, pd.DataFrame]:
    """A model of the cleaned rows of a raw table, and these rows."""
    clean, _ = clean_table(raw, dataset, "facts")
    target, fitting = Target.of(dataset), Fitting()
    features, y = Features(start_of(dataset.features[recipe]), 5), target.values(clean)
    x = features.fit_transform(clean, y)
    matrix = row_matrix(x, y, None, tuple(features.names), tuple(features.types), max_bin_of(PARAMS), "in_core")
    boosters = [fit_rounds(matrix, PARAMS, 10, seed, fitting) for seed in (5, 6)]
    training, intake = Training(dict(PARAMS), 10, 0.2), Intake.of(dataset, features.columns)
    return SavedModel(boosters, features, target, fitting, training, None, intake), clean


def with_copies(model: SavedModel, raw: pa.Table, clean: pd.DataFrame) -> pa.Table:
    """The raw rows that were kept, with the counts of copies that only the whole table tells."""
    kept = raw.take(pa.array(clean["row_id"]))
    for name in model.raw_rows.given:
        kept = kept.append_column(name, pa.array([str(count) for count in clean[name]]))
    return kept
