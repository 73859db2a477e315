"""Findings: what is too good, too easy or empty speaks up, and such a result is never called good."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockstep.evaluate.evaluation import THIS_MODEL, ModelEvaluation
from lockstep.evaluate.judgement import Judgement
from lockstep.evaluate.lead import LeadVerdict
from lockstep.evaluate.rows import new_rows
from lockstep.evaluate.suspicion import Evidence
from lockstep.evaluate.suspicions.class_never_predicted import ClassNeverPredicted
from lockstep.evaluate.suspicions.constant_predictions import ConstantPredictions
from lockstep.report.evaluated_run import Run
from lockstep.report.sections.advice import advice
from lockstep.report.sections.result_section import headline
from lockstep.report.terminal_summary import summary
from lockstep.terminal import Paint
from tests.unit.results import HONEST, PLANTED, Made, findings, fitted, numbers, result

SEEDS = 100


PASSED = {
    "gates": [{"gate": "max_test_score", "required": 1.0, "found": 0.0, "result": "pass"}],
    "gates_overall": "pass",
}


def _all_words(run: Run, evaluation: ModelEvaluation) -> str:
    """The headline, what stands out, and the terminal's summary."""
    points = [f"{point.word}: {point.text}" for point in advice(run, evaluation)]
    terminal = summary(evaluation, run.model.fitting, 0.95, Paint(False))
    return "\n".join([headline(run, evaluation), *points, terminal])


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bad_result_is_found_and_never_called_good(name: str) -> None:
    run, evaluation = result(PLANTED[name](np.random.default_rng(1)))
    # As if the score were a great one: only the finding keeps the word away.
    verdicts = evaluation.baselines["verdict"].where(evaluation.baselines["model"] == THIS_MODEL, LeadVerdict.BETTER)
    passing = replace(evaluation, gates=PASSED, baselines=evaluation.baselines.assign(verdict=verdicts))
    words = _all_words(run, passing)
    assert re.search("^Act: ", words, re.MULTILINE)
    assert re.search("^  act: ", words, re.MULTILINE)
    assert "All gates pass" in words
    assert "Good" not in words
    assert "Good" in _all_words(run, replace(passing, findings=()))
    assert (name, "act") in {(finding.name, finding.kind) for finding in evaluation.findings}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_result_has_no_finding_and_keeps_the_word_good(name: str) -> None:
    run, evaluation = result(HONEST[name](np.random.default_rng(1)))
    assert evaluation.findings == ()
    assert re.search("^Good: ", _all_words(run, evaluation), re.MULTILINE)


@pytest.mark.nightly
@pytest.mark.parametrize("name", HONEST)
def test_hardly_an_honest_result_in_a_hundred_raises_a_false_alarm(name: str) -> None:
    alarms = [found for seed in range(SEEDS) if (found := findings(HONEST[name](np.random.default_rng(seed)), seed))]
    assert len(alarms) < 0.02 * SEEDS


@pytest.mark.nightly
@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found_with_nearly_any_seed(name: str) -> None:
    found = [findings(PLANTED[name](np.random.default_rng(seed)), seed).get(name) for seed in range(SEEDS)]
    # Where nothing tells a rare class, a row of it may be found by luck.
    assert sum(finding is not None and finding.kind == "act" for finding in found) >= 0.9 * SEEDS


def test_copies_are_counted_and_the_score_without_them_is_told() -> None:
    random = np.random.default_rng(0)
    rows = pd.DataFrame({"a": random.normal(size=300), "y": random.normal(size=300)})
    made = Made(pd.concat([rows, rows.iloc[:100]], ignore_index=True), rounds=200)
    divided, found = fitted(made), findings(made)["copied_rows"]
    seen = set(divided.train["a"])
    copied = sum(value in seen for value in divided.test["a"])
    assert found.figures["rows"] == found.figures["with_target"] == copied
    assert found.sentence.startswith(f"{copied} of 100 test rows ({copied}%) equal a training row in every feature")
    without = found.figures["r2_without"]
    assert without is not None
    assert without < 0


