"""One other method on the rows that benchmarks.yardstick.rows wrote; run by the interpreter of its own environment.

    python -m benchmarks.yardstick.contestant catboost FOLDER --seed 42 --threads 2 --seconds 60

Writes predicted.npy (test rows) and, for untuned methods, out_of_fold.npy with NaN where no fold predicts a row, into
--out; prints one line of JSON: wall and CPU seconds of the fit, bytes of the saved model, microseconds per test row.

Targets with an exposure become rates, weighted by exposure^(2 - power): with a Poisson or Tweedie loss this is the same
as the loss of the targets. FLAML and AutoGluon have no such loss; they fit the squared error of the rates.
"""

import argparse
import json
import resource
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

TARGET, WEIGHT, EXPOSURE = "__target", "__weight", "__exposure"
# Rates that are predicted as 0 or less have no deviance.
LEAST_RATE = 1e-6
TIMES = 5
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """What a method needs to know.

    Attributes:
        classes: Labels of the classes; empty for a number.
        objective: Lockstep's name of the loss.
        power: Of the variance, for Poisson and Tweedie.
        categories: Columns of texts.
        seed: Of the method's random draws.
        threads: Of every fit.
        seconds: What a search may take.
        out: A folder for the model.
    """

    classes: list[str]
    objective: str
    power: float
    categories: list[str]
    seed: int
    threads: int
    seconds: float
    out: Path

    @property
    def of_counts(self) -> bool:
        """Whether the loss is one of counts or costs."""
        return self.objective in ("poisson", "tweedie")

    def weights(self, rows: pd.DataFrame) -> Numbers | None:
        """Weights of rows in the fit, shape (rows,); None: all count the same."""
        weight = rows[WEIGHT].to_numpy() if WEIGHT in rows else None
        if EXPOSURE in rows:
            by_exposure = rows[EXPOSURE].to_numpy() ** (2 - self.power)
            weight = by_exposure if weight is None else weight * by_exposure
        return weight

    def targets(self, rows: pd.DataFrame) -> Numbers:
        """Class numbers, or targets per unit of exposure, shape (rows,)."""
        y = rows[TARGET].to_numpy()
        return y / rows[EXPOSURE].to_numpy() if EXPOSURE in rows else y


# Predictions of rows: numbers (rows,) or probabilities (rows, classes).
Predict = Callable[[pd.DataFrame], Numbers]
# Fits the rows' columns; also saves the model below `task.out / "model"`. With them: what it says of itself.
Fit = Callable[[Task, pd.DataFrame, Numbers, Numbers | None], tuple[Predict, dict[str, Any]]]


def catboost(task: Task, x: pd.DataFrame, y: Numbers, weight: Numbers | None) -> tuple[Predict, dict[str, Any]]:
    """CatBoost with its defaults."""
    from catboost import CatBoostClassifier, CatBoostRegressor  # type: ignore[import-not-found]

    options: dict[str, Any] = {
        "thread_count": task.threads,
        "random_seed": task.seed,
        "verbose": False,
        "allow_writing_files": False,
    }

    def plain(rows: pd.DataFrame) -> pd.DataFrame:
        return in_days(rows).fillna(dict.fromkeys(task.categories, ""))

    if task.of_counts:
        options["loss_function"] = "Poisson" if task.power == 1 else f"Tweedie:variance_power={task.power}"
    model = (CatBoostClassifier if task.classes else CatBoostRegressor)(cat_features=task.categories, **options)
    model.fit(plain(x), y.astype(int) if task.classes else y, sample_weight=weight)
    model.save_model(str(task.out / "model"))
    if task.classes:
        return lambda rows: np.asarray(model.predict_proba(plain(rows))), {}
    kind = "Exponent" if task.of_counts else "RawFormulaVal"
    return lambda rows: np.asarray(model.predict(plain(rows), prediction_type=kind)), {}


