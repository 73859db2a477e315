"""The signature of a logged model: rows of the raw table in, the columns of SavedModel.table out."""

from typing import TYPE_CHECKING, Any

from lockstep.model.saved import SavedModel

if TYPE_CHECKING:
    from mlflow.models import ModelSignature


def signature_of(model: SavedModel) -> "ModelSignature":
    """The signature of a model, raw columns to predictions.

    Columns have the type Any: pandas reads the same column of a file as integers, as floats with a missing value or as
    text with a word for it, and MLflow accepts no two of these for another type. The model checks the values itself.
    Columns in which values may be missing are optional; `metadata_of` tells the types.
    """
    from mlflow.models import ModelSignature
    from mlflow.types.schema import AnyType, ColSpec, DataType, Schema, TensorSpec

    intake = model.raw_rows
    of_any_type = AnyType()  # type: ignore[no-untyped-call]
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(of_any_type, name, required=name not in intake.optional) for name in intake.columns
    ]
    if model.prediction_columns == ["predicted"]:
        return ModelSignature(Schema(inputs), Schema([ColSpec(DataType.double)]))
    of_classes = bool(model.target.classes)
    outputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.string if of_classes and name == "predicted" else DataType.double, name)
        for name in model.prediction_columns
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))


def metadata_of(model: SavedModel) -> dict[str, Any]:
    """What MLflow's description of a model says besides the signature: where it comes from, and its columns' facts."""
    origin, intake = model.origin, model.raw_rows
    facts = {
        name: column.model_dump(exclude_defaults=True, exclude={"about"}) for name, column in intake.columns.items()
    }
    return {
        "dataset": origin.dataset if origin else None,
        "target": model.target.column,
        "lockstep": origin.version if origin else None,
        "columns": facts,
    }
