"""The page, `lockstep compare` and the registry call the same model better, on simulated pairs of every kind."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from lockstep.evaluate.contender import Contender
from lockstep.evaluate.lead import LeadVerdict
from lockstep.evaluate.paired import as_scored
from lockstep.evaluate.ranking import rank
from lockstep.evaluate.uncertainty import ends_of, sampled_score, score_lead
from lockstep.evaluate.units import Units
from lockstep.fitting.fitting import Fitting
from lockstep.table.target import Target
from lockstep.tracking.champion_choice import _decision

pytestmark = pytest.mark.slow

Numbers = npt.NDArray[np.float64]
Relations = Callable[[np.random.Generator], dict[str, npt.NDArray[np.int64] | Numbers]]

ROWS, CONFIDENCE = 120, 0.95
NUMBERS = Contender(Fitting(), Target("y"), pd.DataFrame(), (), 2, 1, CONFIDENCE)
CLASSES = replace(NUMBERS, fitting=Fitting("classes", "accuracy", 2), target=Target("y", ("no", "yes")))


def _numbers(random: np.random.Generator, **columns: Numbers | npt.NDArray[np.int64]) -> tuple[Contender, Contender]:
    """Two results of which B's errors are smaller by up to a quarter, or larger."""
    actual, shared, one, other = random.normal(size=(4, ROWS))
    errors = shared + one, (shared + other) * random.uniform(0.75, 1.25)
    settings = {"group": "group", "moment": "time"}
    related: dict[str, Any] = {setting: "c" for column, setting in settings.items() if column in columns}
    rows = pd.DataFrame({"row_id": np.arange(ROWS), "actual": actual, **columns})
    a, b = (replace(NUMBERS, predictions=rows.assign(predicted=actual + error), **related) for error in errors)
    return a, b


def _classes(random: np.random.Generator) -> tuple[Contender, Contender]:
    """Two results of classes, each with a threshold of its own."""
    logit = random.normal(size=ROWS)
    actual = np.where(random.random(ROWS) < 1 / (1 + np.exp(-2 * logit)), "yes", "no")
    sides = list[Contender]()
    for noise in random.uniform(0.1, 1.5, 2):
        yes = 1 / (1 + np.exp(-2 * logit - noise * random.normal(size=ROWS)))
        table = {"row_id": np.arange(ROWS), "actual": actual, "probability_no": 1 - yes, "probability_yes": yes}
        fitting = replace(CLASSES.fitting, threshold=round(float(random.uniform(0.3, 0.7)), 2))
        sides.append(replace(CLASSES, predictions=pd.DataFrame(table), fitting=fitting))
    return sides[0], sides[1]


KINDS: dict[str, Callable[[np.random.Generator], tuple[Contender, Contender]]] = {
    "independent rows": _numbers,
    "weights": lambda random: _numbers(random, weight=random.uniform(0.5, 3, ROWS)),
    "groups": lambda random: _numbers(random, group=random.integers(0, 15, ROWS)),
    "time": lambda random: _numbers(random, moment=random.permutation(ROWS)),
    "moments of several rows": lambda random: _numbers(random, moment=random.integers(0, 40, ROWS)),
    "groups in time": lambda random: _numbers(
        random, group=random.integers(0, 15, ROWS), moment=random.integers(0, 40, ROWS)
    ),
    "classes with thresholds": _classes,
}


def _page(a: Contender, b: Contender) -> LeadVerdict:
    """The verdict of B's page if A is one of the baselines."""
    units = Units.of(b.predictions)
    scores = [sampled_score(side.fitting, *as_scored(side.target, side.predictions), units) for side in (b, a)]
    ends = ends_of(score_lead(*scores), CONFIDENCE)
    return LeadVerdict.of(ends["low"], ends["high"])


def _agreed(kind: str, pairs: int) -> Counter[LeadVerdict]:
    """The verdicts on so many pairs, each of which all agree on."""
    verdicts = Counter[LeadVerdict]()
    for number in range(pairs):
        a, b = KINDS[kind](np.random.default_rng([number, len(kind)]))
        page, ranking = _page(a, b), rank(a, b)
        compared = {"B": LeadVerdict.BETTER, "A": LeadVerdict.WORSE, None: LeadVerdict.NOT_SHOWN}
        assert compared[ranking.verdict.winner] == page
        # B is the larger model: the registry moves to it only if it is better.
        larger = rank(a, replace(b, model_bytes=3))
        moves, reason = _decision(larger, "version 1", "version 2", "")
        assert moves == (page == LeadVerdict.BETTER) == (larger.decision().letter == "B"), reason
        assert _page(b, a) == {LeadVerdict.BETTER: LeadVerdict.WORSE, LeadVerdict.WORSE: LeadVerdict.BETTER}.get(
            page, page
        )
        verdicts[page] += 1
    return verdicts


@pytest.mark.parametrize("kind", KINDS)
def test_page_compare_and_registry_agree(kind: str) -> None:
    assert _agreed(kind, 20).total() == 20


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS)
def test_page_compare_and_registry_agree_on_two_hundred_pairs(kind: str) -> None:
    assert len(_agreed(kind, 200)) == 3
