"""Judging a model on rows it has never seen: metrics, baselines, importance and gates."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.data.tables import significant
from lockstep.model.booster import fit_rounds, predict
from lockstep.model.matrices import row_matrix
from lockstep.model.metrics import DIGITS, Metrics, adjusted, regression_metrics
from lockstep.model.saved import SavedModel
from lockstep.schema.params import Gates

# XGBoost's own defaults: 100 rounds, depth 6, learning rate 0.3.
UNTUNED_ROUNDS, UNTUNED_MAX_BIN = 100, 256
PERMUTATION_ROWS = 20_000


@dataclass(frozen=True)
class Judgement:
    """A model's metrics on training rows, in cross-validation and on test rows; two baselines' on test rows."""

    train: Metrics
    cv: Metrics
    test: Metrics
    baselines: dict[str, Metrics]
    predicted: npt.NDArray[np.float64]

    def as_dict(self) -> dict[str, Any]:
        """The content of reports/metrics.json."""
        return {
            "train": self.train.as_dict(),
            "cv": self.cv.as_dict(),
            "test": self.test.as_dict(),
            "baseline": {name: metrics.as_dict() for name, metrics in self.baselines.items()},
        }


def judge(model: SavedModel, train: pd.DataFrame, test: pd.DataFrame, best_trial: pd.Series, seed: int) -> Judgement:
    """Score a model.

    Args:
        model: The trained model.
        train: Training rows, for the training metrics and to fit the baselines.
        test: Test rows, only ever read here.
        best_trial: The row of trials.csv the model was made from.
        seed: Seed of the untuned baseline.
    """
    x_train, x_test = model.features.transform(train), model.features.transform(test)
    y_train = train[model.target].to_numpy(dtype=np.float64)
    y_test = test[model.target].to_numpy(dtype=np.float64)
    n_features = x_test.shape[1]
    predicted = model.predict_matrix(x_test)
    names, types = model.features.names, model.features.types
    rows = row_matrix(x_train, y_train, None, tuple(names), tuple(types), UNTUNED_MAX_BIN, "in_core")
    untuned = fit_rounds({}, rows, UNTUNED_ROUNDS, seed)
    mean = np.full(len(y_test), np.mean(y_train))
    return Judgement(
        train=regression_metrics(y_train, model.predict_matrix(x_train), n_features),
        cv=_cv_metrics(best_trial, int((train["fold"] >= 0).sum()), n_features),
        test=regression_metrics(y_test, predicted, n_features),
        baselines={
            "mean": regression_metrics(y_test, mean, n_features=0),
            "untuned_xgboost": regression_metrics(y_test, predict(untuned, x_test, names, types), n_features),
        },
        predicted=predicted,
    )


def _cv_metrics(best_trial: pd.Series, n_rows: int, n_features: int) -> Metrics:
    def over_folds(metric: str) -> list[float]:
        columns = [name for name in best_trial.index if name.startswith("fold_") and name.endswith(f"_{metric}")]
        return [float(best_trial[name]) for name in columns if pd.notna(best_trial[name])]

    def mean(values: list[float]) -> float:
        return significant(sum(values) / len(values), DIGITS)

    r2s = over_folds("r2")
    r2 = mean(r2s) if r2s else None
    return Metrics(
        rmse=float(best_trial["cv_rmse"]),
        mae=mean(over_folds("mae")),
        r2=r2,
        adjusted_r2=adjusted(r2, n_rows, n_features),
    )


def feature_importance(model: SavedModel, test: pd.DataFrame, repeats: int, seed: int) -> pd.DataFrame:
    """Two views of what each feature does for the model.

    Returns:
        feature; gain, its share of the trees' total gain; permutation_mean and permutation_std, by how much the
        test RMSE grows when the feature's values are shuffled (in the unit of the target). Most important first.
    """
    x = model.features.transform(test)
    y = test[model.target].to_numpy(dtype=np.float64)
    random = np.random.default_rng(seed)
    if len(x) > PERMUTATION_ROWS:
        rows = np.sort(random.choice(len(x), PERMUTATION_ROWS, replace=False))
        x, y = x[rows], y[rows]
    base = regression_metrics(y, model.predict_matrix(x), 0).rmse
    gains = _gain_shares(model)
    records = []
    for index, name in enumerate(model.features.names):
        shuffled = x.copy()
        losses = []
        for _ in range(repeats):
            shuffled[:, index] = x[random.permutation(len(x)), index]
            losses.append(regression_metrics(y, model.predict_matrix(shuffled), 0).rmse - base)
        records.append(
            {
                "feature": name,
                "gain": significant(gains[name], 6),
                "permutation_mean": significant(float(np.mean(losses)), 6),
                "permutation_std": significant(float(np.std(losses)), 6),
            }
        )
    return pd.DataFrame(records).sort_values(
        ["permutation_mean", "feature"], ascending=[False, True], kind="stable", ignore_index=True
    )


def _gain_shares(model: SavedModel) -> dict[str, float]:
    totals = dict.fromkeys(model.features.names, 0.0)
    for booster in model.boosters:
        for name, gain in booster.get_score(importance_type="total_gain").items():
            totals[name] += float(np.sum(gain))
    everything = sum(totals.values())
    return {name: gain / everything if everything else 0.0 for name, gain in totals.items()}


def check_gates(gates: Gates, judgement: Judgement) -> dict[str, Any]:
    """What each gate requires, what was found, and pass or fail; `overall` passes when every gate does.

    The gates are a list: `dvc metrics show` leaves lists out, so its table has one column for all gates.
    """
    test, report = judgement.test, list[dict[str, Any]]()

    def add(gate: str, required: float, found: float | None, passed: bool) -> None:
        report.append({"gate": gate, "required": required, "found": found, "result": _word(passed)})

    if gates.min_test_r2 is not None:
        add("min_test_r2", gates.min_test_r2, test.r2, test.r2 is not None and test.r2 >= gates.min_test_r2)
    if gates.max_test_rmse is not None:
        add("max_test_rmse", gates.max_test_rmse, test.rmse, test.rmse <= gates.max_test_rmse)
    if gates.beat_baselines:
        lowest = min(metrics.rmse for metrics in judgement.baselines.values())
        add("beat_baselines", lowest, test.rmse, test.rmse < lowest)
    return {"gates": report, "gates_overall": _word(all(gate["result"] == "pass" for gate in report))}


def _word(passed: bool) -> str:
    return "pass" if passed else "fail"
