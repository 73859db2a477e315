"""Does more tuning pay: made curves of the best score so far."""

import numpy as np
import pandas as pd
import pytest

from lockstep.evaluate.ceiling import Ceiling, ceiling


def _trials(scores: list[float | None], *, folds: int = 5, noise: float = 0.0, metric: str = "rmse") -> pd.DataFrame:
    """Trials with these scores (None: pruned); every fold has the score plus its own noise, of mean 0."""
    random = np.random.default_rng(0)
    records = []
    for number, score in enumerate(scores):
        spread = noise * random.normal(size=folds)
        own = None if score is None else score + spread - spread.mean()
        values = {f"fold_{fold}_{metric}": None if own is None else own[fold] for fold in range(folds)}
        state = "PRUNED" if score is None else "COMPLETE"
        records.append({"number": number, "state": state, "cv_rmse": score, **values})
    return pd.DataFrame(records)


def _judged(scores: list[float | None], **made: float) -> Ceiling:
    return ceiling(_trials(scores, **made), "cv_rmse", "rmse")  # type: ignore[arg-type]


def test_a_clear_gain_in_the_last_half_pays() -> None:
    found = _judged([10, 9, 8.5, None, 8, 7, 6.5, 6], noise=0.1)
    assert (found.verdict, found.trial_at_half, found.trial_now, found.first_half) == ("pays", 2, 7, 4)
    assert found.gain == pytest.approx(2.5)
    assert found.noise is not None
    assert 0 < found.noise < 0.2
    assert "The last 4 of 8 trials lowered the best CV RMSE from 8.5 to 6 (by 2.5)" in found.sentence
    assert "more trials may well bring more" in found.sentence


def test_a_gain_within_the_noise_of_the_folds_is_a_ceiling() -> None:
    found = _judged([10, 9, 8.5, 8.1, 8.2, 8.0, 8.05, 8.3], noise=0.5)
    assert found.verdict == "reached"
    assert "which may be noise" in found.sentence


def test_a_plateau_is_a_ceiling() -> None:
    found = _judged([10, 6, 8.5, 8.1, None, 8.0, 8.05, None])
    assert (found.verdict, found.gain, found.noise, found.trial_now) == ("reached", 0, None, 1)
    assert found.sentence == (
        "The last 4 of 8 trials found nothing better than trial 1, so more tuning of this space will hardly pay."
    )


def test_a_sure_gain_that_does_not_matter_is_a_ceiling() -> None:
    found = _judged([10, 6.001, 8.5, 8.1, 8.0, 6.0, 8.05, 7.0], noise=1e-6)
    assert found.verdict == "reached"
    assert "less than a thousandth of the score" in found.sentence


def test_one_fold_tells_no_noise_but_a_plateau() -> None:
    gains, hardly, nothing = (_judged([10, 8, 8.5, 8.1, last, 8.2], folds=1) for last in (7.5, 7.999, 8.3))
    assert (gains.verdict, hardly.verdict, nothing.verdict) == ("unknown", "reached", "reached")
    assert gains.noise is None
    assert "the noise of a single fold is unknown, so nothing can be said" in gains.sentence


@pytest.mark.parametrize("scores", [[], [3.0], [3.0, 2.0], [None] * 4 + [9, 8, 7, 6, 5], [None] * 6])
def test_too_few_complete_trials_say_nothing(scores: list[float | None]) -> None:
    found = ceiling(
        _trials([*scores]) if scores else pd.DataFrame(columns=["number", "state", "cv_rmse"]), "cv_rmse", "rmse"
    )
    assert found.verdict == "unknown"
    assert "nothing can be said" in found.sentence


def test_rising_metrics_are_compared_as_losses() -> None:
    trials = _trials([0.4, 0.39, 0.38, 0.3, 0.2, 0.1], metric="auc", noise=0.01)
    folds = [f"fold_{fold}_auc" for fold in range(5)]
    trials[folds] = 1 - trials[folds]
    found = ceiling(trials, "cv_rmse", "auc")
    assert found.verdict == "pays"
    assert "raised the best CV AUC from 0.62 to 0.9 (by 0.28)" in found.sentence
