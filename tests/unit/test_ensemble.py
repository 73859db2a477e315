"""The greedy ensemble: what it chooses, and that no fold is scored by what it chose itself."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lockstep.fitting.fitting import Fitting
from lockstep.model.candidates import Candidate
from lockstep.model.ensemble import loss_of, validation_rows, with_ensemble
from lockstep.model.greedy import Predictions, ValidationRows, chosen_counts, mean_loss
from lockstep.model.training import EnsembleGain, Member, Training
from tests.unit.modelling import CLASSES, NUMBER, table, target_of

ZEROS = ValidationRows(np.zeros(2))


def _counts(
    predictions: Sequence[Any], rows: ValidationRows = ZEROS, n: int = 4, most: int = 5, fitting: Fitting = NUMBER
) -> list[int]:
    """Of candidates with one fold."""
    return chosen_counts([[np.array(each, dtype=np.float64)] for each in predictions], [rows], n, most, fitting)


def test_the_counts_by_hand() -> None:
    # 1 alone is best, 3 cancels half of its error; then the average (0.5, 0.5) / 2 needs 3 again, and so on
    assert _counts([[1, 1], [0.5, 0.5], [9, 9], [-1, -1]], n=1) == [0, 1, 0, 0]
    assert _counts([[1, 1], [0.5, 0.5], [9, 9], [-1, -1]], n=3) == [0, 2, 0, 1]


def test_of_equals_the_first_is_chosen() -> None:
    assert _counts([[2, 2], [1, 1], [1, 1], [-2, -2]], n=1) == [0, 1, 0, 0]
    # the last digits of a sum do not decide
    assert _counts([[0.3, 0.3], [0.1 + 0.2, 0.1 + 0.2]], n=1) == [1, 0]


def test_it_has_no_more_configurations_than_allowed() -> None:
    halves = [[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0], [0, 0, 0, 1.0]]
    rows = ValidationRows(np.ones(4))
    assert _counts(halves, rows) == [1, 1, 1, 1]
    assert np.count_nonzero(_counts(halves, rows, most=2)) == 2
    assert sum(_counts(halves, rows, most=2)) == 4


def test_weights_of_rows_count() -> None:
    predictions = [[0.0, 1.0], [1.0, 0.0]]
    heavy = [ValidationRows(np.zeros(2), np.array(weight)) for weight in ([9.0, 1.0], [1.0, 9.0])]
    assert [_counts(predictions, rows, n=1) for rows in heavy] == [[1, 0], [0, 1]]


def test_folds_count_alike_whatever_their_rows() -> None:
    predictions = [[np.full(2, 1.0), np.full(200, 0.0)], [np.full(2, 0.0), np.full(200, 0.9)]]
    folds = [ValidationRows(np.zeros(2)), ValidationRows(np.zeros(200))]
    assert chosen_counts(predictions, folds, 1, 5, NUMBER) == [0, 1]
    assert mean_loss(predictions[1], folds, NUMBER) == 0.45


def test_probabilities_are_averaged() -> None:
    rows = ValidationRows(np.array([1.0, 1.0]))
    one, other = np.array([[0.1, 0.9], [0.6, 0.4]]), np.array([[0.6, 0.4], [0.1, 0.9]])
    assert _counts([one, other, (one + other) / 2], rows, n=2, fitting=CLASSES[2]) == [0, 0, 2]
    assert _counts([one, other], rows, n=2, fitting=CLASSES[2]) == [1, 1]


@pytest.mark.parametrize(
    ("metric", "chooses"),
    [("accuracy", "log_loss"), ("f1", "log_loss"), ("mcc", "log_loss"), ("auc", "auc"), ("brier", "brier")],
)
def test_a_metric_of_predicted_classes_does_not_choose(metric: str, chooses: str) -> None:
    assert loss_of(Fitting("classes", metric, 2)).metric == chooses


def test_metrics_of_numbers_choose() -> None:
    assert loss_of(Fitting("poisson", "poisson_deviance")).metric == "poisson_deviance"
    assert loss_of(NUMBER) is NUMBER


class Fits:
    """lockstep.model.fold_predictions.FoldPredictions, with predictions by trial that are given."""

    def __init__(self, by_trial: dict[int, list[Predictions]]) -> None:
        self.by_trial = by_trial

    def of_booster(self, member: Member, number: int) -> list[Predictions]:
        assert member.trial is not None
        return self.by_trial[member.trial]

    def averaged(self, members: Sequence[Member]) -> list[Predictions]:
        each = [self.of_booster(member, number) for member in members for number in range(member.n_models)]
        return [np.mean(of_fold, axis=0) for of_fold in zip(*each, strict=True)]


def _candidates(count: int) -> list[Candidate]:
    """Trials 0, 1, ..., the last one the best."""
    return [Candidate(number, {"max_depth": number + 1}, (5, 9 + number, 7)) for number in reversed(range(count))]


TRAINING = Training({"max_depth": 3}, 9, 0.5)


def _ensemble_training(predictions: np.ndarray, *, always: bool, fitting: Fitting = NUMBER) -> Training:
    """Of predictions of shape (trials, folds, rows), whose targets are 0."""
    folds = [ValidationRows(np.zeros(predictions.shape[2])) for _ in range(predictions.shape[1])]
    fits: Any = Fits({trial: list(own) for trial, own in enumerate(predictions)})
    return with_ensemble(TRAINING, _candidates(len(predictions)), 4, folds, fits, fitting, always=always)


def test_errors_that_cancel_make_an_ensemble() -> None:
    random = np.random.default_rng(1)
    made = _ensemble_training(random.normal(size=(3, 4, 400)), always=False)
    assert sum(member.n_models for member in made.members) == 4
    assert made.final == "ensemble"
    assert len(made.members) == 3
    heaviest = made.members[0]
    assert heaviest.n_models == max(member.n_models for member in made.members)
    assert (made.params, made.n_rounds) == (heaviest.params, heaviest.n_rounds)
    assert made.gain is not None
    assert made.gain.clear
    assert made.cv is not None
    assert made.cv_score == made.cv["rmse"] == pytest.approx(made.gain.ensemble)
    assert made.cv_score == pytest.approx(np.sqrt(3 / 8), rel=0.1)


def test_a_gain_within_noise_leaves_the_best_trial_alone() -> None:
    random = np.random.default_rng(2)
    same = np.repeat(random.normal(size=(1, 4, 400)), 3, axis=0) + 1e-3 * random.normal(size=(3, 4, 400))
    plain = _ensemble_training(same, always=False)
    assert plain.gain is not None
    assert not plain.gain.clear
    assert replace(plain, gain=None) == TRAINING
    assert _ensemble_training(same, always=True).final == "ensemble"


def test_no_fold_is_scored_by_what_it_chose() -> None:
    """Trial 1 is perfect in the first fold and worse than the others elsewhere, which never choose it for that fold."""
    predictions = np.ones((3, 3, 4))
    predictions[1] = 1.2
    predictions[1, 0] = 0.0
    made = _ensemble_training(predictions, always=True)
    assert made.gain is not None
    assert made.gain.ensemble == pytest.approx((1 + 1.2 + 1.2) / 3)
    assert [member.trial for member in made.members] == [1]


def test_equal_candidates_give_the_same_ensemble_in_any_order() -> None:
    random = np.random.default_rng(3)
    predictions = random.normal(size=(4, 3, 50))
    folds = [ValidationRows(np.zeros(50)) for _ in range(3)]
    fits: Any = Fits({trial: list(own) for trial, own in enumerate(predictions)})
    best, *others = _candidates(4)
    made = [
        with_ensemble(TRAINING, candidates, 4, folds, fits, NUMBER, always=True)
        for candidates in ([best, *others], [best, *reversed(others)])
    ]
    assert made[0] == made[1]


def test_a_metric_that_averages_leave_undefined_is_refused_or_left_alone() -> None:
    folds = [ValidationRows(np.ones(4)) for _ in range(3)]
    fits: Any = Fits({trial: [np.full((4, 2), 0.5)] * 3 for trial in range(2)})
    with pytest.raises(ValueError, match=r"train_best.final: 'ensemble': auc is undefined .*; set it to refit"):
        with_ensemble(TRAINING, _candidates(2), 2, folds, fits, Fitting("classes", "auc", 2), always=True)
    left = with_ensemble(TRAINING, _candidates(2), 2, folds, fits, Fitting("classes", "auc", 2), always=False)
    assert left == TRAINING


def test_validation_rows_are_those_of_the_folds() -> None:
    rows = table(30).assign(w=1.5)
    found = validation_rows(rows, replace(target_of(), weight="w"))
    assert len(found) == 3
    for number, fold in enumerate(found):
        assert fold.actual.tolist() == rows.loc[rows["fold"] == number, "y"].tolist()
        assert fold.weight is not None
        assert len(fold.weight) == len(fold.actual)


def test_the_gain_is_a_share_of_the_loss() -> None:
    assert EnsembleGain(2.0, 1.9, 0.02).share == pytest.approx(0.05)
    assert EnsembleGain(-2.0, -2.1, 0.02).share == pytest.approx(0.05)
    assert EnsembleGain(2.0, 1.9, 0.02).clear
    assert not EnsembleGain(2.0, 1.9, 0.06).clear
