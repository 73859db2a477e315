"""train_best.final: refits, fold models and ensembles, which everything downstream treats as one model."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockstep.evaluate.nested import NestedBlocks, Procedure
from lockstep.evaluate.repeated import TABLE, refit_of, score_split
from lockstep.features.recipe import Features
from lockstep.features.recipe_file import ChosenRecipe
from lockstep.fitting.booster import fit_rounds
from lockstep.fitting.matrices import row_matrix
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.metrics.metric import Scores
from lockstep.model.candidates import MAX_CANDIDATES, best_candidates
from lockstep.model.fold_predictions import FoldPredictions
from lockstep.model.out_of_fold import members_per_fold, out_of_fold
from lockstep.model.saved import SavedModel
from lockstep.model.train_block import TrainBest
from lockstep.model.training import EnsembleGain, Member, Training
from lockstep.model.training_summary import summary_of
from lockstep.search.trials_file import read_trials
from lockstep.split.split_block import FoldRule, Split
from lockstep.split.splitting import split_table
from lockstep.storage.tables import write_csv, write_table
from tests.conftest import SETTINGS
from tests.unit.modelling import CLASSES, NUMBER, PARAMS, RECIPE, HereWorkers, model, table, target_of

SPLIT = Split(strategy="random", test_size=0.25, folds=3, valid_size=0.2)
DEEP: Mapping[str, Any] = {"max_depth": 5, "subsample": 0.6, "learning_rate": 0.2}
BEST = {"params": dict(PARAMS), "n_rounds": 11, "cv_rmse": 0.3, "cv_score": 0.3, "trial": 2}


def _trials(score: str = "cv_rmse") -> pd.DataFrame:
    """Three complete trials, of which the last is the best, and two others."""
    rows = [
        (0, "COMPLETE", 0.5, 6, 0.5, 9),
        (1, "PRUNED", None, 2, 0.9, 9),
        (2, "COMPLETE", 0.3, 3, 0.7, 11),
        (3, "FAIL", None, 2, 0.9, None),
        (4, "COMPLETE", 0.4, 2, 1.0, 21),
    ]
    found = pd.DataFrame(rows, columns=["number", "state", score, "max_depth", "subsample", "fold_1_rounds"])
    found.insert(5, "fold_0_rounds", found["fold_1_rounds"] - 4)
    return found.assign(fold_2_rounds=found["fold_1_rounds"] + 6)


def _procedure(n_classes: int = 0, *, booster: Mapping[str, Any] | None = None, **train_best: Any) -> Procedure:
    params = read_yaml(SETTINGS)
    params["train_best"] |= train_best
    params["booster"] |= booster or {}
    choices = NestedBlocks.model_validate({name: params[name] for name in NestedBlocks.model_fields})
    return Procedure(choices, target_of(n_classes), RECIPE, SPLIT, None, Path("datasets/made.yaml"))


def _model(rows: pd.DataFrame, n_classes: int = 0, **train_best: Any) -> SavedModel:
    score = "cv_score" if n_classes else "cv_rmse"
    return _procedure(n_classes, **train_best).model(rows, ChosenRecipe(RECIPE), BEST, _trials(score))


def _raw(made: SavedModel) -> list[bytes]:
    return [bytes(booster.save_raw("ubj")) for booster in made.boosters]


def test_the_candidates_are_the_best_complete_trials(tmp_path: Path) -> None:
    found = best_candidates(_trials(), BEST, "cv_rmse")
    assert [candidate.number for candidate in found] == [2, 4, 0]
    assert found[0].params == PARAMS
    assert (found[0].rounds, found[0].n_rounds) == ((7, 11, 17), 11)
    write_csv(_trials(), tmp_path / "trials.csv")
    assert best_candidates(read_trials(tmp_path / "trials.csv", PARAMS), BEST, "cv_rmse") == found
    assert {type(value) for value in found[1].params.values()} == {int, float}
    many = pd.concat([_trials()] * 9, ignore_index=True).assign(number=range(45))
    assert len(best_candidates(many, BEST, "cv_rmse")) == MAX_CANDIDATES


def test_of_trials_that_the_file_shows_as_equals_the_best_one_is_first() -> None:
    """The search compares unrounded scores, and fold models have the rounds of the trial whose parameters they have."""
    equal = _trials().assign(cv_rmse=[0.3, np.nan, 0.3, np.nan, 0.3])
    assert [candidate.number for candidate in best_candidates(equal, BEST, "cv_rmse")] == [2, 0, 4]
    folds = _procedure(final="folds", n_models=3).model(table(), ChosenRecipe(RECIPE), BEST, equal).training.members
    assert [(member.trial, member.n_rounds) for member in folds] == [(2, 7), (2, 11), (2, 17)]


def test_parameters_keep_the_types_of_the_space(tmp_path: Path) -> None:
    params: dict[str, Any] = {"grow_policy": "lossguide", "flag": False, "gamma": 1e-08, "max_bin": 64}
    trials = _trials().assign(grow_policy="depthwise", flag=True, gamma=2.0, max_bin=["32", "64", "128", "8", "auto"])
    write_csv(trials, tmp_path / "trials.csv")
    for read in (trials, read_trials(tmp_path / "trials.csv", params)):
        best, second, _ = best_candidates(read, {"params": params, "trial": 2}, "cv_rmse")
        assert best.params == {"grow_policy": "depthwise", "flag": True, "gamma": 2.0, "max_bin": 128}
        assert second.params["max_bin"] == "auto"


def test_a_refit_has_the_boosters_that_it_always_had() -> None:
    rows = table()
    made = _model(rows, n_models=2)
    here = HereWorkers(rows)
    names, types = tuple(here.features.names), tuple(here.features.types)
    matrix = row_matrix(here.x, here.y, None, names, types, 256, "in_core")
    expected = [bytes(fit_rounds(matrix, PARAMS, 11, seed, NUMBER).save_raw("ubj")) for seed in (42, 43)]
    assert _raw(made) == expected
    assert made.training == Training(dict(PARAMS), 11, 0.3)
    assert set(made.training.to_json()) == {"params", "n_rounds", "cv_score", "learning_rate_factor", "cv"}


def test_fold_models_are_trained_by_the_rows_of_their_fold_for_its_rounds() -> None:
    rows = table()
    made = _model(rows, final="folds", n_models=4)
    here = HereWorkers(rows)
    names, types = tuple(here.features.names), tuple(here.features.types)
    expected = []
    for number, rounds in enumerate((7, 11, 17)):
        mask = rows["fold"].to_numpy() != number
        matrix = row_matrix(here.x, here.y, mask, names, types, 256, "in_core")
        expected += [bytes(fit_rounds(matrix, PARAMS, rounds, seed, NUMBER).save_raw("ubj")) for seed in (42, 43)]
    assert _raw(made) == expected
    assert made.training.final == "folds"
    assert (made.training.n_rounds, made.training.cv_score) == (11, 0.3)


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_an_ensemble_is_one_model(n_classes: int, tmp_path: Path) -> None:
    rows, new = table(), table(seed=9)
    made = _model(rows, n_classes, final="ensemble", n_models=5)
    members = made.training.members
    assert sum(member.n_models for member in members) == len(made.boosters) == 5
    assert made.training.final == "ensemble"
    each = [replace(made, boosters=[booster]).predict(new) for booster in made.boosters]
    np.testing.assert_allclose(made.predict(new), np.mean(each, axis=0))
    if n_classes:
        assert made.predict(new).sum(axis=1) == pytest.approx(np.ones(len(new)))
    made.save(tmp_path / "model")
    loaded = SavedModel.load(tmp_path / "model")
    assert loaded.training == made.training
    np.testing.assert_array_equal(loaded.predict(new), made.predict(new))


def test_the_out_of_fold_predictions_are_the_ensembles() -> None:
    rows, workers = table(), HereWorkers(table())
    members = (Member(dict(PARAMS), 11, 2, 2), Member(dict(DEEP), 7, 1, 5))
    training = Training(dict(PARAMS), 11, 0.3, members=members)
    choices = TrainBest.model_validate(read_yaml(SETTINGS)["train_best"])
    assert members_per_fold(choices, training) == members
    fits = FoldPredictions(NUMBER, 5, workers)
    found = out_of_fold(rows, members, fits).predictions
    alone = [
        out_of_fold(rows, [Member(dict(params), rounds, 1)], FoldPredictions(NUMBER, seed, workers)).predictions
        for params, rounds, seed in ((PARAMS, 11, 5), (PARAMS, 11, 6), (DEEP, 7, 5))
    ]
    np.testing.assert_array_equal(found, (alone[0] + alone[1] + alone[2]) / 3)


def test_auto_takes_the_ensemble_only_where_its_gain_is_clear() -> None:
    rows = table()
    asked, auto = (_model(rows, final=final, n_models=3).training for final in ("ensemble", "auto"))
    assert asked.gain is not None
    assert auto.gain == asked.gain
    assert auto == (asked if asked.gain.clear else replace(Training(dict(PARAMS), 11, 0.3), gain=asked.gain))


def test_auto_is_a_refit_where_nothing_can_be_judged() -> None:
    assert _model(table(), final="auto", n_models=1).training.gain is None
    holdout = table().assign(fold=lambda rows: np.where(rows["fold"] == 0, 0, -1))
    assert _model(holdout, final="auto", n_models=3).training.final == "refit"


@pytest.mark.parametrize("final", ["folds", "ensemble"])
def test_any_number_of_workers_makes_the_same_model(
    final: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = []
    for workers in ("1", "3"):
        monkeypatch.setenv("LOCKSTEP_WORKERS", workers)
        _model(table(), 2, final=final, n_models=3, calibration="sigmoid").save(tmp_path / workers)
        made.append({path.name: path.read_bytes() for path in (tmp_path / workers).iterdir() if path.is_file()})
    assert made[0] == made[1]
    assert b'"members"' in made[0]["model.json"]


def test_calibration_and_threshold_are_learned_from_the_ensemble() -> None:
    rows = table(600)
    made = _model(rows, 2, final="ensemble", n_models=3, calibration="sigmoid", threshold="max_f1")
    plain = _model(rows, 2, final="refit", n_models=3, calibration="sigmoid", threshold="max_f1")
    assert made.calibration != plain.calibration


def test_a_transformed_target_has_its_mean_corrected_after_averaging() -> None:
    rows = table().assign(y=lambda frame: np.exp(frame["y"]))
    procedure = _procedure(booster={"target_transform": "log"}, final="ensemble", n_models=3)
    made = procedure.model(rows, ChosenRecipe(RECIPE), BEST, _trials())
    assert made.mean_correction > 1
    corrected = made.fitting.transform
    assert corrected is not None
    x = made.features.transform(rows)
    np.testing.assert_array_equal(made.predict(rows), corrected.corrected(made.boosted(x), made.mean_correction))


@pytest.mark.parametrize(
    "members",
    [
        (Member(dict(PARAMS), 11, 2, 2), Member(dict(DEEP), 7, 1, 5)),
        tuple(Member(dict(PARAMS), 10 + fold, 1, 2, fold) for fold in range(3)),
    ],
    ids=["ensemble", "folds"],
)
def test_a_repeated_split_refits_every_configuration(members: tuple[Member, ...], tmp_path: Path) -> None:
    rows = table(200).drop(columns="fold")
    train, test = split_table(rows, target_of(), SPLIT, 6)
    features, y = Features(RECIPE, 5), train["y"].to_numpy()
    x = features.fit_transform(train, y)
    names, types = tuple(features.names), tuple(features.types)
    boosters = []
    for member in members:
        mask = None if member.fold is None else train["fold"].to_numpy() != member.fold
        matrix = row_matrix(x, y, mask, names, types, 256, "in_core")
        seeds = range(5, 5 + member.n_models)
        boosters += [fit_rounds(matrix, member.params, member.n_rounds, seed, NUMBER) for seed in seeds]
    by_hand = replace(model(), boosters=boosters, features=features)
    expected: Scores = NUMBER.scores(test["y"].to_numpy(), by_hand.predict(test), 2)
    several = replace(model(n_models=3), training=Training(dict(PARAMS), 11, 0.3, members=members))
    write_table(rows, tmp_path / TABLE)
    refit = refit_of(several, SPLIT, {"early_stopping_rounds": 5, "max_rounds": 60, "space": {}}, 5)
    assert score_split(refit, tmp_path, 6) == expected


def _block(**changed: Any) -> TrainBest:
    return TrainBest.model_validate(read_yaml(SETTINGS)["train_best"] | changed)


TIME = FoldRule(strategy="time", time="a")


@pytest.mark.parametrize(
    ("changed", "split", "n_folds", "exposure", "line"),
    [
        ({"final": "folds"}, TIME, 5, None, "strategy time a fold's model knows only the rows before it; set it to"),
        ({"final": "folds"}, SPLIT, 1, None, "needs two folds or more, and split.folds is 1; set it to refit"),
        ({"final": "ensemble"}, SPLIT, 1, None, "needs two folds or more"),
        ({"final": "ensemble", "n_models": 1}, SPLIT, 5, None, "needs two boosters or more; set train_best.n_models"),
        ({"final": "folds"}, SPLIT, 101, None, "101 folds make 101 boosters, and 100 are possible"),
        ({"final": "folds"}, SPLIT, 5, "years", "starts from a rate per 'years' of its own"),
        ({"final": "auto", "learning_rate_factor": 0.5}, SPLIT, 5, None, "learning_rate_factor: 0.5: is for one"),
    ],
)
def test_what_makes_no_sense_is_refused(
    changed: dict[str, Any], split: FoldRule, n_folds: int, exposure: str | None, line: str
) -> None:
    with pytest.raises(ValueError, match=r"^train_best\.") as refused:
        _block(**changed).check_final(split, n_folds, exposure)
    assert line in str(refused.value)


@pytest.mark.parametrize("final", ["auto", "refit", "ensemble"])
def test_time_exposure_and_one_fold_allow_the_rest(final: str) -> None:
    _block(final=final).check_final(TIME, 5, "years")
    if final != "ensemble":
        _block(final=final, n_models=1).check_final(TIME, 1, "years")


GAIN = EnsembleGain(2.0, 1.9, 0.02)
MEMBERS = (Member({}, 100, 3, 7), Member({}, 400, 2, 9))


@pytest.mark.parametrize(
    ("training", "line"),
    [
        (Training({}, 73, 1.0), "5 model(s) of 73 rounds on 353 rows"),
        (Training({}, 73, 1.0, 0.5), "5 model(s) of 73 rounds on 353 rows, learning rate times 0.5"),
        (
            Training({}, 73, 1.0, gain=replace(GAIN, noise=0.1)),
            "5 model(s) of 73 rounds on 353 rows; no ensemble: CV RMSE 5% lower, within noise",
        ),
        (
            Training({}, 100, 1.0, members=MEMBERS, gain=GAIN),
            "5 model(s) of 2 trials, 1,100 rounds together on 353 rows; CV RMSE 5% lower, 2.2 times refit's rounds",
        ),
        (
            Training({}, 100, 1.0, members=(Member({}, 90, 3, 7, 0), Member({}, 110, 3, 7, 1))),
            "6 model(s) of 2 folds, 600 rounds together on 353 rows; 1.2 times refit's rounds",
        ),
    ],
)
def test_the_line_states_gain_and_cost(training: Training, line: str) -> None:
    assert summary_of(training, 5, 100, 353, "rmse") == line


def test_the_line_names_another_loss() -> None:
    training = Training({}, 9, 0.1, gain=EnsembleGain(0.5, 0.51, 0.1, "log_loss"))
    assert summary_of(training, 5, 9, 80, "accuracy").endswith("no ensemble: CV log loss 2% higher, within noise")
    assert CLASSES[2].metric == "log_loss"
