"""What new-dataset and the page suggest is followed word for word on a table that triggers it, and helps there."""

import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dvc.utils.hydra import apply_overrides
from scipy.signal import lfilter

from lockstep.cli import main
from lockstep.model.saved import SavedModel
from lockstep.predict.predict import predict_file
from tests.conftest import OwnTable

SMALL = (
    *("tune.n_trials=2", "split.folds=3", "tune.max_rounds=60", "tune.early_stopping_rounds=10"),
    *("train_best.n_models=1", "evaluate.bootstrap_samples=100", "evaluate.permutation_repeats=1"),
)
STAGES = ("fetch", "clean", "split", "tune", "train_best", "evaluate")
SETTING = re.compile(r"\b(?:booster|split|train_best|tune)\.\w+=\w+")


@dataclass(frozen=True)
class Evaluated:
    """What evaluate says of the test rows.

    Attributes:
        test: The metrics.
        findings: Sentences of the findings by their names.
        page: The page as text.
        coverage: The share of the rows in their prediction interval; None without intervals.
    """

    test: dict[str, float]
    findings: dict[str, str]
    page: str
    coverage: float | None


def _described(table: pd.DataFrame, *settings: str) -> None:
    """The table as a dataset that new-dataset describes, with few trials and these settings."""
    Path("datasets/own.yaml").unlink(missing_ok=True)
    table.to_csv("own.csv", index=False)
    assert main(["new-dataset", "own.csv", "--target", "y"]) == 0
    apply_overrides("params.yaml", [*SMALL, *settings])


def _evaluated(own_table: OwnTable) -> Evaluated:
    own_table.run(*STAGES)
    metrics, findings, uncertainty = (
        json.loads(Path(f"reports/evaluate/{name}.json").read_text(encoding="utf-8"))
        for name in ("all_metrics", "findings", "uncertainty")
    )
    page = html.unescape(re.sub("<[^>]+>", "", Path("reports/index.html").read_text(encoding="utf-8")))
    sentences = {finding["name"]: finding["sentence"] for finding in findings}
    interval = uncertainty.get("prediction_interval")
    return Evaluated(metrics["test"], sentences, page, interval and interval["coverage"])


def _follow(text: str, about: str = "") -> str:
    """Write the only setting of a sentence, which is about something, to params.yaml, as `dvc exp run -S` does."""
    (setting,) = dict.fromkeys(SETTING.findall(text[text.index(about) :].split(". ")[0] if about else text))
    apply_overrides("params.yaml", [setting])
    return str(setting)


def _features(random: np.random.Generator, rows: int) -> pd.DataFrame:
    return pd.DataFrame({"a": random.normal(size=rows).round(3), "b": random.normal(size=rows).round(3)})


@pytest.mark.long("test_more_rounds_lower_the_error_where_their_limit_ended_the_boosting")
def test_a_threshold_by_f1_finds_positives_where_the_page_finds_none(own_table: OwnTable) -> None:
    random = np.random.default_rng(1)
    table = _features(random, 2000)
    table["y"] = np.where(random.random(2000) < 0.3 / (1 + np.exp(4 - 3 * table["a"])), "yes", "no")
    _described(table)
    before = _evaluated(own_table)
    assert before.test["f1"] == 0
    assert _follow(before.findings["class_never_predicted"]) == "train_best.threshold=max_f1"
    after = _evaluated(own_table)
    assert "class_never_predicted" not in after.findings
    assert after.test["f1"] > 0.2
    assert after.test["log_loss"] == before.test["log_loss"]


@pytest.mark.long("test_more_rounds_lower_the_error_where_their_limit_ended_the_boosting")
def test_balanced_weights_predict_classes_that_were_never_predicted(own_table: OwnTable) -> None:
    random = np.random.default_rng(2)
    table = _features(random, 2000)
    rare = np.where(table["a"] > 0, "one", "two")
    table["y"] = np.where(random.random(2000) < 0.06, rare, random.choice(["many", "more"], 2000, p=[0.7, 0.3]))
    _described(table)
    before = _evaluated(own_table)
    assert _follow(before.findings["class_never_predicted"]) == "booster.class_weight=balanced"
    after = _evaluated(own_table)
    assert "class_never_predicted" not in after.findings
    assert after.test["balanced_accuracy"] > before.test["balanced_accuracy"] + 0.05
    # The price that the sentence names.
    assert after.test["log_loss"] > before.test["log_loss"]


