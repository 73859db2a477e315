"""Small tables, honest and with something planted, and their results, for the tests of findings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import yaml

from lockstep.evaluate.baseline import Problem
from lockstep.evaluate.evaluate_blocks import Evaluate, Judging
from lockstep.evaluate.evaluation import ModelEvaluation, evaluate_model
from lockstep.evaluate.judgement import judge
from lockstep.evaluate.rows import new_rows, predict_rows, training_rows
from lockstep.evaluate.suspicion import Evidence, ResultFinding, findings_of
from lockstep.features.recipe import Features
from lockstep.features.steps.columns import Columns
from lockstep.fitting.booster import fit_rounds
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.folds import Fold
from lockstep.fitting.matrices import training_matrix
from lockstep.model.saved import SavedModel
from lockstep.model.training import Training
from lockstep.report.evaluated_run import Run, TrainingHistory
from lockstep.search.trials_file import read_trials
from lockstep.split.split_block import Split
from lockstep.split.splitting import split_table
from lockstep.storage.tables import write_csv
from lockstep.table.target import Target
from tests.conftest import SETTINGS
from tests.unit.reporting import BEST, QUALITY, SEARCH, trials

Random = np.random.Generator
PARAMS: dict[str, Value] = {"max_depth": 3, "learning_rate": 0.1, "min_child_weight": 5, "max_bin": 64}
JUDGING = Judging(slices=(), coordinates=None)


@dataclass(frozen=True)
class Made:
    """A made table and how to predict it."""

    frame: pd.DataFrame
    classes: tuple[int | str, ...] = ()
    objective: str = "squared_error"
    split: Mapping[str, Any] = field(default_factory=dict)
    rounds: int = 40


def numbers(random: Random, rows: int = 400) -> pd.DataFrame:
    """y depends on x and k and on the words, with noise."""
    x, k = random.normal(size=rows), random.integers(0, 50, rows)
    c = random.choice(list("abc"), rows)
    y = np.sin(2 * x) * 3 + 0.1 * np.abs(k - 25) + 2 * (c == "a") * (x > 0) + random.normal(0, 1, rows)
    return pd.DataFrame({"x": np.round(x, 3), "k": k, "c": c, "y": np.round(y, 3)})


def _honest_numbers(random: Random) -> Made:
    return Made(numbers(random))


def _honest_classes(random: Random) -> Made:
    frame = numbers(random)
    return Made(frame.assign(y=np.digitize(frame["y"], [0.5, 3.0])), classes=(0, 1, 2))


def _honest_imbalance(random: Random) -> Made:
    frame = numbers(random, 1500)
    score = 3.0 * (frame["x"].abs() > 1.2) + 1.5 * (frame["k"] > 40) - 4.5 + 2.5 * (frame["x"].abs() > 1.9)
    return Made(frame.assign(y=(random.random(1500) < 1 / (1 + np.exp(-score))).astype(int)), classes=(0, 1))


def _honest_counts(random: Random) -> Made:
    frame = numbers(random, 800)
    rate = np.exp(0.2 + 1.2 * np.sin(2 * frame["x"]) - 0.6 * (frame["c"] == "b"))
    return Made(frame.assign(y=random.poisson(rate)), objective="poisson")


def _honest_time(random: Random) -> Made:
    frame = numbers(random, 600)
    days = pd.date_range("2021-01-01", periods=600).astype("datetime64[s]")
    season = 2 * np.sin(np.arange(600) / 58)
    return Made(frame.assign(day=days, y=frame["y"] + season), split={"strategy": "time", "time": "day"})


def _honest_groups(random: Random) -> Made:
    frame = numbers(random, 600)
    group = random.integers(0, 60, 600)
    effect = random.normal(0, 1, 60)[group]
    return Made(
        frame.assign(shop=[f"s{number}" for number in group], y=frame["y"] + effect),
        split={"strategy": "group", "group": "shop"},
    )


def _copies(random: Random) -> Made:
    noise = pd.DataFrame({name: random.normal(size=200) for name in ("a", "b", "y")})
    return Made(pd.concat([noise, noise], ignore_index=True), rounds=300)


def _filler_in_target(random: Random) -> Made:
    frame = numbers(random)
    return Made(frame.assign(y=np.where(random.random(400) < 0.15, -200.0, frame["y"])))


def _no_positive(random: Random) -> Made:
    frame = numbers(random, 1500)
    rare = random.random(1500) < 0.02 + 0.03 * (frame["k"] > 40)
    return Made(frame.assign(y=np.where(rare, "yes", "no")), classes=("no", "yes"))


def _constant(random: Random) -> Made:
    frame = numbers(random, 600)
    return Made(
        frame.assign(y=np.where(random.random(600) < 0.97, 0.0, random.gamma(2, 100, 600))), objective="absolute_error"
    )


def _exact_leak(random: Random) -> Made:
    frame = numbers(random)
    return Made(frame.assign(total=np.exp(frame["y"])))


def _bins(random: Random) -> Made:
    frame = numbers(random)
    level = pd.cut(frame["y"], 5, labels=["lowest", "low", "medium", "high", "highest"]).astype(str)
    return Made(frame.assign(level=level))


HONEST: dict[str, Callable[[Random], Made]] = {
    "numbers": _honest_numbers,
    "classes": _honest_classes,
    "imbalance": _honest_imbalance,
    "counts": _honest_counts,
    "time": _honest_time,
    "groups": _honest_groups,
}
# What is planted, by the finding that must tell it.
PLANTED: dict[str, Callable[[Random], Made]] = {
    "copied_rows": _copies,
    "filler_in_target": _filler_in_target,
    "class_never_predicted": _no_positive,
    "constant_predictions": _constant,
    "leaking_column": _exact_leak,
    "binned_target": _bins,
}


@dataclass(frozen=True)
class Fitted:
    """A model of a made table, and its rows."""

    model: SavedModel
    train: pd.DataFrame
    test: pd.DataFrame
    split: Split


def fitted(made: Made, seed: int = 5) -> Fitted:
    """A model fitted in this process, with fixed parameters."""
    frame = made.frame.copy()
    frame.insert(0, "row_id", range(len(frame)))
    for name in frame.columns:
        if frame[name].dtype == object:
            frame[name] = frame[name].astype("str")
    split = Split(**{"strategy": "random", "test_size": 0.25, "folds": 3, "valid_size": 0.15, **made.split})
    target = Target("y", made.classes)
    train, test = split_table(frame, target, split, seed)
    names = [str(name) for name in made.frame if name not in ("y", split.time, split.group)]
    features, y = Features([Columns(columns=tuple(names))], seed, len(made.classes)), target.values(train)
    x = features.fit_transform(train, y)
    fitting = Fitting("classes", "log_loss", len(made.classes)) if made.classes else _fitting(made.objective)
    everything = np.ones(len(y), dtype=np.bool_)
    fold = Fold(x, y, everything, ~everything, tuple(features.names), tuple(features.types))
    booster = fit_rounds(training_matrix(fold, 64, "in_core"), PARAMS, made.rounds, seed, fitting)
    training = Training(dict(PARAMS), made.rounds, 1.0)
    return Fitted(SavedModel([booster], features, target, fitting, training), train, test, split)


def findings(made: Made, seed: int = 5) -> dict[str, ResultFinding]:
    """The findings about a made table, without tables, figures and intervals."""
    of = fitted(made, seed)
    train, test = training_rows(of.model, of.train), new_rows(of.model, of.test)
    _, predicted = predict_rows(of.model, test)
    judgement = judge(Problem(of.model, train, test, seed), predicted, _trial(of), n_validated=len(of.train))
    importance = dict.fromkeys(of.model.features.names, 1.0)
    evidence = Evidence(of.model, train, test, of.train, predicted, judgement, importance, of.split, seed)
    return {finding.name: finding for finding in findings_of(evidence)}


def result(made: Made, seed: int = 5) -> tuple[Run, ModelEvaluation]:
    """The whole evaluation of a made table, as the page and the terminal get it."""
    of, score = fitted(made, seed), "cv_score"
    block = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))["evaluate"]
    settings = Evaluate.model_validate(block | {"bootstrap_samples": 200, "permutation_repeats": 1})
    evaluation = evaluate_model(of.model, of.train, of.test, _trial(of), JUDGING, settings, seed, of.split)
    curve = pd.DataFrame({"round": [1, 2], "train": [1.0, 0.5], "valid": [1.0, 0.9]})
    history = TrainingHistory(_trials(of.model.fitting.metric), SEARCH | {"score": score}, curve)
    best = BEST | {score: 6.0}
    repeated = {"protocol": "single"}
    return (
        Run(of.model, of.train, of.test, history, best, QUALITY, repeated, JUDGING, of.split, settings, seed),
        evaluation,
    )


def _fitting(objective: str) -> Fitting:
    fitting = Fitting(objective)
    return replace(fitting, metric=fitting.objective_class.metric)


def _trials(metric: str) -> pd.DataFrame:
    """Trials as they are read from trials.csv."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "trials.csv"
        write_csv(trials("cv_score", metric), file)
        return read_trials(file, SEARCH["settings"]["space"])


def _trial(of: Fitted) -> pd.Series:
    """A best trial without scores: cross-validation says nothing."""
    return pd.Series({f"fold_0_{of.model.fitting.metric}": np.nan})
