"""Gates and verdicts: a model fails that is no better than a constant or worse than a simple model; luck passes."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockstep.evaluate.baseline import BaselineResult, Role
from lockstep.evaluate.best_constant import Targets, best_constant
from lockstep.evaluate.evaluate_blocks import Gates
from lockstep.evaluate.gates import check_gates
from lockstep.evaluate.judgement import Judgement
from lockstep.evaluate.lead import LeadVerdict
from lockstep.features.recipe import Features
from lockstep.fitting.booster import fit_rounds, max_bin_of
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.matrices import row_matrix
from lockstep.table.target import Target
from tests.unit.modelling import NUMBER, RECIPE

ROLES: dict[str, Role] = {
    "mean": "constant",
    "ridge": "simple",
    "last_value": "simple",
    "untuned_xgboost": "same",
    "untuned_sklearn": "other",
    "nearest_neighbours": "other",
}


def gate_of(required: str | None, own: float | None, **baselines: tuple[float | None, str]) -> dict[str, Any]:
    """What the gates say about a model of this RMSE and baselines of these RMSEs and verdicts."""
    nothing = np.zeros(0)
    fitted = {name: BaselineResult(nothing, ROLES[name]) for name in baselines}
    scores = {name: {"rmse": score} for name, (score, _) in baselines.items()}
    judgement = Judgement({}, {}, {"rmse": own}, scores, fitted, {})
    gates = Gates.model_validate(
        {"min_test_r2": None, "max_test_rmse": None, "max_test_score": None, "beat_baselines": required}
    )
    table = pd.DataFrame([(name, *each) for name, each in baselines.items()], columns=["model", "score", "verdict"])
    return check_gates(gates, judgement, NUMBER, table)


def outcome(required: str, own: float | None, **baselines: Any) -> tuple[str, str]:
    (gate,) = gate_of(required, own, **baselines)["gates"]
    return gate["against"], gate["result"]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.1, 2.0, "better"),
        (-0.1, 2.0, "not shown"),
        (0.0, 2.0, "not shown"),
        (-2.0, 0.0, "not shown"),
        (-2.0, -0.1, "worse"),
        (None, None, "not shown"),
        (float("nan"), float("nan"), "not shown"),
    ],
)
def test_a_verdict_is_one_of_three_words(low: float | None, high: float | None, verdict: str) -> None:
    assert LeadVerdict.of(low, high) == verdict


def test_a_lead_that_is_not_shown_passes_the_default_gate() -> None:
    found = gate_of(
        "not_worse", 5.0, mean=(7.0, "better"), ridge=(5.2, "not shown"), untuned_xgboost=(4.9, "not shown")
    )
    assert found["gates_overall"] == "pass"
    (gate,) = found["gates"]
    assert gate == {"gate": "beat_baselines", "against": "mean", "required": 7.0, "found": 5.0, "result": "pass"}
    assert outcome("not_worse", 5.0, mean=(5.1, "not shown")) == ("mean", "pass")


@pytest.mark.parametrize("name", ["ridge", "last_value", "untuned_xgboost"])
def test_a_model_that_is_worse_than_a_simple_or_the_untuned_one_fails(name: str) -> None:
    found = outcome("not_worse", 5.0, **{"mean": (7.0, "better"), name: (4.0, "worse")})
    assert found == (name, "fail")


@pytest.mark.parametrize("name", ["untuned_sklearn", "nearest_neighbours"])
def test_another_learner_that_is_better_is_no_reason_to_fail(name: str) -> None:
    for required in ("not_worse", "shown"):
        assert outcome(required, 5.0, **{"mean": (7.0, "better"), name: (4.0, "worse")}) == ("mean", "pass")


def test_a_model_no_better_than_the_constant_fails() -> None:
    assert outcome("not_worse", 7.0, mean=(7.0, "not shown"), ridge=(8.0, "better")) == ("mean", "fail")
    assert outcome("not_worse", 7.1, mean=(7.0, "not shown"), ridge=(6.0, "worse")) == ("ridge", "fail")


def test_more_can_be_asked() -> None:
    assert outcome("shown", 5.0, mean=(7.0, "better"), ridge=(5.2, "not shown")) == ("ridge", "fail")
    assert outcome("shown", 5.0, mean=(7.0, "better"), ridge=(6.2, "better")) == ("ridge", "pass")
    assert outcome("shown", 5.0, mean=(7.0, "not shown")) == ("mean", "fail")
    assert gate_of(None, 9.0, mean=(7.0, "worse")) == {"gates": [], "gates_overall": "pass"}


def test_an_undefined_score_fails_unless_it_is_that_of_a_baseline() -> None:
    """A correlation is undefined for every constant; a project that chose it as metric has to get a champion."""
    assert outcome("not_worse", None, mean=(7.0, "not shown")) == ("mean", "fail")
    assert outcome("not_worse", None, mean=(None, "not shown")) == ("mean", "fail")
    assert outcome("not_worse", 5.0, mean=(None, "not shown")) == ("mean", "pass")
    assert outcome("not_worse", 5.0, mean=(None, "not shown"), ridge=(6.0, "better")) == ("ridge", "pass")
    assert outcome("not_worse", 5.0, mean=(None, "not shown"), ridge=(4.0, "worse")) == ("ridge", "fail")
    assert outcome("shown", 5.0, mean=(7.0, "better"), last_value=(None, "not shown")) == ("mean", "pass")


def test_a_useless_model_of_rare_classes_fails_the_gates() -> None:
    """231 classes of one to four rows and no signal: what it learned by heart is worse than the shares."""
    n_classes, random = 231, np.random.default_rng(6)
    rows = pd.DataFrame({"a": random.random(500), "word": "x", "class": random.integers(0, n_classes, 500)})
    train, test = rows[:400].reset_index(names="row_id"), rows[400:].reset_index(names="row_id")
    fitting, target = Fitting("classes", "log_loss", n_classes), Target("class", tuple(range(n_classes)))
    features = Features(RECIPE, 5, n_classes)
    x = features.fit_transform(train, target.values(train))
    names, types = tuple(features.names), tuple(features.types)
    matrix = row_matrix(x, target.values(train), None, names, types, max_bin_of({}), "in_core")
    booster = fit_rounds(matrix, {"max_depth": 2}, 3, 1, fitting)
    y = target.values(test)
    shares = best_constant(fitting, Targets(target.values(train)), 1)
    own = fitting.as_predictions(
        booster.predict(row_matrix(features.transform(test), y, None, names, types, 256, "in_core"))
    )
    scores = {"this_model": fitting.scores(y, own), "class_shares": fitting.scores(y, shares.repeated(len(y)))}
    judgement = Judgement(
        {}, {}, scores.pop("this_model"), scores, {shares.name: BaselineResult(shares.repeated(1), "constant")}, {}
    )
    table = pd.DataFrame({"model": ["class_shares"], "score": [scores["class_shares"]["log_loss"]], "verdict": "worse"})
    gates = Gates(min_test_r2=0.0, max_test_rmse=None, max_test_score=None, beat_baselines="not_worse")
    (gate,) = check_gates(gates, judgement, fitting, table)["gates"]
    assert (gate["against"], gate["result"]) == ("class_shares", "fail")
    assert gate["required"] < np.log(n_classes) + 0.2 < gate["found"]


def test_a_quantile_is_compared_with_the_constant_quantile() -> None:
    """The 0.9 quantile has a poor R2, which the gates do not ask for; the mean would be far too low a bar."""
    fitting = Fitting("quantile", "pinball", quantile=0.9)
    y = np.random.default_rng(2).exponential(1.0, 400)
    constant = best_constant(fitting, Targets(y[:200]), 1)
    scores = {
        name: fitting.scores(y[200:], predicted)
        for name, predicted in (("quantile", constant.repeated(200)), ("mean", np.full(200, y[:200].mean())))
    }
    between = (scores["quantile"]["pinball"] + scores["mean"]["pinball"]) / 2  # type: ignore[operator]
    fitted = {"quantile": BaselineResult(np.zeros(0), "constant")}
    judgement = Judgement({}, {}, {"pinball": between, "r2": -1.0}, scores, fitted, {})
    table = pd.DataFrame({"model": ["quantile"], "score": [scores["quantile"]["pinball"]], "verdict": "not shown"})
    gates = Gates(min_test_r2=0.0, max_test_rmse=None, max_test_score=None, beat_baselines="not_worse")
    (gate,) = check_gates(gates, judgement, fitting, table)["gates"]
    assert (gate["gate"], gate["against"], gate["result"]) == ("beat_baselines", "quantile", "fail")
