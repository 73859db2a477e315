"""Importance of the hyperparameters, and the limit that one without effect stays below."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.report.search_parameters import ParameterScale, scales_of
from lockstep.storage.tables import significant

Numbers = npt.NDArray[np.float64]

# The chance that any parameter is called important where none has an effect.
FALSE_ALARMS = 0.05
PERMUTATIONS, SEED = 999, 0
# A regression has at most one term per so many trials.
TRIALS_PER_TERM = 2
# Scores are cut so many standard deviations from their median, lest a few hopeless trials decide. NORMAL turns a median
# absolute deviation into the standard deviation of a normal distribution.
CLIP, NORMAL = 3.0, 1.4826
# A direction shorter than this share of the longest is the sum of others; ratios that agree to DIGITS places are equal.
SHORT, DIGITS = 1e-9, 9


def parameter_importance(trials: pd.DataFrame, space: Mapping[str, Any], metric: str) -> pd.DataFrame:
    """How much of the trials' scores each parameter explains beyond the others, and how much chance would explain.

    A regression of all trials' scores (see `trial_effects`) on every parameter, its square and its choices gives the
    sum of squares that is lost without a parameter's terms. Scores permuted against the configurations give its limit:
    at most 5% of the permutations reach the limit of any parameter (Westfall and Young 1993, smallest p-value). Trials
    of a sampler that learns are not exchangeable: it returns to what was good by luck, and finds it worse. In the
    simulations of docs/decisions.md this makes false alarms rarer than 5%.

    Args:
        trials: The content of trials.csv.
        space: The space, as in models/search.json.
        metric: What the folds are judged by.

    Returns:
        parameter; importance, its share of all parameters' sums of squares; limit, the share from which it counts; p,
        adjusted for the number of parameters; shown, whether p is at most 0.05. Most important first. Importance 0, p 1
        and no limit for a parameter with one value, and for all where there are too few trials.
    """
    effects = trial_effects(trials, metric)
    scored = ~np.isnan(effects)
    scales = scales_of(trials[scored], space)
    terms, records = _terms(scales, int(scored.sum())), dict[str, tuple[float, float | None, float]]()
    if terms:
        ratios = _explained(terms, _clipped(effects[scored]))
        records = dict(zip([scale.name for scale in scales], _judged(ratios), strict=True))
    rows = [(name, *records.get(name, (0.0, None, 1.0))) for name in sorted(space)]
    table = pd.DataFrame(rows, columns=["parameter", "importance", "limit", "p"]).astype({"limit": np.float64})
    table["shown"] = table["p"] <= FALSE_ALARMS
    return table.sort_values(["importance", "parameter"], ascending=[False, True], kind="stable", ignore_index=True)


def trial_effects(trials: pd.DataFrame, metric: str) -> Numbers:
    """Every trial's score with the differences between folds taken out, so that pruned trials compare with others.

    The least-squares effects of the trials in a model of a trial plus a fold; NaN for a trial without a scored fold.

    Args:
        trials: The content of trials.csv.
        metric: What the folds are judged by.
    """
    columns = [name for name in trials.columns if name.startswith("fold_") and name.split("_", 2)[2] == metric]
    scores = trials[columns].to_numpy(dtype=np.float64)
    done = ~np.isnan(scores)
    n_folds, filled = done.sum(axis=1, keepdims=True), np.where(done, scores, 0.0)
    # With the trials' effects eliminated, the normal equations are those of the few folds.
    share = np.divide(done, n_folds, out=np.zeros(done.shape), where=n_folds > 0)
    left = np.diag(done.sum(axis=0)) - share.T @ done
    folds = np.linalg.pinv(left, rcond=SHORT, hermitian=True) @ (filled.sum(axis=0) - share.T @ filled.sum(axis=1))
    totals = (filled - done * folds).sum(axis=1)
    effects = np.full(len(trials), np.nan)
    np.divide(totals, n_folds[:, 0], out=effects, where=n_folds[:, 0] > 0)
    return effects


def _clipped(scores: Numbers) -> Numbers:
    middle = float(np.median(scores))
    reach = CLIP * NORMAL * float(np.median(np.abs(scores - middle)))
    return np.clip(scores, middle - reach, middle + reach) if reach else scores


def _terms(scales: Sequence[ParameterScale], n_trials: int) -> list[Numbers]:
    """The columns of each parameter, shape (trials, columns): without squares where trials are few; none for fewer."""
    for squares in (True, False):
        terms = [_columns(scale, squares=squares) for scale in scales]
        if n_trials >= TRIALS_PER_TERM * (1 + sum(columns.shape[1] for columns in terms)):
            return terms
    return []


def _columns(scale: ParameterScale, *, squares: bool) -> Numbers:
    if scale.choices is not None:
        return np.equal.outer(scale.values, np.unique(scale.values)[1:]).astype(np.float64)
    position = scale.shares() - 0.5
    return np.column_stack([position, position**2] if squares else [position])


def _explained(terms: Sequence[Numbers], scores: Numbers) -> Numbers:
    """What each parameter explains beyond the others, over what no parameter explains.

    Returns:
        Shape (1 + permutations, parameters); the first row is that of the scores themselves.
    """
    random, centred = np.random.default_rng(SEED), scores - scores.mean()
    permuted = np.stack([centred, *(random.permutation(centred) for _ in range(PERMUTATIONS))])
    total = (permuted**2).sum(axis=1)
    all_terms = _projected(permuted, terms)
    own = [all_terms - _projected(permuted, [*terms[:j], *terms[j + 1 :]]) for j in range(len(terms))]
    unexplained = np.maximum(total - all_terms, SHORT * total)
    ratios = np.divide(
        np.stack(own, axis=1),
        unexplained[:, None],
        out=np.zeros((len(own[0]), len(own))),
        where=(unexplained > 0)[:, None],
    )
    return np.asarray(np.round(np.maximum(ratios, 0.0), DIGITS))


def _projected(scores: Numbers, terms: Sequence[Numbers]) -> Numbers:
    """The sum of squares of each row of centred scores that the terms explain."""
    columns = np.hstack([np.empty((scores.shape[1], 0)), *terms])
    if not columns.shape[1]:
        return np.zeros(len(scores))
    columns = columns - columns.mean(axis=0)
    directions, lengths, _ = np.linalg.svd(columns, full_matrices=False)
    kept = directions[:, lengths > SHORT * max(lengths[0], 1.0)]
    return np.asarray(((scores @ kept) ** 2).sum(axis=1))


def _judged(ratios: Numbers) -> list[tuple[float, float | None, float]]:
    """Importance, limit and adjusted p-value of each parameter."""
    n_rows, total = len(ratios), float(ratios[0].sum())
    reached = np.stack([np.searchsorted(np.sort(column), column) for column in ratios.T], axis=1)
    p_values = n_rows - reached  # in units of 1 / n_rows
    adjusted = np.searchsorted(np.sort(p_values.min(axis=1)), p_values, side="right") / n_rows
    judged = []
    for column, p in zip(ratios.T, adjusted.T, strict=True):
        limits = column[p <= FALSE_ALARMS]
        limit = significant(float(limits.min()) / total, 4) if len(limits) and total else None
        judged.append((significant(float(column[0]) / total, 4) if total else 0.0, limit, float(p[0])))
    return judged
