"""The older California script, written anew from its description, on Lockstep's rows and folds.

    python -m benchmarks.reference_california --target MedHouseVal

Seven parameters, TPE with a fixed seed, five-fold cross-validation by scikit-learn, two threads of Optuna over an
SQLite study. Kept as it was: the pruner, which never fires because nothing is reported to it; the parallel
optimize, which makes the seed worthless. Left out: MLflow, which would only cost it time. Changed in its favour:
one thread per model, since two trials at once already fill two cores.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from sklearn.model_selection import PredefinedSplit, cross_val_score
from xgboost import XGBRegressor

from benchmarks.result import Result, falling, r2, rmse, since_start
from benchmarks.rows import Rows, options_parser


def main() -> None:
    """Search, refit on all training rows, score and print the result."""
    parser = options_parser(__doc__)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    rows = Rows.read(options)

    started = since_start()
    study = search(rows, options.trials, options.jobs, options.seed)
    seconds = since_start() - started

    model = regressor(study.best_params, options.seed).fit(rows.x_train, rows.y_train)
    predicted = model.predict(rows.x_test)
    Result(
        name="reference california",
        cv_rmse=study.best_trial.user_attrs["cv_rmse"],
        test_rmse=rmse(rows.y_test, predicted),
        test_r2=r2(rows.y_test, predicted),
        seconds=seconds,
        curve=falling((t.user_attrs["at"], t.values[0], t.user_attrs["cv_rmse"]) for t in study.trials),
        trials=len(study.trials),
        pruned=len(study.get_trials(states=[optuna.trial.TrialState.PRUNED])),
        best=study.best_params,
        details={"cv_mse": study.best_value, "best_trial": study.best_trial.number},
    ).print()


def search(rows: Rows, n_trials: int, jobs: int, seed: int) -> optuna.Study:
    """Minimise the mean squared error of the folds."""
    folds = PredefinedSplit(rows.fold)

    def objective(trial: optuna.Trial) -> float:
        model = regressor(suggest(trial), seed)
        losses = -cross_val_score(model, rows.x_train, rows.y_train, cv=folds, scoring="neg_mean_squared_error")
        trial.set_user_attr("cv_rmse", float(np.mean(np.sqrt(losses))))
        trial.set_user_attr("at", since_start())
        return float(np.mean(losses))

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        study = optuna.create_study(
            storage=f"sqlite:///{Path(folder) / 'study.db'}",
            sampler=optuna.samplers.TPESampler(seed=seed),
            pruner=optuna.pruners.MedianPruner(n_warmup_steps=5),
        )
        study.optimize(objective, n_trials=n_trials, n_jobs=jobs)
        finished = optuna.create_study()  # in memory, to outlive the folder
        finished.add_trials(study.get_trials())
    return finished


def suggest(trial: optuna.Trial) -> dict[str, Any]:
    """The seven parameters: space housing7 of params.yaml."""
    return {
        "n_estimators": trial.suggest_int("n_estimators", 50, 300),
        "max_depth": trial.suggest_int("max_depth", 3, 10),
        "learning_rate": trial.suggest_float("learning_rate", 0.001, 0.3, log=True),
        "subsample": trial.suggest_float("subsample", 0.6, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.6, 1.0),
        "min_child_weight": trial.suggest_int("min_child_weight", 1, 10),
        "gamma": trial.suggest_float("gamma", 0.0, 0.5),
    }


def regressor(params: dict[str, Any], seed: int) -> XGBRegressor:
    """The model of one configuration."""
    return XGBRegressor(**params, random_state=seed, n_jobs=1)


if __name__ == "__main__":
    main()
