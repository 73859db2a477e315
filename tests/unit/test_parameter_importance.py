"""The importance of the hyperparameters, and that noise is not called importance."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.importance_noise import ACTIVE, PARAMETERS, made_search
from lockstep.report.parameter_importance import parameter_importance, trial_effects
from lockstep.search.trials_file import read_trials
from lockstep.storage.tables import write_csv
from tests.unit.reporting import SPACE, trials

UNIT: dict[str, Any] = {name: {"low": 0.0, "high": 1.0} for name in "abcdef"}


def random_trials(seed: int, effect: float = 0.0, n_trials: int = 60, pruned: int = 0) -> pd.DataFrame:
    """Two folds; the score rises with b by `effect` standard deviations of its noise; the last trials are pruned."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame(random.random((n_trials, len(UNIT))), columns=list(UNIT))
    state = ["COMPLETE"] * (n_trials - pruned) + ["PRUNED"] * pruned
    scores = effect * table["b"].to_numpy()[:, None] / np.sqrt(1 / 12) + random.normal(size=(n_trials, 2))
    scores[n_trials - pruned :, 1] = np.nan
    return table.astype(str).assign(state=state, fold_0_rmse=scores[:, 0], fold_1_rmse=scores[:, 1] + 5)


def shown(trials: pd.DataFrame) -> list[str]:
    table = parameter_importance(trials, UNIT, "rmse")
    assert (table["shown"] == (table["p"] <= 0.05)).all()
    assert (table["shown"] == (table["importance"] >= table["limit"].fillna(np.inf))).all()
    return [str(name) for name in table.loc[table["shown"], "parameter"]]


def test_a_pruned_trial_is_compared_with_others_on_the_folds_that_both_have() -> None:
    scores = pd.DataFrame({"fold_0_rmse": [1.0, 2.0, np.nan], "fold_0_mse": 0.0, "fold_1_rmse": [3.0, np.nan, np.nan]})
    complete, pruned, failed = trial_effects(scores, "rmse")
    # On fold 0, which both have, the pruned trial is worse by 1.
    assert pruned - complete == pytest.approx(1)
    assert np.isnan(failed)


def test_where_every_trial_has_every_fold_its_effect_is_the_mean() -> None:
    scores = random_trials(1, n_trials=9)
    effects, means = trial_effects(scores, "rmse"), scores[["fold_0_rmse", "fold_1_rmse"]].mean(axis=1)
    np.testing.assert_allclose(effects - effects.mean(), means - means.mean())


def test_the_parameter_that_matters_is_shown_and_first_and_the_others_are_not() -> None:
    table = parameter_importance(random_trials(2, effect=1.5), UNIT, "rmse")
    assert table["parameter"][0] == "b"
    assert table["shown"].tolist() == [True] + [False] * 5
    assert table["importance"].sum() == pytest.approx(1, abs=1e-3)
    assert table["importance"][0] > table["limit"][0]


def test_pruned_trials_show_what_the_complete_ones_are_too_few_to_show() -> None:
    trials = random_trials(3, effect=1.2, pruned=46)
    assert shown(trials) == ["b"]
    assert shown(trials[trials["state"] == "COMPLETE"]) == []


def test_a_parameter_that_only_follows_another_is_not_shown() -> None:
    trials = random_trials(4, effect=2.0, n_trials=100)
    random = np.random.default_rng(4)
    follower = 0.8 * trials["b"].astype(float) + 0.2 * random.random(100)
    assert shown(trials.assign(c=follower.astype(str))) == ["b"]


def test_the_order_and_sign_of_the_scores_do_not_matter() -> None:
    trials = random_trials(5, effect=1.0)
    folds = ["fold_0_rmse", "fold_1_rmse"]
    turned = parameter_importance(trials.assign(**{name: 7 - trials[name] for name in folds}), UNIT, "rmse")
    pd.testing.assert_frame_equal(turned, parameter_importance(trials, UNIT, "rmse"))


def test_hopeless_trials_do_not_decide_what_matters() -> None:
    trials = random_trials(6, effect=1.5)
    trials.loc[[10, 20], ["fold_0_rmse", "fold_1_rmse"]] = 1e6
    assert shown(trials) == ["b"]


def test_equal_scores_and_few_trials_say_nothing() -> None:
    equal = random_trials(7).assign(fold_0_rmse=1.0, fold_1_rmse=2.0)
    for searched in (equal, random_trials(7, effect=9.0, n_trials=8), random_trials(7).head(0)):
        table = parameter_importance(searched, UNIT, "rmse")
        assert table["importance"].tolist() == [0] * 6
        assert not table["shown"].any()


def test_choices_of_any_kind_come_back_from_trials_csv(tmp_path: Path) -> None:
    write_csv(pd.concat([trials()] * 3, ignore_index=True), tmp_path / "trials.csv")
    read = read_trials(tmp_path / "trials.csv", SPACE)
    table = parameter_importance(read, SPACE, "rmse").set_index("parameter")
    assert set(table.index) == set(SPACE)
    assert table["importance"].sum() == pytest.approx(1, abs=1e-3)
    assert table["importance"]["grow_policy"] == 0


def test_of_forty_searches_without_effects_few_call_a_parameter_important() -> None:
    assert sum(bool(shown(random_trials(100 + seed))) for seed in range(40)) <= 5


@pytest.mark.slow
def test_a_real_search_shows_its_two_active_parameters() -> None:
    found = [parameter_importance(made_search(seed, 60, effect=3.0), PARAMETERS, "rmse") for seed in (1, 2)]
    assert {name for table in found for name in table.loc[table["shown"], "parameter"]} == set(ACTIVE)


@pytest.mark.nightly
@pytest.mark.parametrize("n_trials", [30, 60, 100])
def test_at_most_one_in_twenty_real_searches_of_noise_calls_a_parameter_important(n_trials: int) -> None:
    searches = [made_search(seed, n_trials, effect=0.0) for seed in range(400)]
    alarms = sum(bool(parameter_importance(trials, PARAMETERS, "rmse")["shown"].any()) for trials in searches)
    assert alarms / len(searches) <= 0.065
