"""reports/index.html: what it says, for numbers and classes, whole and broken searches."""

import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from math import nan
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from markupsafe import escape

from lockstep.clean.column_block import Column
from lockstep.clean.rules.drop_duplicates import DropDuplicates
from lockstep.evaluate.evaluate_blocks import Judging, ValueSlice
from lockstep.evaluate.evaluation import LEAD_COLUMNS, ModelEvaluation
from lockstep.evaluate.lead import LeadVerdict
from lockstep.model.calibration import Calibration, Sigmoid
from lockstep.model.decision import Costs
from lockstep.model.intake import Intake
from lockstep.model.saved import SavedModel
from lockstep.model.training import EnsembleGain, Member
from lockstep.report import page as page_module
from lockstep.report.sections import decision_section
from lockstep.report.sections.advice import advice
from lockstep.report.sections.bounds_section import bounds_hit
from lockstep.report.sections.errors_section import across_and_up
from lockstep.report.sections.result_section import headline
from lockstep.report.standing import standing
from lockstep.report.terminal_summary import summary
from lockstep.table.target import Target
from lockstep.terminal import Paint
from tests.unit.modelling import model, table, target_of, with_interval
from tests.unit.reporting import BEST, SEARCH, SPACE, evaluated, page, trials

pytestmark = pytest.mark.slow

EVIL = "<script>alert(1)</script>"
SECTIONS = [
    *("result", "data", "search", "bounds", "ceiling"),
    *("model", "errors", "calibration", "overfit", "provenance"),
]


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a number, as a test reads it."""
    return page(tmp_path_factory.mktemp("usual") / "page")


def _words(written: str) -> str:
    """The page without its line breaks."""
    return " ".join(written.split())


class _Elements(HTMLParser):
    """Start tags of a page: their names, and the attributes that would load or run something."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.names = list[str]()
        self.texts = list[str]()
        self.attributes = list[tuple[str, str | None]]()
        self.feed(written)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_has_every_section_and_a_link_to_each(usual: str) -> None:
    assert re.findall(r'<h2 id="(\w+)"', usual) == SECTIONS
    assert re.findall(r'<li><a href="#(\w+)">', usual) == SECTIONS
    templates = Path(page_module.__file__).parent.glob("sections/*.jinja")
    assert sorted(template.name for template in templates) == sorted(
        f"{name}_section.html.jinja" for name in [*SECTIONS, "decision", "features"]
    )
    assert "http" not in usual


def test_an_automatic_recipe_has_a_section_with_what_each_group_adds(tmp_path: Path) -> None:
    run, _ = evaluated(tmp_path / "page", model(), table(60, seed=9))
    row = {"chosen": True, "gain": 0.25, "standard_error": 0.01, "gain_alone": 0.25, "features": 3, "cost": 500}
    rejected = row | {"group": "pairs", "chosen": False, "gain": nan, "chosen_in_folds": 0}
    features = pd.DataFrame([row | {"group": "neighbours", "chosen_in_folds": 2}, rejected])
    written = page(tmp_path / "page", history=replace(run.history, features=features))
    assert '<h2 id="features">' in written
    words = _words(written)
    assert "2 groups of features were tried" in words
    assert "1 was added, because it lowers the error" in words
    assert "<strong>neighbours</strong>: Means of the target and of other numbers over the rows" in words
    assert "2 of 5" in words or "2 of 3" in words


@pytest.mark.parametrize(
    ("n_classes", "said"), [(0, "model&#39;s typical error is"), (2, "predicts the right class of two for")]
)
def test_the_headline_compares_with_baselines_in_plain_sentences(
    n_classes: int, said: str, usual: str, tmp_path: Path
) -> None:
    lead = (
        _words(page(tmp_path / "page", n_classes) if n_classes else usual)
        .partition('<p class="lead">')[2]
        .partition("</p>")[0]
    )
    assert lead.startswith("O")
    assert said in lead
    assert re.search(r"\(?95% interval (\S+ to \S+|not known)\)", lead)
    assert re.search(r"Its (RMSE|log loss) is \d+% lower than (always )?predicting the ", lead)