@pytest.mark.long("test_more_rounds_lower_the_error_where_their_limit_ended_the_boosting")
def test_a_stratified_split_has_every_class_in_every_fold(own_table: OwnTable) -> None:
    random = np.random.default_rng(0)
    table = _features(random, 400)
    often = np.where(table["a"] > 0, "up", "down")
    table["y"] = np.where(np.arange(400) < 30, [f"rare {row % 10}" for row in range(400)], often)
    _described(table)
    before = _evaluated(own_table)
    assert _follow(before.findings["missing_classes"]) == "split.strategy=stratified"
    assert "missing_classes" not in _evaluated(own_table).findings


@pytest.mark.slow
def test_more_rounds_lower_the_error_where_their_limit_ended_the_boosting(own_table: OwnTable) -> None:
    random = np.random.default_rng(3)
    table = _features(random, 1500)
    table["y"] = (10 * np.sin(3 * table["a"]) * table["b"] + random.normal(size=1500)).round(3)
    _described(table, "tune.max_rounds=12")
    before = _evaluated(own_table)
    assert _follow(before.page, "the limit of 12 rounds ended the boosting") == "tune.max_rounds=24"
    assert _evaluated(own_table).test["rmse"] < 0.9 * before.test["rmse"]


@pytest.mark.long("test_more_rounds_lower_the_error_where_their_limit_ended_the_boosting")
def test_a_rolling_window_covers_more_where_the_rows_drift(own_table: OwnTable) -> None:
    """The noise grows with time; of twelve such tables (four kinds of drift) eleven were covered better."""
    random = np.random.default_rng(1)
    table = _features(random, 2000)
    table["y"] = (table["a"] + np.exp(np.linspace(0, 3, 2000)) * random.normal(size=2000)).round(3)
    table["day"] = pd.date_range("2020-01-01", periods=2000).strftime("%Y-%m-%d")
    _described(table, "split.strategy=time", "split.time=day", "train_best.interval=0.8")
    before = _evaluated(own_table)
    assert _follow(before.page, "the rows drift") == "split.window=rolling"
    after = _evaluated(own_table)
    assert before.coverage is not None
    assert after.coverage is not None
    assert before.coverage + 0.03 < after.coverage < 0.8
    assert "the rows drift; retrain more often, or ask for a higher coverage" in after.page


@pytest.mark.long("test_more_rounds_lower_the_error_where_their_limit_ended_the_boosting")
@pytest.mark.parametrize("kind", ["group", "time"])
def test_the_split_that_new_dataset_advises_foretells_the_error_on_new_rows(
    kind: str, own_table: OwnTable, capsys: pytest.CaptureFixture[str]
) -> None:
    """The target has a level of each shop, or one that wanders; the model then predicts other shops, or later days."""
    random = np.random.default_rng(5)
    table = _features(random, 1600)
    if kind == "group":
        shop = np.repeat(np.arange(200), 8)
        table.insert(0, "shop_id", [f"shop {number}" for number in shop])
        table["size"] = random.gamma(3, 10, 200).round(2)[shop]
        level = 3 * random.normal(size=200)[shop]
    else:
        table.insert(0, "day", pd.date_range("2016-01-01", periods=1600).strftime("%Y-%m-%d"))
        level = lfilter([1.0], [1.0, -0.98], random.normal(size=1600)) / 2
    table["y"] = (table["a"] + level + 0.3 * random.normal(size=1600)).round(3)
    known = table.iloc[:1280] if kind == "time" else table[shop < 160]
    table.drop(known.index).to_csv("new.csv", index=False)
    off = {}
    for advised in (False, True):
        _described(known)
        printed = capsys.readouterr().out
        settings = re.findall(r"-S (split\.\w+=\w+)", printed)
        assert f"split.strategy={kind}" in settings
        apply_overrides("params.yaml", settings if advised else ["split.strategy=random"])
        expected = _evaluated(own_table).test["rmse"]
        predict_file("new.csv", "out.csv", SavedModel.load(Path("models/model")), force=True)
        errors = pd.read_csv("out.csv")["predicted"] - table.drop(known.index)["y"].to_numpy()
        off[advised] = abs(np.log(float(np.sqrt(np.mean(errors**2))) / expected))
    assert off[True] < 0.5 * off[False]
