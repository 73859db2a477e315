"""Whether more tuning pays: the gain of the second half of the trials against the noise of the folds."""

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.metrics.names import greater_is_better, metric_label, shown_score
from lockstep.search.gain import NEGLIGIBLE, NOISE_FACTOR, is_gain, standard_error

# With fewer complete trials the curve of the best score says nothing.
MIN_COMPLETE = 5

Verdict = Literal["pays", "reached", "unknown"]
TUNING_STOPS = "so more tuning of this space will hardly pay"
TUNING_UNKNOWN = "so nothing can be said about more tuning"


@dataclass(frozen=True)
class Ceiling:
    """Whether more trials of the same search are worth their time.

    Scores are those of cross-validation; less is better.

    Attributes:
        verdict: pays, reached, or unknown if the trials do not tell.
        sentence: The reasoning, for people.
        trials: Trials of any state.
        complete: Complete ones.
        first_half: Trials of the first half.
        best_at_half: Best score of the first half; None where it has none.
        best_now: Best score of all.
        trial_at_half: The trial with that best score.
        trial_now: The same for all.
        gain: best_at_half - best_now, the gain of the last doubling of the trials.
        noise: Standard error of the gain; None if the same trial is still the best, and with one fold.
    """

    verdict: Verdict
    sentence: str
    trials: int
    complete: int
    first_half: int
    best_at_half: float | None = None
    best_now: float | None = None
    trial_at_half: int | None = None
    trial_now: int | None = None
    gain: float | None = None
    noise: float | None = None


def ceiling(trials: pd.DataFrame, score: str, metric: str) -> Ceiling:
    """Judge a search by the gain of its second half.

    The best trial of the first half and the best of all were fitted on the same folds, so the standard error of their
    paired differences is the noise of the gain (Nadeau and Bengio 2003 show that folds, which share training rows, make
    it look a little smaller than it is). More tuning pays where the gain is above twice the noise and above a
    thousandth of the score. With one fold the noise is unknown: only a negligible gain is judged.

    Args:
        trials: The content of trials.csv: number, state, the score, and fold_K_METRIC per fold.
        score: The column of the score.
        metric: What the folds are judged by.
    """
    n_first_half = len(trials) // 2
    complete = trials[trials["state"] == "COMPLETE"]
    first_half = complete[complete.index.isin(trials.index[:n_first_half])]
    counts = {"trials": len(trials), "complete": len(complete), "first_half": n_first_half}
    if len(complete) < MIN_COMPLETE or first_half.empty:
        done = "1 trial is" if len(complete) == 1 else f"{len(complete)} trials are"
        reason = f"Only {done} complete (at least {MIN_COMPLETE} are needed)"
        if len(complete) >= MIN_COMPLETE:
            reason = f"None of the first {n_first_half} of {len(trials)} trials is complete"
        return Ceiling("unknown", f"{reason}, {TUNING_UNKNOWN}.", **counts)
    best_before, best_now = _best(first_half, score), _best(complete, score)
    before, now = float(best_before[score]), float(best_now[score])
    numbers: dict[str, Any] = {
        **counts,
        "best_at_half": before,
        "best_now": now,
        "trial_at_half": int(best_before["number"]),
        "trial_now": int(best_now["number"]),
        "gain": before - now,
    }
    second_half = f"The last {len(trials) - n_first_half} of {len(trials)} trials"
    if best_before["number"] == best_now["number"]:
        sentence = f"{second_half} found nothing better than trial {best_now['number']}, {TUNING_STOPS}."
        return Ceiling("reached", sentence, **numbers)
    differences = fold_scores(best_before, metric) - fold_scores(best_now, metric)
    change = f"from {shown_score(metric, before):.4g} to {shown_score(metric, now):.4g} (by {before - now:.2g})"
    moved = "raised" if greater_is_better(metric) else "lowered"
    improvement = f"{second_half} {moved} the best CV {metric_label(metric)} {change}"
    noise = standard_error(differences.tolist())
    verdict, reason = _verdict(before - now, now, noise, len(differences))
    return Ceiling(verdict, f"{improvement}, {reason}.", **numbers, noise=noise)


def fold_scores(trial: pd.Series, metric: str) -> npt.NDArray[np.float64]:
    """A metric of each fold of a trial."""
    names = [name for name in trial.index if re.fullmatch(rf"fold_\d+_{metric}", str(name))]
    return np.array([float(trial[name]) for name in names])


def _best(trials: pd.DataFrame, score: str) -> pd.Series:
    return trials.sort_values(score, kind="stable").iloc[0]


def _verdict(gain: float, best: float, noise: float | None, folds: int) -> tuple[Verdict, str]:
    if gain <= NEGLIGIBLE * abs(best):
        return "reached", f"less than a thousandth of the score, {TUNING_STOPS}"
    if noise is None:
        return "unknown", f"but the noise of a single fold is unknown, {TUNING_UNKNOWN}"
    threshold = f"{NOISE_FACTOR:g} times the standard error over the {folds} folds ({noise:.2g})"
    if is_gain(gain, best, noise):
        return "pays", f"more than {threshold}: more trials may well bring more"
    return "reached", f"not more than {threshold}, which may be noise: more tuning will hardly pay"
