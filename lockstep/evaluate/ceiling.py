"""Does more tuning pay: what the last half of the trials gained, against the noise of the folds."""

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.fitting.fitting import metric_label

# Of fewer complete trials the curve of the best says nothing.
FEWEST = 5
# A gain of at most this many standard errors may be luck.
CLEAR = 2.0
# A share of the score: with many rows a smaller gain than this can be sure and still not matter.
NEGLIGIBLE = 0.001

Verdict = Literal["pays", "reached", "unknown"]
STOP = "so more tuning of this space will hardly pay"
NOT_KNOWN = "so nothing can be said about more tuning"


@dataclass(frozen=True)
class Ceiling:
    """Whether more trials of the same search are worth their time.

    Scores are those of cross-validation; less is better.

    Attributes:
        verdict: pays, reached, or unknown where too little is known.
        sentence: The reasoning, for people.
        trials: Trials of any state.
        complete: Complete ones.
        first_half: Trials of the first half.
        best_at_half: Best score of the first half; None where it has none.
        best_now: Best score of all.
        trial_at_half: The trial with that best score.
        trial_now: The same for all.
        gain: best_at_half less best_now: what the last doubling of the trials brought.
        noise: Standard error of the gain; None where the same trial is still the best, and with one fold.
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
    """Judge a search by the gain of its last half.

    The best trial of the first half and the best of all were fitted on the same folds, so the standard error of their
    paired differences is the noise of the gain (Nadeau and Bengio 2003 show that folds, which share training rows, make
    it look a little smaller than it is). More tuning pays where the gain is above twice the noise and above a
    thousandth of the score. One fold does not tell its noise: there only what hardly gains is judged.

    Args:
        trials: The content of trials.csv: number, state, the score, and fold_K_METRIC per fold.
        score: The column of the score.
        metric: What the folds are judged by.
    """
    half = len(trials) // 2
    complete = trials[trials["state"] == "COMPLETE"]
    early = complete[complete.index.isin(trials.index[:half])]
    known = {"trials": len(trials), "complete": len(complete), "first_half": half}
    if len(complete) < FEWEST or early.empty:
        few = f"only {len(complete)} complete" if len(complete) < FEWEST else "none of the first half is complete"
        return Ceiling("unknown", f"Of {len(trials)} trials {few}, {NOT_KNOWN}.", **known)
    then, now = _best(early, score), _best(complete, score)
    was, best = float(then[score]), float(now[score])
    numbers: dict[str, Any] = {
        **known,
        "best_at_half": was,
        "best_now": best,
        "trial_at_half": int(then["number"]),
        "trial_now": int(now["number"]),
        "gain": was - best,
    }
    last = f"The last {len(trials) - half} of {len(trials)} trials"
    if then["number"] == now["number"]:
        sentence = f"{last} found nothing better than trial {now['number']}, {STOP}."
        return Ceiling("reached", sentence, **numbers)
    differences = fold_scores(then, metric) - fold_scores(now, metric)
    fell = f"{last} lowered the best CV {metric_label(metric)} from {was:.4g} to {best:.4g} (by {was - best:.2g})"
    noise = standard_error(differences)
    verdict, why = _verdict(was - best, best, noise, len(differences))
    return Ceiling(verdict, f"{fell}, {why}.", **numbers, noise=noise)


def standard_error(differences: npt.NDArray[np.float64]) -> float | None:
    """Of the mean of differences over the folds; None with one fold."""
    return float(np.std(differences, ddof=1) / np.sqrt(len(differences))) if len(differences) > 1 else None


def fold_scores(trial: pd.Series, metric: str) -> npt.NDArray[np.float64]:
    """A metric of each fold of a trial."""
    names = [name for name in trial.index if re.fullmatch(rf"fold_\d+_{metric}", str(name))]
    return np.array([float(trial[name]) for name in names])


def _best(trials: pd.DataFrame, score: str) -> pd.Series:
    return trials.sort_values(score, kind="stable").iloc[0]


def _verdict(gain: float, best: float, noise: float | None, folds: int) -> tuple[Verdict, str]:
    if gain <= NEGLIGIBLE * abs(best):
        return "reached", f"less than a thousandth of the score, {STOP}"
    if noise is None:
        return "unknown", f"but one fold does not tell its noise, {NOT_KNOWN}"
    named = f"{CLEAR:g} times the standard error over the {folds} folds ({noise:.2g})"
    if gain <= CLEAR * noise:
        return "reached", f"not more than {named}, which may be noise: more tuning will hardly pay"
    return "pays", f"more than {named}: more trials may well bring more"
