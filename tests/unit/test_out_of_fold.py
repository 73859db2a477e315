"""Out-of-fold predictions: the model of each fold predicts its validation rows, and nothing else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lockstep.features.recipe import Features
from lockstep.fitting.booster import fit_rounds, fit_with_history
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.matrices import quantise
from lockstep.model.fold_predictions import FoldPredictions
from lockstep.model.out_of_fold import OutOfFold, out_of_fold
from lockstep.model.training import Member
from lockstep.storage.tables import write_table
from lockstep.table.target import Target
from lockstep.workers.fold_workers import fold_workers
from tests.unit.modelling import CLASSES, NUMBER, PARAMS, RECIPE, HereWorkers, folds_of, model, table, target_of

ONE = [Member(dict(PARAMS), 20, 1)]


def test_each_row_is_predicted_by_the_model_of_its_fold() -> None:
    rows = table()
    out = out_of_fold(rows, ONE, FoldPredictions(NUMBER, 5, HereWorkers(rows)))
    found, predictions = out.table(target_of()), out.predictions
    assert list(found) == ["row_id", "fold", "actual", "predicted"]
    assert found["row_id"].tolist() == rows["row_id"].tolist()
    assert found["actual"].tolist() == rows["y"].tolist()
    assert found["predicted"].tolist() == predictions.tolist()
    for number, fold in enumerate(folds_of(rows)):
        matrices = quantise(fold, 256, "in_core")
        expected = fit_rounds(matrices.train, PARAMS, 20, 5, NUMBER).predict(matrices.valid)
        assert found.loc[found["fold"] == number, "predicted"].tolist() == expected.astype(np.float64).tolist()


@pytest.mark.parametrize("n_classes", [2, 3])
def test_classes_have_labels_and_probabilities(n_classes: int) -> None:
    rows, target = table(), target_of(n_classes)
    out = out_of_fold(rows, ONE, FoldPredictions(CLASSES[n_classes], 5, HereWorkers(rows, n_classes)))
    found, predictions = out.table(target), out.predictions
    assert list(found) == ["row_id", "fold", "actual", "predicted", *(f"probability_{c}" for c in target.labels)]
    assert predictions.shape == (len(rows), n_classes)
    assert np.allclose(predictions.sum(axis=1), 1, atol=1e-6)
    assert found["predicted"].tolist() == [target.labels[number] for number in predictions.argmax(axis=1)]
    assert found["actual"].tolist() == rows[target.column].astype(str).tolist()


@pytest.mark.parametrize("n_models", [1, 2])
@pytest.mark.parametrize("case", ["number", "log", 2, 3])
def test_the_fits_of_the_learning_curve_serve_the_predictions(case: str | int, n_models: int) -> None:
    n_classes = case if isinstance(case, int) else 0
    fitting = CLASSES.get(n_classes, replace(NUMBER, target_transform="log" if case == "log" else None))
    rows = table().assign(y=lambda frame: frame["y"] - frame["y"].min() + 1)
    workers, members = HereWorkers(rows, n_classes), [Member(dict(PARAMS), 20, n_models)]
    plain = out_of_fold(rows, members, FoldPredictions(fitting, 5, workers))
    followed = out_of_fold(rows, members, FoldPredictions(fitting, 5, workers), ONE[0])
    assert followed.predictions.tobytes() == plain.predictions.tobytes()
    assert not plain.curves
    assert len(followed.curves) == 3
    for fold, (on_train, on_valid) in zip(workers.folds, followed.curves, strict=True):
        matrices = quantise(fold, 256, "in_core", fitting.transform)
        assert (on_train, on_valid) == fit_with_history(matrices, PARAMS, 24, 5, fitting)[1]
        shorter = fit_with_history(matrices, PARAMS, 20, 5, fitting)[1]
        assert (on_train[:20], on_valid[:20]) == shorter


def test_rows_that_validate_in_no_fold_are_absent() -> None:
    rows = table()
    rows["fold"] = np.where(rows["row_id"] % 4 == 0, 0, -1)
    found = out_of_fold(rows, ONE, FoldPredictions(NUMBER, 5, HereWorkers(rows))).table(target_of())
    assert found["row_id"].tolist() == rows.loc[rows["fold"] == 0, "row_id"].tolist()


def test_the_mean_is_corrected_by_the_totals_of_targets_and_predictions() -> None:
    rows = pd.DataFrame({"row_id": range(4), "y": [0.0, 2.0, 4.0, 0.0], "w": [1.0, 1.0, 3.0, 1.0]})
    out = OutOfFold(rows, np.array([1.0, 1.0, 2.0, 1.0]))
    assert out.mean_correction(Target("y")) == 6 / 5
    assert out.mean_correction(Target("y", weight="w")) == pytest.approx(14 / 9, rel=1e-5)
    assert OutOfFold(rows.assign(y=0.0), out.predictions).mean_correction(Target("y")) == 1
    fitting = Fitting(objective="tweedie", metric="tweedie_deviance")
    costs = table().assign(y=lambda frame: frame["y"].clip(0))
    made = replace(model(rows=costs), fitting=fitting)
    expected = 1.25 * made.predict(costs)
    np.testing.assert_array_equal(replace(made, mean_correction=1.25).predict(costs), expected)


def test_a_pure_noise_target_is_not_predicted() -> None:
    rows = table().assign(y=np.random.default_rng(1).normal(size=300))
    found = out_of_fold(rows, ONE, FoldPredictions(NUMBER, 5, HereWorkers(rows))).table(target_of())
    assert abs(np.corrcoef(found["actual"], found["predicted"])[0, 1]) < 0.2


def test_one_and_three_workers_write_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, written = table(), []
    for n_workers in ("1", "3"):
        monkeypatch.setenv("LOCKSTEP_WORKERS", n_workers)
        folder = tmp_path / n_workers
        features, y = Features(RECIPE, 5), rows["y"].to_numpy()
        x = features.fit_transform(rows, y)
        with fold_workers(folds_of(rows, folder), features, x, y, folder, NUMBER) as workers:
            found = out_of_fold(rows, ONE, FoldPredictions(NUMBER, 5, workers)).table(target_of())
        write_table(found, folder / "oof.parquet")
        written.append((folder / "oof.parquet").read_bytes())
    assert written[0] == written[1]
