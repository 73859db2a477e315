"""Feature importance: gain, permutation and SHAP values."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.judgement import score_of
from lockstep.evaluate.rows import Rows, sample_rows
from lockstep.fitting.weighting import selected
from lockstep.model.saved import SavedModel
from lockstep.storage.tables import significant

# A shuffled row costs some 30 ns per tree. The sample shrinks with trees and features: some 15 seconds in all.
MAX_ROWS, MIN_ROWS, MAX_STEPS = 20_000, 1_000, 500_000_000
DIGITS = 6
# An increase of at most so many standard deviations of the permutations is within their noise.
NOISE_FACTOR = 2.0


def feature_importance(
    model: SavedModel, test: Rows, repeats: int, seed: int, shap: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """Three measures of importance per feature.

    Args:
        model: The model.
        test: Test rows; a seeded sample of at most 20,000, fewer for many trees and features.
        repeats: Shuffles per feature.
        seed: Seed of the shuffles.
        shap: Mean |SHAP| per feature.

    Returns:
        feature; gain, its share of the trees' total gain; permutation_mean and permutation_std, the increase in score
        (less is better) when the feature's values are permuted among the test rows, and its standard deviation over
        the permutations, which is not the uncertainty of the rows; shap. Most important first.
    """
    work = _trees(model) * len(model.features.names) * repeats
    sample = sample_rows(len(test), min(MAX_ROWS, max(MIN_ROWS, MAX_STEPS // max(1, work))), seed)
    x, y = test.x[sample], test.y[sample]
    weighing = selected(test.weight, sample), selected(test.exposure, sample)
    generator = np.random.default_rng(seed)
    base = _score(model, x, y, *weighing)
    gains = _gain_shares(model)
    records = []
    for index, name in enumerate(model.features.names):
        shuffled = x.copy()
        increases = []
        for _ in range(repeats):
            shuffled[:, index] = x[generator.permutation(len(x)), index]
            increases.append(_score(model, shuffled, y, *weighing) - base)
        records.append(
            {
                "feature": name,
                "gain": significant(gains[name], DIGITS),
                "permutation_mean": significant(float(np.mean(increases)), DIGITS),
                "permutation_std": significant(float(np.std(increases)), DIGITS),
                "shap": significant(float(shap[index]), DIGITS),
            }
        )
    return pd.DataFrame(records).sort_values(
        ["permutation_mean", "feature"], ascending=[False, True], kind="stable", ignore_index=True
    )


def within_noise(features: pd.DataFrame) -> "pd.Series[bool]":
    """Whether each feature's increase is no more than permuting at random explains, or a decrease.

    Args:
        features: From `feature_importance`.
    """
    noise: pd.Series[bool] = features["permutation_mean"] <= NOISE_FACTOR * features["permutation_std"]
    return noise


def _trees(model: SavedModel) -> int:
    per_round = model.target.n_classes if model.target.n_classes > 2 else 1
    return sum(booster.num_boosted_rounds() * per_round for booster in model.boosters)


def _score(
    model: SavedModel,
    x: npt.NDArray[np.float32],
    y: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64] | None,
    exposure: npt.NDArray[np.float64] | None,
) -> float:
    score = score_of(model.fitting, model.fitting.scores(y, model.predict_matrix(x, exposure), weight=weight))
    # An undefined score, such as AUC of rows of one class, never increases.
    return 0.0 if score is None else score


def _gain_shares(model: SavedModel) -> dict[str, float]:
    totals = dict.fromkeys(model.features.names, 0.0)
    for booster in model.boosters:
        for name, gain in booster.get_score(importance_type="total_gain").items():
            totals[name] += float(np.sum(gain))
    everything = sum(totals.values())
    return {name: gain / everything if everything else 0.0 for name, gain in totals.items()}
