"""The model as MLflow loads it: this file is logged with the model as its code and run by MLflow."""

import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.protos.databricks_pb2 import BAD_REQUEST
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from lockstep.errors import DataError
from lockstep.model.saved import SavedModel
from lockstep.model.trained import Predictions

# With the value 1 the model's own copy of custom steps and rules may run.
TRUST_CODE = "LOCKSTEP_TRUST_CODE"


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
        try:
            predictions = self.model.predict_raw(pa.Table.from_pandas(model_input, preserve_index=False))
        except DataError as error:
            # a served model answers an invalid request with status 400 and this text
            raise MlflowException(str(error), error_code=BAD_REQUEST) from None
        return predictions["predicted"].to_numpy() if len(predictions.columns) == 1 else predictions


set_model(LockstepModel())
