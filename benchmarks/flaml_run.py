"""FLAML on Lockstep's rows and folds, for a fixed time.

Needs an environment of its own (benchmarks/flaml-requirements.txt) and runs from the repository root:

    python -m benchmarks.flaml_run --target MedHouseVal --seconds 60 --estimators xgboost,xgb_limitdepth

FLAML sees the folds as a PredefinedSplit, so it uses every training row (it subsamples only for a holdout). Its own
loss is the mean RMSE of the folds too, but a fit that its clock cuts short counts as it is; cv_rmse is therefore
measured again, by fitting the best configuration once per fold. The refit comes after the budget.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from flaml import AutoML  # type: ignore[import-not-found]
from sklearn.base import clone
from sklearn.model_selection import PredefinedSplit

from benchmarks.result import Result, falling, r2, rmse, since_start
from benchmarks.rows import Rows, options_parser

Record = dict[str, Any]


def main() -> None:
    """Search, refit, score and print the result."""
    parser = options_parser(__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--estimators", default="default", help="a,b,c of FLAML's learners; default: its own list")
    parser.add_argument("--jobs", type=int, default=2, help="threads of each fit; 1 on a busy machine")
    options = parser.parse_args()
    rows = Rows.read(options)
    estimators = "auto" if options.estimators == "default" else options.estimators.split(",")

    started = since_start()
    automl, records = search(rows, estimators, options.seconds, options.jobs, options.seed)
    finished = since_start()

    print(f"{automl.best_estimator} {automl.best_config}")
    folds = fold_rmse(rows, automl.model.estimator)
    predicted = automl.predict(rows.x_test)
    Result(
        name=f"flaml {options.estimators}",
        cv_rmse=sum(folds) / len(folds),
        test_rmse=rmse(rows.y_test, predicted),
        test_r2=r2(rows.y_test, predicted),
        seconds=finished - started - automl.best_config_train_time,
        curve=falling((started + r["wall_clock_time"], r["validation_loss"], r["validation_loss"]) for r in records),
        trials=len(records),
        pruned=0,
        best=automl.best_config,
        details={
            "estimator": automl.best_estimator,
            "own_loss": automl.best_loss,
            "own_loss_of_each": automl.best_loss_per_estimator,
            "trials_of_each": {name: sum(r["learner"] == name for r in records) for name in automl.estimator_list},
            "fold_rmse": folds,
            "refit_seconds": automl.best_config_train_time,
        },
    ).print()


def search(rows: Rows, estimators: str | list[str], seconds: float, jobs: int, seed: int) -> tuple[Any, list[Record]]:
    """Run FLAML and return it, fitted, with the records of its training log."""
    automl = AutoML()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "flaml.log"
        automl.fit(
            rows.x_train,
            rows.y_train,
            task="regression",
            metric="rmse",
            time_budget=seconds,
            estimator_list=estimators,
            eval_method="cv",
            split_type=PredefinedSplit(rows.fold),
            n_jobs=jobs,
            seed=seed,
            log_file_name=str(log),
            log_type="all",
            verbose=0,
        )
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return automl, [line for line in lines if "validation_loss" in line]  # its last line only names the best


def fold_rmse(rows: Rows, model: Any) -> list[float]:
    """RMSE of each validation fold of an unfitted copy of the model."""
    scores = []
    for training, validation in PredefinedSplit(rows.fold).split():
        fitted = clone(model).fit(rows.x_train.iloc[training], rows.y_train[training])
        scores.append(rmse(rows.y_train[validation], fitted.predict(rows.x_train.iloc[validation])))
    return scores


if __name__ == "__main__":
    main()
