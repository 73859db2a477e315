"""The model as MLflow loads it: this file is shipped with the model as code and run by MLflow."""

from pathlib import Path

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from lockstep.model.saved import Predictions, SavedModel


class LockstepModel(PythonModel):
    """Predicts the target for rows of the cleaned table."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the boosters and the fitted features."""
        self.model = SavedModel.load(Path(context.artifacts["model"]))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, str] | None = None
    ) -> Predictions | pd.DataFrame:
        """Numbers of shape (rows,); of classes the columns of SavedModel.table: the class and all probabilities."""
        return self.model.serve(model_input)


set_model(LockstepModel())
