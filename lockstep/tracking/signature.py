"""The signature of a logged model: rows of the raw table in, the columns of SavedModel.table out."""

from typing import TYPE_CHECKING

from lockstep.model.saved import SavedModel
from lockstep.table.table_columns import NUMBERS

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
