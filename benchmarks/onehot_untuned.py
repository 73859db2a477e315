"""Untuned LightGBM and XGBoost on one-hot columns of the same rows; run by the interpreter that has both."""

import argparse
import json
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.metrics import log_loss


def main() -> None:
    """Print the test score of each as JSON: RMSE, or log loss of classes."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--train", "--test", "--target", "--columns", "--classes"):
        parser.add_argument(name, required=True)
    told = parser.parse_args()
    columns, classes = json.loads(told.columns), json.loads(told.classes)
    train, test = pd.read_parquet(told.train), pd.read_parquet(told.test)
    x = one_hot(pd.concat([train[columns], test[columns]]))
    x_train, x_test = x[: len(train)], x[len(train) :]
    y_train, y_test = (_target(rows[told.target], classes) for rows in (train, test))
    kinds: dict[str, tuple[Any, Any]] = {
        "lightgbm": (lightgbm.LGBMRegressor, lightgbm.LGBMClassifier),
        "xgboost": (xgboost.XGBRegressor, xgboost.XGBClassifier),
    }
    found = {}
    for name, (number, classed) in kinds.items():
        quiet = {"verbosity": -1} if name == "lightgbm" else {}
        model = (classed if classes else number)(n_jobs=1, random_state=0, **quiet).fit(x_train, y_train)
        if classes:
            found[name] = float(log_loss(y_test, model.predict_proba(x_test)))
        else:
            found[name] = float(np.sqrt(np.mean((model.predict(x_test) - y_test) ** 2)))
    print(json.dumps(found))


def one_hot(frame: pd.DataFrame) -> Any:
    """Numbers as they are, dates as days, every other column by one indicator per value; shape (rows, columns)."""
    parts = []
    for name in frame:
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            parts.append(((column - pd.Timestamp(0)) / pd.Timedelta(days=1)).to_numpy(dtype=np.float32)[:, None])
        elif pd.api.types.is_numeric_dtype(column):
            parts.append(column.to_numpy(dtype=np.float32, na_value=np.nan)[:, None])
        else:
            parts.append(pd.get_dummies(column, dtype=np.float32).to_numpy())
    return np.hstack(parts)


def _target(values: pd.Series, classes: list[Any]) -> Any:
    if not classes:
        return values.to_numpy(dtype=np.float64)
    if pd.api.types.is_numeric_dtype(values):
        return pd.Index([float(name) for name in classes]).get_indexer(pd.Index(values.astype(np.float64)))
    return pd.Index([str(name) for name in classes]).get_indexer(pd.Index(values))


if __name__ == "__main__":
    main()