def _evil(n_classes: int) -> tuple[SavedModel, dict[str, Any]]:
    """A model whose target, classes, columns and categories are named to break out."""
    names = {"two" if n_classes else "y": "$x$"}
    rows, new = (
        frame.assign(word=frame["word"].replace({"x": EVIL, "y": "$y$"})).assign(
            **{EVIL: frame["word"], "two": frame["two"].replace({"low": EVIL, "high": "'\"$z$"})}
        )
        for frame in (table(), table(60, seed=9))
    )
    target = Target("two", (EVIL, "'\"$z$")) if n_classes else Target("y")
    made = model(n_classes=n_classes, rows=table().assign(word=rows["word"]))
    target = replace(target, column=names[target.column])
    made = replace(made, target=target)
    frames = {name: frame.rename(columns=names) for name, frame in (("train", rows), ("test", new))}
    return made, frames


@pytest.mark.parametrize("n_classes", [0, 2])
def test_names_in_the_page_stay_text(n_classes: int, tmp_path: Path) -> None:
    made, frames = _evil(n_classes)
    space = SPACE | {"code": {"choices": [EVIL, 1.0, True]}}
    score, metric = made.fitting.score_name, made.fitting.metric
    tried = trials(score, metric).replace({"code": {"01": EVIL}}).assign(message=EVIL)
    tried.loc[5, ["state", score]] = ["FAIL", None]
    written = page(
        tmp_path / "page",
        made=made,
        **frames,
        tried=tried,
        search={
            "settings": SEARCH["settings"] | {"space": space},
            "dataset": EVIL,
            "features": EVIL,
            "space_name": EVIL,
        },
        best=BEST | {score: 6.0, "params": BEST["params"] | {"code": EVIL}},
        judging=Judging(slices=(ValueSlice(by="value", column=EVIL),), coordinates=None),
        repeated={"protocol": EVIL},
    )
    found = _Elements(written)
    assert found.names.count("script") == 1
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert EVIL in "".join(found.texts)
    assert "$x$" in "".join(found.texts)
    assert f"dvc exp run -S 'spaces.{EVIL}.max_depth.high=13'" in "".join(found.texts)


def test_the_page_shows_intervals_and_the_repeated_protocol(usual: str, tmp_path: Path) -> None:
    row = {"metric": "rmse", "mean": 2.5, "std": 0.25, "min": 2.0, "max": 3.125}
    again = {"protocol": "repeated", "metrics": [row], "splits": [{}] * 7}
    written = page(tmp_path / "page", made=with_interval(0.8, table()), repeated=again)
    assert re.search(r"The 80% prediction intervals contain \d+(\.\d)?% of the test rows", written)
    assert "inside interval" in written
    assert "7 further random splits" in _words(written)
    assert "3.125" in written
    assert "Repeated protocol" not in usual


def test_the_page_names_the_baselines_that_are_not_beaten(tmp_path: Path) -> None:
    for name, rounds in (("poor", 1), ("usual", 30)):
        written = _words(page(tmp_path / name, made=model(rounds=rounds)))
        _, found = evaluated(tmp_path / name, model(rounds=rounds), table(60, seed=9))
        rows = found.baselines.set_index("model")
        words = standing(found.baselines)
        assert f"It is {words}." in written
        assert f"The model is {words}" in written
        assert ("significantly worse than" in words) == ("worse" in rows["verdict"].tolist())
        assert ("untuned XGBoost" in words) == (rows.loc["untuned_xgboost", "verdict"] != "better")
        for baseline in found.judgement.fitted.values():
            assert escape(baseline.about) in written


def _with_leads(found: ModelEvaluation, leads: Mapping[str, tuple[float, float, float]]) -> ModelEvaluation:
    """The evaluation with these leads, each with its interval, over baselines of these names."""
    own = found.baselines[found.baselines["model"] == "this_model"]
    others = pd.DataFrame(
        [(name, 1.0 + lead[0], *lead, str(LeadVerdict.of(*lead[1:]))) for name, lead in leads.items()],
        columns=list(LEAD_COLUMNS),
    )
    table = pd.concat([own.assign(score=1.0), others], ignore_index=True)
    return replace(found, baselines=table)


