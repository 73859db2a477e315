"""The older Spotify script, written anew from its description, on Lockstep's rows.

    python -m benchmarks.reference_spotify --target track_popularity --features danceability,energy,...

Nine parameters, TPE with a fixed seed, an in-memory study, one holdout (the rows of fold 0), every core for each
model. A trial fits all the rounds it asks for. Kept as it was: the final model is trained without the validation
rows, and its early stopping watches the last of its evaluation sets, the test rows, so its test score is optimistic.
"""

from typing import Any

import optuna
from xgboost import XGBRegressor

from benchmarks.result import Result, falling, r2, rmse, since_start
from benchmarks.rows import Rows, options_parser

PATIENCE = 50


def main() -> None:
    """Search, fit the final model, score and print the result."""
    parser = options_parser(__doc__)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=-1, help="threads of each model")
    options = parser.parse_args()
    rows = Rows.read(options)

    started = since_start()
    study = search(rows, options.trials, options.jobs, options.seed)
    seconds = since_start() - started

    model = final_model(rows, study.best_params, options.jobs, options.seed)
    predicted = model.predict(rows.x_test)
    Result(
        name="reference spotify",
        cv_rmse=study.best_value,
        test_rmse=rmse(rows.y_test, predicted),
        test_r2=r2(rows.y_test, predicted),
        seconds=seconds,
        curve=falling((t.user_attrs["at"], t.values[0], t.user_attrs["cv_rmse"]) for t in study.trials),
        trials=len(study.trials),
        pruned=len(study.get_trials(states=[optuna.trial.TrialState.PRUNED])),
        best=study.best_params,
        details={"best_trial": study.best_trial.number, "final_rounds": model.best_iteration + 1},
    ).print()


def search(rows: Rows, n_trials: int, jobs: int, seed: int) -> optuna.Study:
    """Minimise the RMSE of the validation rows."""
    valid = rows.fold == 0
    x_train, y_train = rows.x_train[~valid], rows.y_train[~valid]
    x_valid, y_valid = rows.x_train[valid], rows.y_train[valid]

    def objective(trial: optuna.Trial) -> float:
        model = XGBRegressor(**suggest(trial), random_state=seed, n_jobs=jobs).fit(x_train, y_train)
        loss = rmse(y_valid, model.predict(x_valid))
        trial.set_user_attr("cv_rmse", loss)
        trial.set_user_attr("at", since_start())
        return loss

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(objective, n_trials=n_trials)
    return study


def suggest(trial: optuna.Trial) -> dict[str, Any]:
    """The nine parameters: space spotify9 of params.yaml."""
    return {
        "max_depth": trial.suggest_int("max_depth", 3, 10),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
        "n_estimators": trial.suggest_int("n_estimators", 100, 500),
        "min_child_weight": trial.suggest_int("min_child_weight", 1, 10),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.5, 1.0),
        "reg_alpha": trial.suggest_float("reg_alpha", 1e-8, 10.0, log=True),
        "reg_lambda": trial.suggest_float("reg_lambda", 1e-8, 10.0, log=True),
        "gamma": trial.suggest_float("gamma", 1e-8, 1.0, log=True),
    }


def final_model(rows: Rows, params: dict[str, Any], jobs: int, seed: int) -> XGBRegressor:
    """Fit without the validation rows, stopping where the test rows are predicted best."""
    valid = rows.fold == 0
    training = (rows.x_train[~valid], rows.y_train[~valid])
    model = XGBRegressor(**params, random_state=seed, n_jobs=jobs, early_stopping_rounds=PATIENCE)
    watched = [training, (rows.x_train[valid], rows.y_train[valid]), (rows.x_test, rows.y_test)]
    return model.fit(*training, eval_set=watched, verbose=False)


if __name__ == "__main__":
    main()
