"""The test rows on which a model errs most, with what the table says of them."""

import re

import pandas as pd

from lockstep.evaluate.rows import Rows
from lockstep.model.saved import SavedModel

MOST_ROWS, MOST_COLUMNS = 10, 6


def worst_rows(model: SavedModel, test: Rows, said: pd.DataFrame, features: list[str]) -> pd.DataFrame:
    """The ten rows farthest off: of classes those whose class the model found least probable.

    Args:
        model: The model.
        test: Test rows.
        said: What the model says of them.
        features: Features of the model, most important first.

    Returns:
        row_id, actual, predicted and error (actual - predicted; of classes the probability of the actual class),
        then the columns of the table behind the most important features; the worst row first.
    """
    table = said[["row_id", "actual", "predicted"]].reset_index(drop=True)
    if model.target.classes:
        shares = said[[f"probability_{label}" for label in model.target.labels]].to_numpy()
        table["error"] = shares[range(len(said)), test.y.astype(int)]
        order = table["error"]
    else:
        table["error"] = table["actual"] - table["predicted"]
        order = -table["error"].abs()
    chosen = order.sort_values(kind="stable").index[:MOST_ROWS]
    behind = test.frame.reset_index(drop=True)[columns_behind(model, features)[:MOST_COLUMNS]]
    return pd.concat([table.loc[chosen], behind.loc[chosen]], axis=1).reset_index(drop=True)


def columns_behind(model: SavedModel, features: list[str]) -> list[str]:
    """The columns that features are made of, each once, in the order of the features.

    First those that features are named after, then the other ones their steps read, as those of a straight line.
    """
    reads = dict[str, list[str]]()
    for step, transformer in zip(model.features.steps, model.features.transformers, strict=True):
        for name in map(str, transformer.get_feature_names_out()):
            reads[name] = [column for column in step.reads() if column != model.target.column]
    named = [column for name in features for column in reads[name] if _names(name, column)]
    return list(dict.fromkeys([*named, *(column for name in features for column in reads[name])]))


def _names(feature: str, column: str) -> bool:
    """Whether a feature is named after a column, as bp_per_age after bp and age."""
    return re.search(rf"(?<![^\W_]){re.escape(column)}(?![^\W_])", feature) is not None