@pytest.mark.parametrize(
    ("leads", "words", "kind"),
    [
        ({"mean": (1.0, 0.5, 1.5)}, "significantly better than every baseline", "good"),
        ({"mean": (2.0, 1.0, 3.0), "ridge": (1.0, -0.5, 1.5)}, "not shown to be better than ridge", "look"),
        ({"mean": (2.0, 1.0, 3.0), "ridge": (1.0, nan, nan)}, "not shown to be better than ridge", "look"),
        ({"mean": (2.0, 1.0, 3.0), "ridge": (-1.0, -1.5, 0.5)}, "not shown to be better than ridge", "look"),
        ({"mean": (2.0, 1.0, 3.0), "ridge": (-1.0, -1.5, -0.5)}, "significantly worse than ridge", "act"),
        (
            {"ridge": (-1.0, -1.5, -0.5), "untuned_xgboost": (-1.0, -1.5, -0.5), "mean": (0.1, -1.0, 1.0)},
            "significantly worse than ridge and untuned XGBoost, and not shown to be better than mean",
            "act",
        ),
        (
            {"ridge": (0.1, -1.0, 1.0), "untuned_xgboost": (0.1, -1.0, 1.0), "mean": (0.2, -1.0, 1.0)},
            "not shown to be better than ridge, untuned XGBoost or mean",
            "look",
        ),
    ],
)
def test_headline_advice_and_terminal_say_the_same_three_words(
    leads: dict[str, tuple[float, float, float]], words: str, kind: str, tmp_path: Path
) -> None:
    run, found = evaluated(tmp_path / "one", model(), table(60, seed=9))
    changed = _with_leads(found, leads)
    assert headline(run, changed).endswith(f" It is {words}.")
    (point,) = (each for each in advice(run, changed) if "shown" in each.text or "ignificantly" in each.text)
    assert point.kind == kind
    assert words[1:] in point.text
    assert ("the intervals of the leads contain 0" in point.text) == (kind == "look" and " or " in words)
    assert f"; the model is {words}\n" in summary(changed, run.model.fitting, 0.9, Paint(False))


def test_all_gates_pass_is_good_only_where_the_constant_is_beaten(tmp_path: Path) -> None:
    run, found = evaluated(tmp_path / "one", model(), table(60, seed=9))
    passed = replace(found, gates={"gates": [{"gate": "beat_baselines", "result": "pass"}], "gates_overall": "pass"})
    for low, kind in ((0.5, "good"), (-0.5, "look")):
        changed = _with_leads(passed, {"mean": (1.0, low, 1.5)})
        assert [each.kind for each in advice(run, changed) if each.text == "All gates pass."] == [kind]


def test_the_page_shows_the_final_model_beside_the_best_trial(tmp_path: Path) -> None:
    made = model()
    slow = replace(made.training, params={"max_depth": 3, "learning_rate": 0.0625}, n_rounds=77)
    written = _words(page(tmp_path / "page", made=replace(made, training=slow)))
    assert "Best: trial 11, 5 rounds. Final model: 77 rounds.</p>" in written
    assert re.search(
        r'row">max_depth</th><td data-value="9">9</td> ?<td data-value="3">3</td> <td class="text">2 to 9', written
    )
    slow = replace(slow, learning_rate_factor=0.25, cv={"rmse": 0.5, "mae": 0.25, "r2": None})
    written = _words(page(tmp_path / "other", made=replace(made, training=slow)))
    assert "Final model: 77 rounds, learning rate times 0.25, which did better in the folds.</p>" in written
    assert '<th scope="row">cross-validation</th><td data-value="0.5">0.5000</td>' in written


def test_the_page_says_why_a_search_ended_early(usual: str, tmp_path: Path) -> None:
    assert "It ended after" not in usual
    early = {"n_asked": 12, "n_trials": 60, "patience": 3, "ended": "patience"}
    written = page(tmp_path / "early", search=early)
    reason = "3 trials without a gain beyond the noise of the folds (tune.patience)"
    assert f"It ended after 12 of at most 60 trials: {reason}." in written
    assert "-S tune.patience=null -S tune.n_trials=24" in written


