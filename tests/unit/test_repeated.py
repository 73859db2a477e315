"""The repeated protocol: refits on further splits of all rows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from lockstep.check.config import load_config
from lockstep.errors import ConfigError, DataError, SearchError
from lockstep.evaluate.repeated import TABLE, Refit, refit_of, repeated, score_split, summary_of
from lockstep.features.recipe import Features
from lockstep.fitting.booster import FIXED_PARAMS, RoundBudget, fit_rounds
from lockstep.fitting.matrices import row_matrix
from lockstep.metrics.metric import Scores
from lockstep.split.split_block import Split
from lockstep.split.splitting import split_table
from lockstep.storage.tables import write_table
from tests.conftest import GOOD_ROWS, OwnTable
from tests.unit.modelling import NUMBER, PARAMS, RECIPE, model, table, target_of

SEARCHED: dict[str, Any] = {"early_stopping_rounds": 5, "max_rounds": 60, "space": {}}
SPLIT = Split(strategy="random", test_size=0.25, folds=3, valid_size=0.2)


def _refit(split: Split = SPLIT, n_models: int = 1) -> Refit:
    return refit_of(model(n_models=n_models), split, SEARCHED, seed=5)


def _halves() -> tuple[pd.DataFrame, pd.DataFrame]:
    """All rows as some first split left them."""
    train, test = split_table(table(200).drop(columns="fold"), target_of(), SPLIT, 5)
    return train, test


def test_the_result_is_the_same_for_one_worker_and_for_two(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    found = []
    for workers in ("1", "2"):
        monkeypatch.setenv("LOCKSTEP_WORKERS", workers)
        found.append(repeated(_refit(), *_halves(), 3))
    assert found[0] == found[1]
    assert len({scores["rmse"] for scores in found[0]}) == 3
    assert "evaluate: split 3/3: test " in capfd.readouterr().err


def test_a_split_is_what_one_gets_by_hand() -> None:
    rows = table(200).drop(columns="fold")
    train, test = split_table(rows, target_of(), SPLIT, 6)
    features, y = Features(RECIPE, 5), train["y"].to_numpy()
    x = features.fit_transform(train, y)
    matrix = row_matrix(x, y, None, tuple(features.names), tuple(features.types), 256, "in_core")
    boosters = [fit_rounds(matrix, PARAMS, 30, seed, NUMBER) for seed in (5, 6)]
    made = replace(model(), boosters=boosters, features=features)
    by_hand = NUMBER.scores(test["y"].to_numpy(), made.predict(test), 2)
    (first, _) = repeated(_refit(n_models=2), *_halves(), 2)
    assert first == by_hand


def test_a_split_of_a_transformed_target_has_its_mean_corrected_as_the_model_has() -> None:
    rows = table(200).assign(y=lambda made: np.exp(made["y"])).drop(columns="fold")
    fitting = replace(NUMBER, target_transform="log")
    first = split_table(rows, target_of(), SPLIT, 5)
    train, test = split_table(rows, target_of(), SPLIT, 6)
    features, y = Features(RECIPE, 5), train["y"].to_numpy()
    x = features.fit_transform(train, y)
    names, types = tuple(features.names), tuple(features.types)
    matrix = row_matrix(x, fitting.labels(y), None, names, types, 256, "in_core")
    made = replace(model(), boosters=[fit_rounds(matrix, PARAMS, 30, 5, fitting)], features=features, fitting=fitting)
    corrected = made.with_mean_corrected(x, y, None)
    assert corrected.mean_correction > 1
    (scores, _) = repeated(replace(_refit(), fitting=fitting), *first, 2)
    assert scores == fitting.scores(test["y"].to_numpy(), corrected.predict(test), 2)
    assert scores != fitting.scores(test["y"].to_numpy(), made.predict(test), 2)


def test_validation_rows_of_a_holdout_stop_the_rounds_and_do_not_train(tmp_path: Path) -> None:
    """Poisoned validation targets move the number of rounds at most; as training rows they would ruin the model."""
    holdout = SPLIT.model_copy(update={"folds": 1})
    rows = table(200).drop(columns="fold")
    train, _ = split_table(rows, target_of(), holdout, 6)
    poisoned = rows["row_id"].isin(train.loc[train["fold"] == 0, "row_id"])

    def score(frame: pd.DataFrame, split: Split) -> Scores:
        write_table(frame, tmp_path / TABLE)
        return score_split(_refit(split), tmp_path, 6)

    plain = score(rows, holdout)["rmse"]
    moved = score(rows.assign(y=np.where(poisoned, -50.0, rows["y"])), holdout)["rmse"]
    trained = score(rows.assign(y=np.where(poisoned, -50.0, rows["y"])), SPLIT)["rmse"]
    assert plain is not None
    assert plain < 0.5
    assert moved is not None
    assert moved < 2.5
    assert trained is not None
    assert trained > 5


def test_a_stopped_model_predicts_with_its_best_rounds() -> None:
    holdout = SPLIT.model_copy(update={"folds": 1})
    train, test = split_table(table(200).drop(columns="fold"), target_of(), holdout, 6)
    fitted, stopping = train[train["fold"] != 0], train[train["fold"] == 0]
    features = Features(RECIPE, 5)
    x, y = features.fit_transform(fitted, fitted["y"].to_numpy()), fitted["y"].to_numpy()
    kinds = {"feature_names": features.names, "feature_types": features.types, "enable_categorical": True}
    rows = xgb.QuantileDMatrix(x, y, **kinds)
    valid = xgb.QuantileDMatrix(features.transform(stopping), stopping["y"].to_numpy(), ref=rows, **kinds)
    settings = {**FIXED_PARAMS, **NUMBER.booster_params(features.names), **PARAMS, "seed": 5}
    booster = xgb.train(settings, rows, 60, evals=[(valid, "v")], early_stopping_rounds=5, verbose_eval=False)
    assert booster.best_iteration + 1 < booster.num_boosted_rounds()
    best = (0, booster.best_iteration + 1)
    said = booster.predict(xgb.DMatrix(features.transform(test), **kinds), iteration_range=best)
    (first, _) = repeated(_refit(holdout), *_halves(), 2)
    assert first["rmse"] == NUMBER.scores(test["y"].to_numpy(), said, 2)["rmse"]


def test_a_slower_final_model_gets_as_many_more_rounds() -> None:
    slow = model()
    slow = replace(slow, training=replace(slow.training, learning_rate_factor=0.25))
    assert refit_of(slow, SPLIT, SEARCHED, 5).budget.max_rounds == 240
    assert refit_of(slow, SPLIT, SEARCHED, 5).budget.early_stopping_rounds == 20
    tuned = SEARCHED | {"space": {"n_estimators": {"low": 1, "high": 9, "early_stopping": True}}}
    assert refit_of(slow, SPLIT, tuned, 5).budget == RoundBudget(20, 240, stops_tuned=True)


def test_the_summary_by_hand() -> None:
    splits: list[Scores] = [{"rmse": 1.0, "r2": None}, {"rmse": 3.0, "r2": 0.5}]
    found = summary_of(NUMBER, splits, 43)
    assert found["metrics"] == [
        {"metric": "rmse", "mean": 2.0, "std": pytest.approx(2**0.5), "min": 1.0, "max": 3.0},
        {"metric": "r2", "mean": None, "std": None, "min": None, "max": None},
    ]
    assert (found["score_mean"], found["score_std"]) == (2.0, pytest.approx(2**0.5))
    assert [each["seed"] for each in found["splits"]] == [43, 44]


def test_time_has_only_one_split(own_table: OwnTable) -> None:
    own_table.write(GOOD_ROWS)
    own_table.edit_params("protocol: single", "protocol: repeated")
    own_table.edit_params("strategy: random", "strategy: time")
    own_table.edit_params("time:  ", "time: a  ")
    with pytest.raises(ConfigError, match=r"params.yaml: evaluate.protocol: 'repeated'.*set it to single"):
        load_config()


def test_a_split_that_fails_is_one_line(tmp_path: Path) -> None:
    """A parameter that XGBoost refuses, and a table too small to be split."""
    write_table(table(200).drop(columns="fold"), tmp_path / TABLE)
    refit = _refit()
    refused = replace(refit, training=replace(refit.training, params={"max_depth": -1}))
    with pytest.raises(SearchError, match=r"^split with seed 6: XGBoostError: .*`dvc repro` continues from here$"):
        score_split(refused, tmp_path, 6)
    write_table(table(2).drop(columns="fold"), tmp_path / TABLE)
    with pytest.raises(DataError, match=r"^params.yaml: split: 2 rows cannot be split"):
        score_split(refit, tmp_path, 6)