def test_rows_that_differ_in_the_last_of_many_columns_are_no_copies() -> None:
    random = np.random.default_rng(0)
    alike = random.normal(size=(40, 500))[random.integers(0, 40, 200)]
    values = np.hstack([alike, random.normal(size=(200, 5))])
    frame = pd.DataFrame(values, columns=[f"c{number}" for number in range(505)])
    assert "copied_rows" not in findings(Made(frame.assign(y=random.normal(size=200)), rounds=1))


def test_rows_of_few_different_values_are_equal_by_chance() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.integers(0, 4, 500), "b": random.choice(["p", "q"], 500)})
    as_number = Made(frame.assign(y=frame["a"] + random.normal(size=500)))
    as_class = Made(frame.assign(y=(frame["a"] + random.normal(size=500) > 2).astype(int)), classes=(0, 1))
    assert "copied_rows" not in findings(as_number)
    assert "copied_rows" not in findings(as_class)


def test_rows_that_are_alike_but_have_classes_of_their_own_are_no_copies() -> None:
    random = np.random.default_rng(0)
    rows = pd.DataFrame({"a": random.normal(size=300), "b": random.normal(size=300)})
    alike = pd.concat([rows, rows.iloc[:100]], ignore_index=True)
    own = alike.assign(y=random.integers(0, 2, 400))
    assert "copied_rows" not in findings(Made(own, classes=(0, 1)))
    assert findings(Made(alike.assign(y=(alike["a"] > 0).astype(int)), classes=(0, 1)))["copied_rows"].kind == "act"


def test_fillers_of_features_are_looked_at_and_do_not_spoil_a_result() -> None:
    frame = numbers(np.random.default_rng(2))
    frame.loc[::9, "k"] = 999
    (found,) = findings(Made(frame)).values()
    assert (found.name, found.kind, found.columns) == ("filler_in_feature", "look", ("k",))
    assert found.sentence.startswith("k is 999 in 1")


def test_of_many_classes_those_never_predicted_or_never_taught_are_named() -> None:
    random = np.random.default_rng(1)
    frame = numbers(random, 160)
    often = np.where(frame["x"] > 0, "many", "more")
    rare = np.array([f"c{number:02d}" for number in range(12)])
    y = np.where(random.random(160) < 0.1, rare[random.integers(0, 12, 160)], often)
    found = findings(Made(frame.assign(y=y), classes=(*sorted(set(y)),)))
    assert found["missing_classes"].kind == "act"
    assert "have no training row" in found["missing_classes"].sentence
    assert "leaking_column" not in found


def test_the_rarer_of_two_classes_may_be_the_first_one() -> None:
    frame = numbers(np.random.default_rng(2), 600)
    y = np.where(np.arange(600) % 40 == 0, "no", "yes")
    found = findings(Made(frame.assign(y=y), classes=("no", "yes")))
    assert "rows with y no is found: the model predicts yes for every row" in found["class_never_predicted"].sentence


@pytest.mark.parametrize(
    ("classes", "changes", "remedy"),
    [
        (2, {}, "(train_best.threshold=max_f1)"),
        (2, {"threshold": 0.7}, "The threshold is a chosen one: look at average precision"),
        (3, {}, "(booster.class_weight=balanced), at the price of a worse log loss"),
        (3, {"class_weight": "balanced"}, "(booster.class_weight) did not help: merge them"),
    ],
)
def test_a_setting_that_is_set_is_not_suggested_again(classes: int, changes: dict[str, Any], remedy: str) -> None:
    frame = numbers(np.random.default_rng(2), 600)
    y = np.array(["a", "b", "c"])[:classes][
        np.where(np.arange(600) % 40 == 0, classes - 1, np.arange(600) % (classes - 1))
    ]
    of = fitted(Made(frame.assign(y=y), classes=("a", "b", "c")[:classes]))
    model, test = replace(of.model, fitting=replace(of.model.fitting, **changes)), new_rows(of.model, of.test)
    predicted = np.full((len(test), classes), 0.1)
    predicted[np.arange(len(test)), test.y.astype(int) % (classes - 1)] += 1 - 0.1 * classes
    evidence = Evidence(model, test, test, of.train, predicted, Judgement({}, {}, {}, {}, {}, {}), {}, of.split)
    found = ClassNeverPredicted().look(evidence)
    assert found is not None
    assert remedy in found.sentence
    assert found.sentence.count("_best.threshold=") + found.sentence.count("class_weight=") == (not changes)