def test_a_best_trial_that_the_limit_of_rounds_ended_is_pointed_out(tmp_path: Path) -> None:
    # Early stopping needs 3 more rounds after the best one, and the limit is 10.
    run, found = evaluated(tmp_path / "page", model(), table(60, seed=9), tried=trials().assign(fold_1_rounds=8))
    tuned = {**run.best, "params": {**BEST["params"], "n_estimators": 8}}
    points = {name: advice(each, found) for name, each in (("limit", run), ("tuned", replace(run, best=tuned)))}
    said = "In 1 of 2 folds of the best trial the limit of 10 rounds ended the boosting, not early stopping"
    assert [each.text for each in points["limit"] if "rounds" in each.text] == [f"{said}; try tune.max_rounds=20."]
    assert [each.text for each in points["tuned"] if "rounds" in each.text] == []


@pytest.mark.parametrize(
    ("params", "further", "stops"),
    [({}, {}, True), ({"n_estimators": 8}, {}, False), ({"n_estimators": 8}, {"early_stopping": True}, True)],
)
def test_the_page_knows_whether_folds_chose_their_rounds(
    params: dict[str, Any], further: dict[str, Any], stops: bool, tmp_path: Path
) -> None:
    written = page(tmp_path / "page", best=BEST | {"cv_rmse": 6.0, "params": BEST["params"] | params} | further)
    assert ("every fold's stopping at its own best round" in written.replace("&#39;", "'")) == stops


def test_the_page_shows_an_ensemble_with_its_gain_and_cost(tmp_path: Path) -> None:
    made = model(n_models=3)
    members = (Member({"max_depth": 3, "rate": 0.5}, 30, 2, 11), Member({"max_depth": 7, "rate": 0.25}, 40, 1, 4))
    gain = EnsembleGain(2.0, 1.9, 0.01)
    several = replace(made.training, n_rounds=30, members=members, gain=gain, cv={"rmse": 0.5, "mae": None, "r2": None})
    written = _words(page(tmp_path / "page", made=replace(made, training=several)))
    assert "Final model: ensemble of 2 trials (beside as many boosters of the best trial, in folds scored by" in written
    assert "other folds choose: CV RMSE 5% lower), 100 rounds together, 6.67 times those of a refit" in written
    assert re.search(
        r'row">4</th><td data-value="1">1</td><td data-value="0.33\d*">33.3%</td><td data-value="40">', written
    )
    assert "3 boosters, whose predictions are averaged, of at most 30 rounds each" in written
    assert '<th scope="row">cross-validation</th><td data-value="0.5">0.5000</td>' in written
    # boosters that the other folds chose score each fold: no optimism is left to take out
    assert "each fold was predicted by boosters that the other folds chose from the best trials" in written
    for optimism in ("If each fold is scored by the trial", "By how much is not known", "is that of the best of"):
        assert optimism not in written
    alone = replace(made.training, gain=replace(gain, noise=1.0))
    written = _words(page(tmp_path / "other", made=replace(made, training=alone)))
    assert "; an ensemble of the best trials was not taken (CV RMSE 5% lower, within noise).</p>" in written


def test_a_best_value_at_the_end_of_its_range_comes_with_a_wider_one(usual: str, tmp_path: Path) -> None:
    assert "<strong>max_depth</strong> (may be chance): best value 9, highest searched 9" in usual
    assert "dvc exp run -S spaces.s.max_depth.high=13" in usual
    inside = BEST["params"] | {"max_depth": 5, "rate": 0.2}
    written = page(tmp_path / "other", best=BEST | {"cv_rmse": 6.0, "params": inside})
    assert "No best value lies at an end" in written


def test_a_range_is_to_be_widened_only_where_its_parameter_is_told_from_noise(tmp_path: Path) -> None:
    run, found = evaluated(tmp_path / "page", model(), table(60, seed=9))
    advised = {}
    for shown in (True, False):
        names, told = list(SPACE), [name == "max_depth" and shown for name in SPACE]
        vars(run)["parameters"] = pd.DataFrame({"parameter": names, "importance": 0.2, "limit": 0.1, "shown": told})
        advised[shown] = [point.text for point in advice(run, found) if point.section == "bounds"]
    assert advised == {
        True: ["The best max_depth, 9, lies at an end of its range, and the parameter matters; widen the range."],
        False: [],
    }


