"""Every metric keeps its promises, and check_metric catches one that does not."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lockstep.errors import ConfigError
from lockstep.evaluate.uncertainty import sampled_score
from lockstep.fitting.booster import RoundBudget
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.objective import OBJECTIVES
from lockstep.metrics.kinds.mae import Mae
from lockstep.metrics.measure import built_in_metrics, custom_metrics
from lockstep.metrics.metric import METRICS, Counts, Metric, MetricSettings, Numbers
from lockstep.metrics.names import find_metric, metric_label, place, score_label, shown_ends, shown_score
from lockstep.project.custom import code_digest, custom_in
from lockstep.report.sections.result_section import compared
from lockstep.testing.metrics import check_metric
from lockstep.workers.trial import FoldTask
from lockstep.workers.worker import FoldCache, evaluate
from tests.unit.searching import small_folds

SETTINGS = MetricSettings(quantile=0.8, huber_slope=0.5, n_features=4)
KNOWN = ("rmse", "mse", "mae", "r2")
WITHIN = '''"""Share of close predictions."""
import numpy as np
from lockstep.metrics.metric import Metric

class Within(Metric):
    """Share of the rows that are predicted to within 1."""

    label = "within 1"
    greater_is_better = True
    target = "number"
    bounds = (0.0, 1.0)

    def value(self, actual, predicted, weight=None):
        return float(np.average(np.abs(actual - predicted) <= 1, weights=weight))
'''


@pytest.mark.parametrize("name", METRICS.built_in())
def test_every_metric_keeps_its_promises(name: str) -> None:
    check_metric(name, settings=SETTINGS)


class WrongDirection(Mae):
    """Mean absolute error, with the wrong direction."""

    greater_is_better = True


class IgnoresWeights(Mae):
    """Mean absolute error of the rows, whatever they weigh."""

    def value(self, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
        return super().value(actual, predicted)


class ReadsTheClock(Mae):
    """Mean absolute error, and the time of day."""

    def value(self, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
        return (super().value(actual, predicted, weight) or 0) + 1e-3 * (time.perf_counter() % 1)


class DependsOnHashes(Mae):
    """Mean absolute error, and the hash of a text."""

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        return {"absolute": np.abs(actual - predicted) + 1e-3 * (hash("text") % 1000)}


class ResampledWrongly(Mae):
    """Mean absolute error, whose resamples are all the same."""

    def resampled(self, actual: Numbers, predicted: Numbers, counts: Counts) -> Numbers | None:
        return np.full(len(counts), np.abs(actual - predicted).mean())


class OutOfBounds(Mae):
    """Mean absolute error with the wrong sign, below its lowest value of 0."""

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        return {"absolute": -np.abs(actual - predicted)}


class Sorts(Mae):
    """Mean absolute error, which sorts what it is given."""

    def value(self, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
        value = super().value(actual, predicted, weight)
        actual.sort()
        return value


class FirstRow(Mae):
    """The error of the first row."""

    def value(self, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
        return (super().value(actual, predicted, weight) or 0) + 1e-3 * float(actual[0])


class NotANumber(Mae):
    """Mean absolute error, NaN for a constant target."""

    def value(self, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
        return (super().value(actual, predicted, weight) or 0) if len(set(actual)) > 1 else float("nan")


@pytest.mark.parametrize(
    ("planted", "promise"),
    [
        (WrongDirection, "greater is better, and yet"),
        (IgnoresWeights, "a row of weight 2 as two rows"),
        (ReadsTheClock, "for the same rows"),
        (DependsOnHashes, "in a new process with another PYTHONHASHSEED"),
        (ResampledWrongly, r"resampled gives"),
        (OutOfBounds, "outside its bounds"),
        (Sorts, "modifies the arrays"),
        (FirstRow, "order of rows"),
        (NotANumber, "undefined is None"),
    ],
)
def test_a_planted_defect_is_caught(planted: type[Metric], promise: str) -> None:
    with pytest.raises(AssertionError, match=promise):
        check_metric(planted)


def _project(folder: Path, **files: str) -> Path:
    (folder / "custom" / "metrics").mkdir(parents=True)
    for name, text in files.items():
        (folder / "custom" / "metrics" / f"{name}.py").write_text(text)
    return folder


def test_a_projects_own_metric_is_measured_after_the_built_in_ones(tmp_path: Path) -> None:
    with custom_in(_project(tmp_path, within=WITHIN)):
        own = custom_metrics("number")
        assert list(own) == ["within"]
        assert custom_metrics("classes") == {}
        fitting = Fitting(metric="within", custom_metrics=own)
        assert list(fitting.scores(np.arange(4.0), np.array([0, 1, 2, 9.0]), 1))[-1] == "within"
        fold = fitting.fold_scores(np.arange(4.0), np.array([0, 1, 2, 9.0]))
        assert [name for name in fold if name in KNOWN] == list(KNOWN)
        assert list(fold)[-1] == "within"
        assert fitting.loss(fold) == 0.25
        assert fitting.eval_metric == "rmse"
        assert (metric_label("within"), score_label("within")) == ("within 1", "1 - within 1")
        assert place("adjusted_r2") < place("within") < place("anything")


def test_a_metric_that_is_edited_during_a_search_stops_it(tmp_path: Path) -> None:
    """Otherwise its later trials would be scored by other code, and remembered under the code that it began with."""
    budget, folds = RoundBudget(5, 20), FoldCache(small_folds())
    with custom_in(_project(tmp_path, within=WITHIN, _shared="")):
        fitting = Fitting(metric="within", custom_metrics=custom_metrics("number"))
        task = FoldTask(0, 0, {"max_depth": 2}, budget, 1, fitting)
        assert evaluate(task, folds).score == evaluate(task, folds).score
        (tmp_path / "custom/metrics/_shared.py").write_text("LIMIT = 2\n")
        with pytest.raises(ConfigError, match=r"^custom/metrics/within\.py: was changed.* run `dvc repro` again$"):
            evaluate(task, folds)


class Profit(Mae):
    """A metric without a highest value, of which greater is better."""

    label = "profit"
    greater_is_better = True
    bounds = (None, None)  # type: ignore[assignment]


def test_smaller_is_better_of_every_score() -> None:
    assert (METRICS["auc"].loss(0.75), METRICS["auc"].score_label()) == (0.25, "1 - AUC")
    assert (METRICS["r2"].loss(-1.0), METRICS["r2"].score_label()) == (2.0, "1 - R²")
    assert (Mae.loss(3.0), Mae.score_label()) == (3.0, "MAE")
    assert (Profit.loss(3.0), Profit.score_label()) == (-3.0, "-profit")
    assert compared(-3.0, -2.0, "unknown") == "50% lower"
    assert compared(-1.0, -2.0, "unknown") == "50% higher"


def test_people_read_the_metric_itself_where_more_is_better() -> None:
    assert shown_score("auc", 0.17) == 0.83
    assert shown_score("r2", None) is None
    assert shown_score("rmse", 0.17) == 0.17
    assert shown_score("lift_5", -3.5) == 3.5
    assert shown_ends("auc", 0.1, 0.2) == {"low": 0.8, "high": 0.9}
    assert shown_ends("rmse", 0.1, 0.2) == {"low": 0.1, "high": 0.2}
    assert compared(0.17, 0.25, "auc") == "0.08 higher"
    assert compared(0.25, 0.17, "auc") == "0.08 lower"


def test_a_metric_that_the_project_does_not_have_keeps_its_raw_name() -> None:
    assert find_metric("within") is None
    assert metric_label("within") == score_label("within") == "within"
    with pytest.raises(ConfigError, match=r"custom/metrics/within\.py: no such file"):
        Fitting(metric="within", custom_metrics={"within": "0"}).loss({"within": 1.0})


@pytest.mark.parametrize(
    ("returned", "line"),
    [
        ("1 / 0", r"custom/metrics/within\.py: line 14: ZeroDivisionError: division by zero; correct it"),
        ("'much'", r"custom/metrics/within\.py: TypeError: value returned str; it must return a number or None"),
        ("float('nan')", r"custom/metrics/within\.py: ValueError: value returned nan"),
        ("actual.sort()", r"custom/metrics/within\.py: line 14: ValueError: .* read-only"),
    ],
)
def test_a_mistake_in_a_metric_is_one_line_with_its_file(tmp_path: Path, returned: str, line: str) -> None:
    text = WITHIN.replace("float(np.average(np.abs(actual - predicted) <= 1, weights=weight))", returned)
    with custom_in(_project(tmp_path, within=text)), pytest.raises(ConfigError, match=line):
        Fitting(custom_metrics={"within": ""}).fold_scores(np.arange(4.0), np.arange(4.0))


@pytest.mark.parametrize("name", ["rounds", "score", "two words"])
def test_a_metric_cannot_have_the_name_of_another_column(tmp_path: Path, name: str) -> None:
    with custom_in(_project(tmp_path, **{name: WITHIN})), pytest.raises(ConfigError, match="rename the file"):
        custom_metrics("number")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("greater_is_better = True", "greater_is_better = 'no'", r"greater_is_better: 'no': must be True or False"),
        ('label = "within 1"', "label = None", "label: None: must be a text of one line"),
        ("bounds = (0.0, 1.0)", "bounds = 1", "bounds: 1: must be a pair of numbers, None where there is none"),
        ('target = "number"', 'target = "rank"', "target: 'rank': must be 'number' or 'classes'"),
    ],
)
def test_a_metric_states_what_it_must(tmp_path: Path, old: str, new: str, line: str) -> None:
    with (
        custom_in(_project(tmp_path, within=WITHIN.replace(old, new))),
        pytest.raises(ConfigError, match=rf"^custom/metrics/within\.py: {line}; correct it$"),
    ):
        custom_metrics("number")


def test_a_mean_metric_has_a_value_for_each_resample(tmp_path: Path) -> None:
    text = WITHIN[: WITHIN.index("    def value")].replace("Metric", "MeanMetric") + (
        "    def row_values(self, actual, predicted):\n        return {'x': np.abs(actual - predicted) <= 1}\n\n"
        "    def of_means(self, means, n_rows):\n        return means['x'][:1]\n"
    )
    y = np.arange(4.0)
    with custom_in(_project(tmp_path, within=text)):
        fitting = Fitting(metric="within", custom_metrics=custom_metrics("number"))
        with pytest.raises(ConfigError, match=r"of_means returned values of shape \(1,\), not \(4,\)"):
            sampled_score(fitting, y, y)


def test_the_digest_covers_private_files_and_imported_ones_alone(tmp_path: Path) -> None:
    folder = _project(tmp_path, a="from custom.metrics.b import x", b="x = 1", c="", _shared="") / "custom" / "metrics"
    digests = list[str]()
    with custom_in(tmp_path):
        for changed in (None, "c", "_shared", "b", "a"):
            if changed:
                (folder / f"{changed}.py").write_text((folder / f"{changed}.py").read_text() + "\n")
            digests.append(code_digest("metrics", "a"))
    assert digests[0] == digests[1]
    assert len(set(digests[1:])) == 4


def test_only_settings_that_change_a_result_are_written() -> None:
    assert Fitting().to_json() == {"objective": "squared_error", "metric": "rmse", "device": "cpu", "memory": "in_core"}
    assert "custom_metrics" not in Fitting().as_dict()
    own = replace(Fitting(), custom_metrics={"within": "ab"})
    assert own.to_json()["custom_metrics"] == own.as_dict()["custom_metrics"] == {"within": "ab"}
    assert Fitting.from_json(own.as_dict()) == own


def test_one_objective_of_each_target_is_the_default_and_has_a_metric_of_it() -> None:
    objectives = OBJECTIVES.classes().values()
    assert sorted(objective.target for objective in objectives if objective.is_default) == ["classes", "number"]
    for objective in objectives:
        metric = METRICS[objective.metric]
        assert metric in built_in_metrics(objective.target)
        assert metric.can_be_chosen()
        assert metric.eval_metric is not None