def test_a_linear_model_next_to_perfect_is_told_where_the_trees_are_not() -> None:
    random = np.random.default_rng(2)
    parts = pd.DataFrame({name: random.normal(size=300) for name in "abcdefgh"})
    found = findings(Made(parts.assign(y=parts.sum(axis=1) + 0.05 * random.normal(size=300)), rounds=20))
    assert found["nearly_perfect"].sentence.startswith("A linear model alone is next to perfect: ridge's R² is 0.99")
    assert "target_formula" not in found


def test_the_columns_that_nearly_give_the_target_together_are_named() -> None:
    random = np.random.default_rng(2)
    columns = pd.DataFrame({name: random.normal(size=300) for name in ("noise", "city", "highway")})
    y = 0.55 * columns["city"] + 0.45 * columns["highway"] + 0.04 * random.normal(size=300)
    found = findings(Made(columns.assign(y=y)))["nearly_perfect"]
    assert found.columns == ("city", "highway")
    assert "city and highway do most of it" in found.sentence


def test_a_sentence_is_one_short_line_whatever_columns_are_called() -> None:
    random = np.random.default_rng(2)
    parts = pd.DataFrame({f"{'x' * 300}\n{name}": random.normal(size=300) for name in "abcdefgh"})
    sentence = findings(Made(parts.assign(y=parts.sum(axis=1))))["target_formula"].sentence
    assert sentence.isprintable()
    assert len(sentence) < 1000
    assert sentence.endswith("leave them out.")


def test_parts_of_a_sum_are_found_where_no_part_tells_much() -> None:
    random = np.random.default_rng(2)
    parts = pd.DataFrame({name: random.normal(size=300) for name in "abcdefgh"})
    found = findings(Made(parts.assign(y=parts.sum(axis=1))))
    assert found["target_formula"].columns == tuple("abcdefgh")
    assert "leaking_column" not in found


def test_rows_that_drift_in_time_are_told_with_the_feature_that_shows_it() -> None:
    frame = numbers(np.random.default_rng(2), 600)
    frame["day"] = pd.date_range("2021-01-01", periods=600).astype("datetime64[s]")
    frame["x"] += np.linspace(0, 4, 600)
    split = {"strategy": "time", "time": "day"}
    found = findings(Made(frame, split=split))["drift"]
    assert (found.kind, found.columns) == ("look", ("x",))
    assert "drift" not in findings(Made(frame))


def test_a_class_without_test_rows_does_not_hide_that_predictions_are_constant() -> None:
    """The shares of three classes, and a last bit that differs in the one that no test row has."""
    random = np.random.default_rng(1)
    frame = numbers(random).assign(y=random.choice(["a", "b"], 400))
    of = fitted(Made(frame, classes=("a", "b", "c")))
    test = new_rows(of.model, of.test)
    predicted = np.tile([0.5, 0.4, 0.1], (len(test), 1))
    predicted[0] += [-1e-9, 0.0, 1e-9]
    evidence = Evidence(of.model, test, test, of.train, predicted, Judgement({}, {}, {}, {}, {}, {}), {}, of.split)
    found = ConstantPredictions().look(evidence)
    assert found is not None
    assert found.kind == "act"