@pytest.mark.parametrize(
    ("limits", "value", "setting"),
    [
        ({"low": 2, "high": 128, "log": True}, 127, "high=512"),
        ({"low": 0.01, "high": 30.0, "log": True}, 0.0101, "low=0.0025"),
        ({"low": 2, "high": 10}, 2, "low=1"),
        ({"low": 0.5, "high": 0.9}, 0.9, "high=1.0"),
        ({"low": 0.2, "high": 1.0}, 0.2, "low=0.1"),
        ({"low": 0.2, "high": 1.0}, 0.999, None),
        ({"low": 4, "high": 5}, 4, "low=3"),
        ({"low": 3, "high": 4}, 4, "high=5"),
        ({"low": 2, "high": 3}, 2, "low=1"),
        ({"low": 111, "high": 113}, 113, "high=114"),
        ({"low": 10_000, "high": 10_250}, 10_250, "high=10375"),
        ({"low": 8, "high": 64, "step": 8}, 64, "high=96"),
        ({"low": 0.5, "high": 1.0, "step": 0.1}, 0.5, "low=0.3"),
        ({"low": 1, "high": 6, "step": 2}, 5, "high=8"),
        ({"low": 1000.0, "high": 1001.0}, 1001.0, "high=1002.0"),
    ],
)
def test_a_wider_range_keeps_to_what_xgboost_allows(limits: dict[str, Any], value: float, setting: str | None) -> None:
    name = "subsample" if limits["high"] <= 1 else "max_leaves"
    (bound,) = bounds_hit({"params": {name: value}}, {name: limits}, "s")
    assert bound.command == (setting and f"dvc exp run -S spaces.s.{name}.{setting}")


def test_the_page_says_how_intervals_were_made_and_what_was_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = _words(page(tmp_path / "rows", 3))
    assert "t with a correction for skewness, from 60 independent test rows);" in written
    assert "Logistic regression is left out" not in written
    monkeypatch.setattr("lockstep.evaluate.baselines.logistic_regression.MAX_COEFFICIENTS", 1)
    run, _ = evaluated(tmp_path / "one", model(), table(60))
    split = run.split.model_copy(update={"strategy": "group", "group": "word"})
    written = _words(page(tmp_path / "groups", 3, split=split))
    assert "from 3 groups of equal word that say as much as 2.97 independent ones)" in written
    assert "The groups say no more than 2.97 independent ones" in written
    assert "Logistic regression is left out" in written


@pytest.mark.parametrize("left", [1, 4])
def test_a_search_of_few_trials_has_a_page_that_says_so(left: int, tmp_path: Path) -> None:
    written = page(tmp_path / "page", tried=trials().head(left), best=BEST | {"trial": 0, "cv_rmse": 7.0})
    assert "nothing can be said about more tuning" in written
    assert ("Parallel coordinates" in written) == (left == 4)
    assert f"Only {'1 trial is' if left == 1 else '3 trials are'} complete (at least 5 are needed)" in written
    assert "The importance of the parameters is not known" in written
    assert "limit, which a" not in written


def test_failed_trials_are_quoted(tmp_path: Path) -> None:
    tried = trials()
    tried.loc[[4, 5], ["state", "cv_rmse", "message"]] = ["FAIL", None, "bad value"]
    tried.loc[5, "message"] = None
    written = page(tmp_path / "page", tried=tried)
    assert "<li>trial 4: bad value</li>" in written
    assert "<li>trial 5: no message</li>" in written
    assert "2 of 12 trials failed" in written


def test_the_page_names_columns_that_no_new_row_alone_tells(tmp_path: Path) -> None:
    count = DropDuplicates(columns=("a",), keep="first", count_as="n_copies", at_prediction=2)
    intake = Intake(
        {"a": Column(type="number"), "n_copies": count.given()["n_copies"].column}, ("n_copies",), (), (count,)
    )
    written = _words(page(tmp_path / "page", made=replace(model(), intake=intake)))
    assert "<code>n_copies</code> from the whole table, so no new row alone tells it: every row counts as 2" in written
    assert "gets another prediction there than here" in written


def test_folds_promised_too_much_only_where_the_test_interval_lies_above_them(tmp_path: Path) -> None:
    run, found = evaluated(tmp_path / "one", model(), table(60, seed=9))
    told = {}
    for low in (0.9, 1.1):
        gap, uncertainty = found.gap | {"cv": 1.0, "test": 1.3}, found.uncertainty | {"score_low": low}
        changed = replace(found, gap=gap, uncertainty=uncertainty)
        told[low] = [each.section for each in advice(run, changed)]
    assert ("overfit" in told[0.9], "overfit" in told[1.1]) == (False, True)


