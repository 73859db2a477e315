"""The nested protocol: searching and training anew on the training rows of further splits."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockstep.evaluate.evaluate_blocks import check_choices
from lockstep.evaluate.nested import NestedBlocks, NestedSplit, Procedure, nested, nested_split, nested_summary
from lockstep.fitting.fitting import Fitting
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.metrics.metric import Scores
from lockstep.search.evaluation_log import EvaluationLog, NoLog
from lockstep.split.split_block import Split
from lockstep.split.splitting import split_table
from tests.conftest import SETTINGS, shipped_config
from tests.unit.modelling import CLASSES, RECIPE, table, target_of

SPLIT = Split(strategy="random", test_size=0.25, folds=2, valid_size=0.2)
FEW: dict[str, dict[str, Any]] = {
    "tune": {"n_trials": 2, "lag": 1, "early_stopping_rounds": 3, "max_rounds": 15, "enqueue": []},
    "train_best": {"n_models": 1},
    "spaces": {"default": {"max_depth": {"low": 2, "high": 3}, "learning_rate": {"low": 0.3, "high": 0.5}}},
}


def _procedure(n_classes: int = 0, **train_best: Any) -> Procedure:
    """Two trials of at most 15 rounds."""
    params = read_yaml(SETTINGS)
    for block, changes in FEW.items():
        params[block] |= changes
    params["train_best"] |= train_best
    choices = NestedBlocks.model_validate({name: params[name] for name in NestedBlocks.model_fields})
    return Procedure(choices, target_of(n_classes), RECIPE, SPLIT, None, Path("datasets/made.yaml"))


def _rows() -> pd.DataFrame:
    return table(120).drop(columns="fold")


def _first_split() -> tuple[pd.DataFrame, pd.DataFrame]:
    return split_table(_rows(), target_of(), SPLIT, 42)


def test_the_result_is_the_same_for_any_number_of_workers_after_an_interruption_and_without_the_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv("LOCKSTEP_WORKERS", "2")
    log = tmp_path / ".lockstep/evaluations.db"
    with EvaluationLog(log) as earlier:
        nested_split(_procedure(), _rows(), 43, earlier, "evaluate: split 1/2")
        assert earlier.n_fitted
    found = nested(_procedure(), *_first_split(), 2)
    lines = capfd.readouterr().err
    assert "evaluate: split 2/2: 2/2 trials, best " in lines
    assert "evaluate: split 2/2: test rmse " in lines
    log.write_bytes(b"no database " * 100)
    monkeypatch.setenv("LOCKSTEP_WORKERS", "1")
    assert nested(_procedure(), *_first_split(), 2) == found
    assert f"evaluate: warning: {log}: file is not a database; set aside" in capfd.readouterr().err
    assert [split["seed"] for split in found["splits"]] == [43, 44]
    assert found["protocol"] == "nested"


def test_no_test_row_takes_part_in_choosing_its_model() -> None:
    """Other targets of a split's test rows change its scores, and neither its search nor its model."""
    procedure, rows = _procedure(2, threshold="max_f1", calibration="sigmoid"), _rows()
    _, test = split_table(rows, target_of(2), SPLIT, 43)
    flipped = np.where(rows["two"] == "low", "high", "low")
    poisoned = rows.assign(two=np.where(rows["row_id"].isin(test["row_id"]), flipped, rows["two"]))
    plain, other = (nested_split(procedure, frame, 43, NoLog(), "split") for frame in (rows, poisoned))
    assert other.best == plain.best
    assert plain.scores["accuracy"] is not None
    assert other.scores["accuracy"] == pytest.approx(1 - plain.scores["accuracy"])
    assert plain.scores["accuracy"] > 0.7


def test_a_slope_is_measured_on_the_split_s_own_training_rows() -> None:
    params = read_yaml(SETTINGS)
    params["booster"] |= {"objective": "pseudo_huber"}
    choices = NestedBlocks.model_validate({name: params[name] for name in NestedBlocks.model_fields})
    procedure = Procedure(choices, target_of(), RECIPE, SPLIT, None, Path("datasets/made.yaml"))
    slopes = [procedure.fitting(split_table(_rows(), target_of(), SPLIT, seed)[0]).huber_slope for seed in (43, 44)]
    assert slopes[0] != slopes[1]


def test_the_summary_by_hand() -> None:
    scores: list[Scores] = [{"rmse": 1.0, "r2": None}, {"rmse": 3.0, "r2": 0.5}]
    best = [{"params": {"max_leaves": 4}, "n_rounds": 7, "cv_rmse": cv, "trial": 1} for cv in (1.5, 2.0)]
    found = nested_summary(Fitting(), [NestedSplit(*parts) for parts in zip(scores, best, strict=True)], 43)
    assert (found["score_mean"], found["score_std"]) == (2.0, pytest.approx(2**0.5))
    assert found["cv_score_mean"] == 1.75
    assert found["splits"][1] == {"seed": 44, "rmse": 3.0, "r2": 0.5, "best": best[1]}


def test_a_score_that_a_split_leaves_undefined_has_no_mean() -> None:
    best = {"params": {}, "n_rounds": 7, "cv_score": 0.2, "trial": 0}
    scores: list[Scores] = [{"log_loss": 0.4, "auc": 0.9}, {"log_loss": 0.2, "auc": None}]
    found = nested_summary(CLASSES[2], [NestedSplit(each, best) for each in scores], 1)
    assert found["score_mean"] == pytest.approx(0.3)
    assert found["metrics"][1] == {"metric": "auc", "mean": None, "std": None, "min": None, "max": None}


@pytest.mark.parametrize("protocol", ["repeated", "nested"])
def test_time_has_one_split_only(protocol: str) -> None:
    forward = SPLIT.model_copy(update={"strategy": "time", "time": "a"})
    evaluate = shipped_config().evaluate.model_copy(update={"protocol": protocol})
    with pytest.raises(
        ValueError, match=f"evaluate.protocol: '{protocol}' draws further random splits.*set it to single"
    ):
        check_choices(evaluate, forward, "squared_error", Path("datasets/made.yaml"))
