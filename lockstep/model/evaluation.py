"""Judging a model on rows it has never seen: metrics, baselines, importance and gates."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.data.tables import significant
from lockstep.features.recipe import Features
from lockstep.model.booster import fit_rounds, predict
from lockstep.model.fitting import Fitting
from lockstep.model.matrices import row_matrix
from lockstep.model.metrics import DIGITS, Scores, adjusted
from lockstep.model.saved import SavedModel
from lockstep.schema.params import BoosterSettings, Gates

# XGBoost's own defaults: 100 rounds, depth 6, learning rate 0.3.
UNTUNED_ROUNDS, UNTUNED_MAX_BIN = 100, 256
PERMUTATION_ROWS = 20_000


@dataclass(frozen=True)
class Judgement:
    """A model's metrics on training rows, in cross-validation and on test rows; the baselines' on test rows."""

    train: Scores
    cv: Scores
    test: Scores
    baselines: dict[str, Scores]
    predicted: npt.NDArray[np.float64]

    def as_dict(self) -> dict[str, Any]:
        """The content of reports/metrics.json."""
        return {"train": self.train, "cv": self.cv, "test": self.test, "baseline": self.baselines}


def judge(model: SavedModel, train: pd.DataFrame, test: pd.DataFrame, best_trial: pd.Series, seed: int) -> Judgement:
    """Score a model.

    Training rows are judged by the features they were trained with, which leave a row's own target out.

    Args:
        model: The trained model.
        train: Training rows, for the training metrics and to fit the baselines.
        test: Test rows, only ever read here.
        best_trial: The row of trials.csv the model was made from.
        seed: Seed of the untuned baseline.
    """
    fitting, target = model.fitting, model.target
    y_train, y_test = target.values(train), target.values(test)
    features = Features(model.features.steps, model.features.seed, target.n_classes)
    x_train, x_test = features.fit_transform(train, y_train), model.features.transform(test)
    n_features = x_test.shape[1]
    names, types = model.features.names, model.features.types
    rows = row_matrix(x_train, y_train, None, tuple(names), tuple(types), UNTUNED_MAX_BIN, "in_core")
    usual = Fitting.of(BoosterSettings.usual(), target.n_classes)
    untuned = fit_rounds(rows, {}, UNTUNED_ROUNDS, seed, usual)
    predicted = model.predict_matrix(x_test)
    return Judgement(
        train=fitting.scores(y_train, model.predict_matrix(x_train), n_features),
        cv=_cv_scores(best_trial, fitting, int((train["fold"] >= 0).sum()), n_features),
        test=fitting.scores(y_test, predicted, n_features),
        baselines={
            "mean": fitting.scores(y_test, _average(y_train, len(y_test), target.n_classes)),
            "untuned_xgboost": fitting.scores(y_test, predict(untuned, x_test, names, types, usual), n_features),
        },
        predicted=predicted,
    )


def _average(y_train: npt.NDArray[np.float64], n_rows: int, n_classes: int) -> npt.NDArray[np.float64]:
    """What one would say of every row without looking at it: the mean, or the shares of the classes."""
    if not n_classes:
        return np.full(n_rows, np.mean(y_train))
    return np.tile(np.bincount(y_train.astype(np.int64), minlength=n_classes) / len(y_train), (n_rows, 1))


def _cv_scores(best_trial: pd.Series, fitting: Fitting, n_rows: int, n_features: int) -> Scores:
    def mean(metric: str) -> float | None:
        columns = [name for name in best_trial.index if name.startswith("fold_") and name.endswith(f"_{metric}")]
        columns = [name for name in columns if name.split("_", 2)[2] == metric]
        values = [float(best_trial[name]) for name in columns if pd.notna(best_trial[name])]
        return significant(sum(values) / len(values), DIGITS) if values else None

    scores = {metric: mean(metric) for metric in fitting.fold_metrics if metric != "mse"}
    if not fitting.n_classes:
        scores["adjusted_r2"] = adjusted(scores["r2"], n_rows, n_features)
    return scores


def feature_importance(model: SavedModel, test: pd.DataFrame, repeats: int, seed: int) -> pd.DataFrame:
    """Two views of what each feature does for the model.

    Returns:
        feature; gain, its share of the trees' total gain; permutation_mean and permutation_std, by how much the
        test RMSE grows when the feature's values are shuffled (in the unit of the target). Most important first.
    """
    x = model.features.transform(test)
    y = model.target.values(test)
    random = np.random.default_rng(seed)
    if len(x) > PERMUTATION_ROWS:
        rows = np.sort(random.choice(len(x), PERMUTATION_ROWS, replace=False))
        x, y = x[rows], y[rows]
    base = model.fitting.loss(model.fitting.scores(y, model.predict_matrix(x)))
    gains = _gain_shares(model)
    records = []
    for index, name in enumerate(model.features.names):
        shuffled = x.copy()
        losses = []
        for _ in range(repeats):
            shuffled[:, index] = x[random.permutation(len(x)), index]
            scores = model.fitting.scores(y, model.predict_matrix(shuffled))
            losses.append(model.fitting.loss(scores) - base)
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


def check_gates(gates: Gates, judgement: Judgement, loss: Callable[[Scores], float]) -> dict[str, Any]:
    """What each gate requires, what was found, and pass or fail; `overall` passes when every gate does.

    Gates on metrics that the target does not have are left out. `loss` gives the score of some metrics, less is better.

    The gates are a list: `dvc metrics show` leaves lists out, so its table has one column for all gates.
    """
    test, report = judgement.test, list[dict[str, Any]]()

    def add(gate: str, required: float, found: float | None, passed: bool) -> None:
        report.append({"gate": gate, "required": required, "found": found, "result": _word(passed)})

    r2, rmse, score = test.get("r2"), test.get("rmse"), loss(test)
    if gates.min_test_r2 is not None and "r2" in test:
        add("min_test_r2", gates.min_test_r2, r2, r2 is not None and r2 >= gates.min_test_r2)
    if gates.max_test_rmse is not None and rmse is not None:
        add("max_test_rmse", gates.max_test_rmse, rmse, rmse <= gates.max_test_rmse)
    if gates.max_test_score is not None:
        add("max_test_score", gates.max_test_score, score, score <= gates.max_test_score)
    if gates.beat_baselines:
        lowest = min(loss(scores) for scores in judgement.baselines.values())
        add("beat_baselines", lowest, score, score < lowest)
    return {"gates": report, "gates_overall": _word(all(gate["result"] == "pass" for gate in report))}


def _word(passed: bool) -> str:
    return "pass" if passed else "fail"