def test_the_test_rows_are_compared_with_cross_validation_without_its_optimism(tmp_path: Path) -> None:
    told = {}
    for optimism in (0.1, 0.5):
        search = {"reselected": {"score": 6.0 + optimism, "metrics": {"rmse": 6.0 + optimism, "r2": -0.2}}}
        run, found = evaluated(tmp_path / "page", model(), table(60, seed=9), search=search)
        gap, uncertainty = found.gap | {"cv": 1.0, "test": 1.3}, found.uncertainty | {"score_low": 1.2}
        told[optimism] = [each.text for each in advice(run, replace(found, gap=gap, uncertainty=uncertainty))]
    higher = "The test RMSE is 18% higher than in cross-validation, which was too optimistic."
    assert (higher in told[0.1], any("which was too optimistic" in text for text in told[0.5])) == (True, False)


def test_the_page_tells_how_optimistic_cross_validation_is(usual: str, tmp_path: Path) -> None:
    search = {"reselected": {"score": 6.5, "metrics": {"rmse": 6.5}}}
    written = _words(page(tmp_path / "page", search=search))
    assert "the RMSE in cross-validation is 0.6 instead of 0.1: an optimism of 0.5. Compare" in written
    assert "By how much is not known" in usual


def test_skill_that_only_choosing_gave_is_said_to_be_none(tmp_path: Path) -> None:
    search = {"reselected": {"score": 6.5, "metrics": {"r2": -0.25}}}
    run, found = evaluated(tmp_path / "page", model(), table(60, seed=9), search=search)
    judged = replace(found.judgement, cv={**found.judgement.cv, "r2": 0.1})
    changed = replace(found, judgement=judged, gap=found.gap | {"cv": 6.0})
    points = [point.text for point in advice(run, changed) if point.section == "overfit"]
    assert points == ["The R² of cross-validation, 0.1, comes from the choice of trial and rounds: without it -0.25."]


def test_one_fold_does_not_tell_whether_more_tuning_pays(tmp_path: Path) -> None:
    tried = trials().drop(columns="fold_1_rmse")
    tried.loc[11, "cv_rmse"] = 6.9
    written = page(tmp_path / "page", tried=tried)
    assert "the noise of a single fold is unknown" in written
    assert "<dd>not known" in written


def test_places_get_a_map_with_the_longitude_across(usual: str, tmp_path: Path) -> None:
    rows = table(60, seed=9).assign(Lat=lambda frame: 30 + frame["a"], Lon=lambda frame: -120 + frame["y"])
    rows.loc[3, "Lat"] = None
    train = table().assign(Lat=31.0, Lon=-119.0)
    judging = Judging(slices=(), coordinates=("Lat", "Lon"))
    for n_classes in (0, 3):
        written = page(tmp_path / f"page{n_classes}", n_classes, train=train, test=rows, judging=judging)
        assert "Map of the test rows by Lon and Lat" in written
    assert "Map of the test rows" not in usual
    for named in (("Longitude", "Latitude"), ("Latitude", "Longitude")):
        assert across_and_up(named) == ["Longitude", "Latitude"]


def test_the_worst_rows_show_the_columns_behind_the_important_features(tmp_path: Path) -> None:
    _, found = evaluated(tmp_path / "one", model(), table(60, seed=9))
    worst = found.worst
    assert worst.columns.tolist()[:4] == ["row_id", "actual", "predicted", "error"]
    assert set(worst.columns[4:]) == {"a", "word"}
    assert worst["error"].abs().is_monotonic_decreasing
    assert worst["error"].abs().max() == (found.predictions["actual"] - found.predictions["predicted"]).abs().max()
    _, classes = evaluated(tmp_path / "two", model(n_classes=2), table(60, seed=9))
    assert classes.worst["error"].iloc[0] == min(
        row[f"probability_{row['actual']}"] for row in classes.predictions.to_dict("records")
    )