def lightgbm(task: Task, x: pd.DataFrame, y: Numbers, weight: Numbers | None) -> tuple[Predict, dict[str, Any]]:
    """LightGBM with its defaults; its own treatment of categories."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    plain = with_categories(x, task.categories)
    options: dict[str, Any] = {"n_jobs": task.threads, "random_state": task.seed, "verbosity": -1}
    if task.of_counts:
        options["objective"] = task.objective
        if task.objective == "tweedie":
            options["tweedie_variance_power"] = task.power
    model = (LGBMClassifier if task.classes else LGBMRegressor)(**options).fit(plain(x), y, sample_weight=weight)
    model.booster_.save_model(task.out / "model")
    answer = model.predict_proba if task.classes else model.predict
    return lambda rows: np.asarray(answer(plain(rows))), {}


def flaml(task: Task, x: pd.DataFrame, y: Numbers, weight: Numbers | None) -> tuple[Predict, dict[str, Any]]:
    """FLAML with its own choice of learners and of validation."""
    import pickle

    from flaml import AutoML  # type: ignore[import-not-found]

    plain = with_categories(x, task.categories)
    model = AutoML()
    model.fit(
        plain(x),
        y,
        task="classification" if task.classes else "regression",
        metric="log_loss" if task.classes else "rmse",
        time_budget=task.seconds,
        n_jobs=task.threads,
        seed=task.seed,
        verbose=0,
        **({} if weight is None else {"sample_weight": weight}),
    )
    (task.out / "model").write_bytes(pickle.dumps(model.model))
    answer = model.predict_proba if task.classes else model.predict
    return lambda rows: np.asarray(answer(plain(rows))), {"best": model.best_estimator, "own_cv": model.best_loss}


def autogluon(task: Task, x: pd.DataFrame, y: Numbers, weight: Numbers | None) -> tuple[Predict, dict[str, Any]]:
    """AutoGluon, preset medium_quality; dates stay moments, of which it makes parts."""
    from autogluon.tabular import TabularPredictor  # type: ignore[import-not-found]

    kind = "regression" if not task.classes else "binary" if len(task.classes) == 2 else "multiclass"
    rows = x.assign(**{TARGET: y.astype(int) if task.classes else y})
    weighted: dict[str, Any] = {}
    if weight is not None:
        rows, weighted = rows.assign(**{WEIGHT: weight}), {"sample_weight": WEIGHT, "weight_evaluation": True}
    metric = "log_loss" if task.classes else "root_mean_squared_error"
    model = TabularPredictor(TARGET, kind, metric, path=str(task.out / "model"), verbosity=1, **weighted)
    model.fit(rows, presets="medium_quality", time_limit=task.seconds, num_cpus=task.threads, num_gpus=0)
    best = {"best": model.model_best, "models": model.model_names()}
    if task.classes:
        return lambda new: np.asarray(model.predict_proba(new)[list(range(len(task.classes)))]), best
    return lambda new: np.asarray(model.predict(new), dtype=np.float64), best


FITS: dict[str, Fit] = {"catboost": catboost, "lightgbm": lightgbm, "flaml": flaml, "autogluon": autogluon}
UNTUNED = ("catboost", "lightgbm")


def main() -> None:
    """Fit, predict, and print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method", choices=FITS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    facts = json.loads((options.folder / "facts.json").read_text(encoding="utf-8"))
    train, test = (pd.read_parquet(options.folder / f"{name}.parquet") for name in ("x_train", "x_test"))
    folds, columns = pd.read_parquet(options.folder / "folds.parquet"), facts["columns"]
    categories = [name for name in columns if not is_number_or_date(train[name])]
    options.out.mkdir(parents=True, exist_ok=True)
    task = Task(
        *(facts["classes"], facts["objective"], facts["variance_power"], categories),
        *(options.seed, options.threads, options.seconds, options.out),
    )
    fit = FITS[options.method]

    def fitted(rows: pd.DataFrame) -> tuple[Predict, dict[str, Any]]:
        predict, details = fit(task, rows[columns], task.targets(rows), task.weights(rows))
        return lambda new: of_rates(task, predict(new[columns]), new), details

    wall, cpu = time.perf_counter(), cpu_seconds()
    predict, details = fitted(train[folds["final"].to_numpy()])
    cost = {"fit_wall": time.perf_counter() - wall, "fit_cpu": cpu_seconds() - cpu}
    size = bytes_of(options.out / "model")
    np.save(options.out / "predicted.npy", predict(test))
    print(json.dumps({**cost, "model_bytes": size, "us_per_row": microseconds(predict, test), **details}), flush=True)
    if options.method in UNTUNED:
        np.save(options.out / "out_of_fold.npy", out_of_fold(train, folds, lambda rows: fitted(rows)[0]))
    shutil.rmtree(options.out / "model", ignore_errors=True)


def out_of_fold(train: pd.DataFrame, folds: pd.DataFrame, fit: Callable[[pd.DataFrame], Predict]) -> Numbers:
    """Predictions of every row by the model that its own fold did not train; NaN for rows in no fold."""
    found: Numbers | None = None
    for number in range(int(folds["fold"].max()) + 1):
        held_out = (folds["fold"] == number).to_numpy()
        predicted = fit(train[folds[f"trains_{number}"].to_numpy()])(train[held_out])
        if found is None:
            found = np.full((len(train), *predicted.shape[1:]), np.nan)
        found[held_out] = predicted
    if found is None:
        raise SystemExit("contestant: no row has a fold")
    return found


def of_rates(task: Task, predicted: Numbers, rows: pd.DataFrame) -> Numbers:
    """Predictions in the unit of the target: rates times exposures, above 0 where the loss needs it."""
    if task.classes or not task.of_counts:
        return predicted
    predicted = np.maximum(predicted, LEAST_RATE)
    return predicted * rows[EXPOSURE].to_numpy() if EXPOSURE in rows else predicted


def in_days(rows: pd.DataFrame) -> pd.DataFrame:
    """Dates as days since 1970-01-01, missing ones NaN; other columns as they are."""
    dates = [str(name) for name in rows if pd.api.types.is_datetime64_any_dtype(rows[name])]
    return rows.assign(**{name: (rows[name] - pd.Timestamp(0)) / pd.Timedelta(days=1) for name in dates})


def with_categories(training: pd.DataFrame, categories: list[str]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """What gives rows pandas categories, those of the training rows (others become missing), and dates as days."""
    types = {name: pd.CategoricalDtype(sorted(training[name].dropna().unique())) for name in categories}
    return lambda rows: in_days(rows).astype(types)


def is_number_or_date(values: pd.Series) -> bool:
    """Whether a column holds numbers or moments, and no texts."""
    return bool(pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values))


def microseconds(predict: Predict, rows: pd.DataFrame) -> float:
    """Per row, of all rows together; the median of five."""
    seconds = []
    for _ in range(TIMES):
        started = time.perf_counter()
        predict(rows)
        seconds.append(time.perf_counter() - started)
    return 1e6 * statistics.median(seconds) / len(rows)


def cpu_seconds() -> float:
    """User and system time of this process and of its finished children."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def bytes_of(path: Path) -> int:
    """Size of a file, or of all files below a folder."""
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())


if __name__ == "__main__":
    main()
