"""The signature of a logged model: rows of the raw table in, the columns of SavedModel.table out."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lockstep.model.saved import SavedModel
from lockstep.project.paths import EXAMPLE
from lockstep.project.table_columns import NUMBERS
from lockstep.storage.tables import read_json

if TYPE_CHECKING:
    from mlflow.models import ModelSignature


def signature_of(model: SavedModel) -> "ModelSignature":
    """The signature of a model, raw columns to predictions.

    Numbers, integers and booleans are doubles: MLflow refuses an integer column with a missing value.
    Dates are text, as in the raw table. Columns in which values may be missing are optional.
    """
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, DataType, Schema, TensorSpec

    intake = model.raw_rows
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(
            DataType.double if column.type in NUMBERS else DataType.string, name, required=name not in intake.optional
        )
        for name, column in intake.columns.items()
    ]
    if model.prediction_columns == ["predicted"]:
        return ModelSignature(Schema(inputs), Schema([ColSpec(DataType.double)]))
    of_classes = bool(model.target.classes)
    outputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.string if of_classes and name == "predicted" else DataType.double, name)
        for name in model.prediction_columns
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))


def example_rows(folder: Path, model: SavedModel) -> pd.DataFrame:
    """The raw example rows of a saved model, with the types of its signature."""
    split = read_json(folder / EXAMPLE)["dataframe_split"]
    columns = model.raw_rows.columns
    types = {name: float if columns[name].type in NUMBERS else "str" for name in split["columns"]}
    return pd.DataFrame(split["data"], columns=split["columns"]).astype(types)