def test_partial_dependence_is_the_mean_prediction_with_one_feature_set(tmp_path: Path) -> None:
    made, rows = model(), table(60, seed=9)
    _, found = evaluated(tmp_path / "one", made, rows)
    by = {each.feature: each for each in found.dependence}
    assert sorted(by["word"].labels or []) == ["x", "y", "z"]
    value = by["a"].points[3]
    assert by["a"].mean()[3, 0] == pytest.approx(made.predict(rows.assign(a=value)).mean(), rel=1e-5)
    at = (by["word"].labels or []).index("z")
    assert by["word"].mean()[at, 0] == pytest.approx(made.predict(rows.assign(word="z")).mean(), rel=1e-5)


def _of_classes(tmp_path: Path, metric: str, **changed: Any) -> str:
    made = model(n_classes=2)
    decided = replace(made, fitting=replace(made.fitting, metric=metric, threshold=0.25), **changed)
    return _words(page(tmp_path / "page", made=decided, test=table(200, seed=9)))


def test_people_read_the_metric_and_not_its_distance_from_the_best(tmp_path: Path) -> None:
    written = _of_classes(tmp_path, "auc")
    assert "1 - AUC" not in written
    assert "<dt>test AUC</dt><dd>0.99" in written
    assert "The AUC is 1.000 on training rows" in written or "The AUC is 0.99" in written
    assert "decrease in test AUC when permuted" in written
    assert "this model&#39;s AUC minus a baseline&#39;s" in written or "this model's AUC minus a baseline's" in written
    assert re.search(r"Its AUC is 0\.\d+ higher than predicting the shares of the classes", written)


def test_two_classes_have_a_section_about_the_decision_and_what_mistakes_cost(tmp_path: Path) -> None:
    written = _of_classes(tmp_path, "log_loss", costs=Costs(false_positive=1, false_negative=10))
    assert "is predicted as <strong>high</strong> where its probability is greater than 0.25." in written
    assert re.search(r"the model finds \d+(\.\d)?% of the rows with two high, and \d+(\.\d)?% of those", written)
    assert "A false positive costs 1 and a false negative 10: <strong>" in written
    assert '<th scope="col">mean cost</th>' in written
    assert re.findall(r'<a href="#decision">', written)


def test_counts_of_weighted_rows_are_called_sums_of_weights(tmp_path: Path) -> None:
    weighted = _of_classes(tmp_path, "log_loss", target=replace(target_of(2), weight="a"))
    assert "are not, where a row counts as its weight says." in weighted
    assert "Counts are sums of weights." in weighted


def test_calibration_is_shown_before_and_after(tmp_path: Path) -> None:
    assert "before the sigmoid" not in _of_classes(tmp_path, "log_loss")
    written = _of_classes(tmp_path, "log_loss", calibration=Calibration("sigmoid", (Sigmoid(0.5, 0.1),)))
    assert re.search(r"observed share; before the sigmoid calibration 0\.\d+\.", written)


def test_more_classes_have_a_curve_for_each_up_to_a_handful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = page(tmp_path / "page", 3)
    section = written.partition('id="decision"')[2].partition("<h2")[0]
    assert "Of the 3 classes the one with the highest probability is predicted." in section
    assert section.count("data:image/png;base64") == 2
    assert re.search(r"Mean average precision 0\.\d+", section)
    assert re.search(r"Mean AUC 0\.\d+", section)
    assert "threshold is" not in section
    monkeypatch.setattr(decision_section, "MAX_CLASSES", 2)
    assert 'id="decision"' not in page(tmp_path / "many", 3)


def test_the_curves_of_each_class_are_those_of_the_class_against_the_rest() -> None:
    labels, shares = ["a", "b", "c"], [[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.2, 0.3, 0.5], [0.1, 0.2, 0.7]]
    predictions = pd.DataFrame(shares, columns=[f"probability_{label}" for label in labels])
    tables = decision_section.tables_of_classes(predictions.assign(actual=list("abca")), labels)
    # a: rows 1, 2, 3, 4 by falling probability, of which the first and the last are of the class
    a = tables["a"].iloc[::-1]
    assert a["recall"].tolist() == [0, 0.5, 0.5, 0.5, 1]
    assert a["false_positive_rate"].tolist() == [0, 0, 0.5, 1, 1]
    absent = decision_section.tables_of_classes(predictions.assign(actual=list("abab")), labels)
    assert list(absent) == ["a", "b"]
