"""The model as MLflow loads it: this file is shipped with the model as code and run by MLflow."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.protos.databricks_pb2 import BAD_REQUEST
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from lockstep.errors import DataError
from lockstep.model.saved import Predictions, SavedModel


class LockstepModel(PythonModel):
    """Predicts the target for raw rows."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the boosters and the fitted features."""
        self.model = SavedModel.load(Path(context.artifacts["model"]))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, str] | None = None
    ) -> Predictions | pd.DataFrame:
        """Numbers of shape (rows,); of classes and with intervals the columns of SavedModel.table.

        Raises:
            MlflowException: naming column, row and value, for a row that the model cannot read.
        """
        try:
            said = self.model.predict_raw(pa.Table.from_pandas(model_input, preserve_index=False))
        except DataError as error:
            # a served model answers a request that it cannot read with status 400 and this text
            raise MlflowException(str(error), error_code=BAD_REQUEST) from None
        return said["predicted"].to_numpy() if len(said.columns) == 1 else said


set_model(LockstepModel())
