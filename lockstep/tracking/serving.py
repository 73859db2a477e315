"""The model as MLflow loads it: this file is logged with the model as its code and run by MLflow."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.protos.databricks_pb2 import BAD_REQUEST
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types.schema import AnyType, Schema

from lockstep.errors import DataError
from lockstep.model.missing_cells import MissingCells
from lockstep.model.request_rows import request_rows
from lockstep.model.saved import SavedModel
from lockstep.model.trained import Predictions

# With the value 1 the model's own copy of custom steps and rules may run.
TRUST_CODE = "LOCKSTEP_TRUST_CODE"

_logger = logging.getLogger("lockstep")


class LockstepModel(PythonModel):
    """Predicts the target for raw rows."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the boosters and the fitted features."""
        trust_code = os.environ.get(TRUST_CODE) == "1"
        self.model = SavedModel.load(Path(context.artifacts["model"]), trust_code=trust_code)

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, str] | None = None
    ) -> Predictions | pd.DataFrame:
        """Numbers of shape (rows,); for classes and with intervals the columns of SavedModel.table.

        Raises:
            MlflowException: naming column, row and value of an invalid row.
        """
        missing = MissingCells()
        try:
            rows = request_rows(model_input, self.model.raw_rows)
            predictions = self.model.predict_raw(rows, missing=missing)
        except DataError as error:
            # a served model answers an invalid request with status 400 and this text
            raise MlflowException(str(error), error_code=BAD_REQUEST) from None
        if warning := missing.message("input"):
            _logger.warning(warning)
        return predictions["predicted"].to_numpy() if len(predictions.columns) == 1 else predictions


def _pandas_types(schema: Schema, pandas_types: Callable[[Schema], list[Any]] = Schema.pandas_types) -> list[Any]:
    """The types in which MLflow's server reads CSV: text where all columns are of type Any, for which it has none."""
    kinds = schema.input_types()
    return [object] * len(kinds) if all(isinstance(kind, AnyType) for kind in kinds) else pandas_types(schema)


Schema.pandas_types = _pandas_types  # type: ignore[method-assign, assignment]
set_model(LockstepModel())
