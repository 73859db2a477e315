"""The choice of features: what is planted is found, noise chooses nothing, and nothing is learned from other rows."""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from pydantic import TypeAdapter

from lockstep.check.config import load_config
from lockstep.errors import ConfigError
from lockstep.features.features_block import AutomaticRecipe, Recipe
from lockstep.features.recipe_file import ChosenRecipe
from lockstep.fitting.fitting import Fitting
from lockstep.guards.text.yaml_file import parsed_yaml
from lockstep.search.evaluation_log import EvaluationLog, FoldLog, NoLog
from lockstep.selection.choice import Choice, choose
from lockstep.selection.chosen_features import choice_table, choose_features
from lockstep.selection.forward import ForwardSelection
from lockstep.selection.inner_folds import prepare
from lockstep.selection.proposals import FeatureProblem
from lockstep.storage.tables import write_table
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target
from lockstep.workers.in_process import InProcess
from tests.conftest import OwnTable

N = 600
Columns = dict[str, npt.NDArray[np.generic] | pd.Series]


def _frame(columns: Columns, y: npt.NDArray[np.float64]) -> pd.DataFrame:
    return pd.DataFrame({"row_id": range(len(y)), "fold": np.arange(len(y)) % 3, **columns, "y": y})


def _types(frame: pd.DataFrame) -> dict[str, str]:
    kinds = {"f": "number", "i": "integer", "M": "date", "O": "category", "b": "boolean"}
    return {
        str(name): kinds.get(frame[name].dtype.kind, "category") for name in frame if name not in ("row_id", "fold")
    }


def _problem(
    frame: pd.DataFrame, groups: Sequence[str] | None = None, classes: tuple[int, ...] = (), **more: object
) -> FeatureProblem:
    columns = [name for name in frame if name not in ("row_id", "fold", "y", "when")]
    start = [{"step": "columns", "columns": columns}]
    automatic = AutomaticRecipe.model_validate({"start": start, "groups": groups, **more})
    fitting = Fitting(objective="classes", metric="log_loss", n_classes=2) if classes else Fitting()
    return FeatureProblem(automatic, _types(frame), Target("y", classes), CrossFitting(), 7, fitting)


def _choice(problem: FeatureProblem, frame: pd.DataFrame, folder: Path, log: FoldLog | None = None) -> Choice:
    with InProcess() as executor:
        (choice,) = choose(problem, [frame], folder / "choice", executor, log or NoLog())
    return choice


def _planted(name: str, rows: int = N) -> pd.DataFrame:
    random = np.random.default_rng(3)
    a, b, c = 1 + random.random(rows), 1 + random.random(rows), random.normal(size=rows)
    noise, word = 0.1 * random.normal(size=rows), random.choice([f"w{i}" for i in range(90)], rows)
    level = dict(zip(sorted(set(word)), 5 * random.normal(size=90), strict=False))
    lat, lon = 45 + random.random(rows), 5 + random.random(rows)
    start = pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 10**8, rows), unit="s")
    seconds = random.integers(0, 10**5, rows)
    end = start + pd.to_timedelta(seconds, unit="s")
    dates: Columns = {"start": pd.Series(start.astype("datetime64[s]")), "end": pd.Series(end.astype("datetime64[s]"))}
    match name:
        case "pairs":
            return _frame({"a": a, "b": b, "c": c}, np.sin(8 * a / b) + noise)
        case "neighbours":
            return _frame({"lat": lat, "lon": lon, "c": c}, np.sin(25 * lat) * np.sin(25 * lon) + noise)
        case "encodings":
            return _frame({"word": pd.Series(word, dtype="str"), "c": c}, np.array([level[w] for w in word]) + noise)
        case "group_statistics":
            centre = np.array([level[w] for w in word])
            return _frame({"word": pd.Series(word, dtype="str"), "c": 20 * centre + c}, c + noise)
        case "durations":
            return _frame({**dates, "c": c}, seconds / 10**4 + noise)
        case "dates":
            hour = pd.Series(start).dt.hour.to_numpy()
            return _frame({"start": dates["start"], "c": c}, np.where((hour >= 7) & (hour < 19), 1.0, 0.0) + noise)
        case "crossed":
            one, two = (
                random.choice([f"a{i}" for i in range(8)], rows),
                random.choice([f"b{i}" for i in range(8)], rows),
            )
            of_pair = {pair: random.normal() for pair in sorted(set(zip(one, two, strict=True)))}
            y = 5 * np.array([of_pair[pair] for pair in zip(one, two, strict=True)]) + noise
            return _frame({"one": pd.Series(one, dtype="str"), "two": pd.Series(two, dtype="str")}, y)
    raise ValueError(name)


OTHERS = {"row_id", "fold", "c", "y"}
PLANTED = ["pairs", "neighbours", "encodings", "group_statistics", "durations", "dates", "crossed"]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_signal_is_found(name: str, tmp_path: Path) -> None:
    frame = _planted(name)
    problem = _problem(frame, [name])
    if name in ("encodings", "crossed"):
        # trees find what they see of a category's values themselves: a recipe that encodes many values hides it
        start = [{"step": "count" if name == "encodings" else "target_encode", "columns": sorted({*frame} - OTHERS)}]
        problem = replace(problem, automatic=AutomaticRecipe.model_validate({"start": start, "groups": [name]}))
    assert name in _choice(problem, frame, tmp_path).kept


@pytest.mark.slow
@pytest.mark.parametrize("classes", [(), (0, 1)])
def test_pure_noise_chooses_nothing(classes: tuple[int, ...], tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    frame = _planted("durations").assign(
        word=pd.Series(random.choice(list("abcdefghijkl"), N), dtype="str"),
        kind=pd.Series(random.choice(list("xyz"), N), dtype="str"),
        lat=45 + random.random(N),
        lon=5 + random.random(N),
    )
    frame["y"] = random.integers(0, 2, N) if classes else random.normal(size=N)
    choice = _choice(_problem(frame, classes=classes), frame, tmp_path)
    assert {gain.group for gain in choice.alone} >= {"neighbours", "pairs", "encodings", "crossed", "durations"}
    assert choice.kept == ()


def _all_groups(frame: pd.DataFrame) -> FeatureProblem:
    return _problem(frame, ["pairs", "encodings", "crossed"])


def _mixed() -> pd.DataFrame:
    """A ratio and a category of many values."""
    random = np.random.default_rng(5)
    frame, word = _planted("pairs"), random.choice([f"w{number}" for number in range(40)], N)
    level = dict(zip(sorted(set(word)), random.normal(size=40), strict=True))
    effect = np.array([level[each] for each in word])
    return frame.assign(word=pd.Series(word, dtype="str"), y=frame["y"] + 0.2 * effect)


@pytest.mark.slow
def test_a_fold_s_recipe_depends_on_its_training_rows_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_WORKERS", "1")
    frame = _planted("pairs", 360)
    chosen, choices = choose_features(_problem(frame, ["pairs"]), frame, NoLog())
    assert chosen.of_folds[0] != _problem(frame).automatic.start
    poisoned = frame.copy()
    validates = poisoned["fold"] == 0
    poisoned.loc[validates, ["a", "b", "y"]] *= -1000.0
    again, choices_again = choose_features(_problem(frame, ["pairs"]), poisoned, NoLog())
    assert again.of_folds[0] == chosen.of_folds[0]
    assert choices_again[0] == choices[0]
    assert choices_again[-1] != choices[-1]


def test_inner_validation_rows_change_nothing_that_is_learned(tmp_path: Path) -> None:
    frame, (train, valid) = _mixed(), (np.arange(400), np.arange(400, N))
    problem, folds = _all_groups(frame), []
    for name, poison in (("clean", False), ("poisoned", True)):
        rows = frame.copy()
        rows.loc[valid, "y"] = 1e6 if poison else rows.loc[valid, "y"]
        write_table(rows, tmp_path / f"{name}.parquet")
        folds.append(prepare(problem, tmp_path / f"{name}.parquet", train, valid, tmp_path / name))
    assert folds[0].digests == folds[1].digests
    assert folds[0].columns == folds[1].columns


@pytest.mark.slow
def test_the_choice_is_the_same_for_any_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = []
    for workers in ("1", "3"):
        monkeypatch.setenv("LOCKSTEP_WORKERS", workers)
        outcomes.append(choose_features(_problem(_planted("pairs", 360), ["pairs"]), _planted("pairs", 360), NoLog()))
    assert outcomes[0] == outcomes[1]


def test_after_a_crash_the_log_repeats_no_fit_and_changes_nothing(tmp_path: Path) -> None:
    frame = _mixed()
    with EvaluationLog(tmp_path / "log.db") as log:
        first = _choice(_all_groups(frame), frame, tmp_path / "first", log)
        assert log.n_fitted > 20
    with EvaluationLog(tmp_path / "log.db") as log:
        assert _choice(_all_groups(frame), frame, tmp_path / "second", log) == first
        assert log.n_fitted == 0


def test_the_written_recipe_pasted_into_the_dataset_file_is_the_same_recipe(tmp_path: Path) -> None:
    frame = _mixed()
    chosen = ChosenRecipe(_choice(_all_groups(frame), frame, tmp_path).steps)
    assert len(chosen.steps) > 1
    chosen.write(tmp_path / "recipe.yaml", tmp_path / "choice.json")
    text = (tmp_path / "recipe.yaml").read_text(encoding="utf-8")
    pasted = "features:\n  mine:\n" + textwrap.indent(text, "    ")
    (steps,) = parsed_yaml(pasted, Path("own.yaml"))["features"].values()
    assert TypeAdapter(Recipe).validate_python(steps) == chosen.steps
    assert ChosenRecipe.read(tmp_path / "recipe.yaml", tmp_path / "choice.json") == chosen


def test_a_name_that_exists_is_made_by_no_group(tmp_path: Path) -> None:
    frame = _planted("pairs")
    start = [
        {"step": "columns", "columns": ["a", "b", "c"]},
        {"step": "ratio", "name": "a_per_b", "numerator": "a", "denominator": "b"},
    ]
    problem = replace(_problem(frame), automatic=AutomaticRecipe.model_validate({"start": start, "groups": ["pairs"]}))
    choice = _choice(problem, frame, tmp_path)
    assert choice.steps == problem.automatic.start


def test_a_candidate_of_the_dataset_file_is_a_group_by_itself(tmp_path: Path) -> None:
    frame = _planted("pairs")
    candidate = {"step": "ratio", "name": "mine", "numerator": "a", "denominator": "b"}
    choice = _choice(_problem(frame, [], candidates=[candidate]), frame, tmp_path)
    assert choice.kept == ("candidate 1 (ratio)",)
    assert [step.kind_name() for step in choice.steps] == ["columns", "ratio"]


def test_a_target_with_classes_is_encoded_once(tmp_path: Path) -> None:
    """Features of an encoding have a name per class, which is known only after fitting."""
    frame = _mixed().head(240)
    frame["y"] = np.arange(len(frame)) % 3
    word = next(name for name, kind in _types(frame).items() if kind == "category")
    start = [{"step": "columns", "columns": [word]}, {"step": "target_encode", "columns": [word]}]
    automatic = AutomaticRecipe.model_validate({"start": start, "groups": ["encodings"]})
    fitting = Fitting(objective="classes", metric="log_loss", n_classes=3)
    problem = FeatureProblem(automatic, _types(frame), Target("y", (0, 1, 2)), CrossFitting(), 7, fitting)
    assert _choice(problem, frame, tmp_path).steps[:2] == automatic.start


def test_a_fold_of_zero_counts_and_extreme_values_end_nothing(tmp_path: Path) -> None:
    frame = _planted("pairs").assign(when=np.arange(N, dtype=np.float64), e=1.0)
    frame["y"] = np.where(np.arange(N) < N // 2, 0.0, np.arange(N) % 3)
    frame.loc[N - 1, ["a", "b"]] = 1e30
    timed = replace(_problem(frame.drop(columns="e"), ["pairs"]), cross_fitting=CrossFitting(time="when", gap=5))
    fitting = Fitting(objective="poisson", metric="poisson_deviance")
    problem = replace(timed, target=Target("y", exposure="e"), fitting=fitting)
    assert _choice(problem, frame, tmp_path).steps[0] == problem.automatic.start[0]


def test_texts_like_numbers_stay_texts_in_the_written_recipe(tmp_path: Path) -> None:
    steps = TypeAdapter(Recipe).validate_python([{"step": "columns", "columns": ["1e3", "-7", ".5", "a"]}])
    recipe, choice = tmp_path / "recipe.yaml", tmp_path / "choice.json"
    ChosenRecipe(steps).write(recipe, choice)
    assert ChosenRecipe.read(recipe, choice).steps == steps


def test_a_choice_in_time_or_of_groups_follows_the_split(tmp_path: Path) -> None:
    frame = _planted("pairs").assign(when=np.arange(N) // 5)
    for name, cross_fitting in (("time", CrossFitting(time="when")), ("group", CrossFitting(group="when"))):
        problem = replace(_problem(frame, ["pairs"]), cross_fitting=cross_fitting)
        assert _choice(problem, frame, tmp_path / name).kept == ("pairs",)


def test_the_table_of_groups_says_what_each_adds(tmp_path: Path) -> None:
    frame = _mixed()
    choice = _choice(_all_groups(frame), frame, tmp_path)
    table = choice_table([choice, choice, choice]).set_index("group")
    assert table["chosen"]["pairs"]
    assert table["gain"]["pairs"] > 2 * table["standard_error"]["pairs"]
    assert table["chosen_in_folds"]["pairs"] == 2
    assert (table["cost"] > 0).all()
    assert choice_table([]).columns.tolist() == choice_table([choice]).columns.tolist()


def test_groups_are_added_in_the_order_of_their_gains_and_kept_while_they_gain() -> None:
    selection = ForwardSelection(["small", "large", "none"])
    assert selection.wanted() == [(), ("small",), ("large",), ("none",)]
    base = [10.0, 10.1, 9.9, 10.0]
    scores = {(): base, ("small",): [s - 1 for s in base], ("large",): [s - 3 for s in base], ("none",): base}
    selection.tell(scores)
    assert selection.wanted() == [("large", "small")]
    selection.tell({("large", "small"): [s - 3.001 for s in base]})
    assert selection.wanted() == []
    assert selection.kept == ("large",)


def test_a_fold_without_a_score_is_left_out() -> None:
    selection = ForwardSelection(["a"])
    selection.tell({(): [1.0, None, 1.0, 1.1], ("a",): [0.5, 0.1, 0.5, 0.6]})
    (gain,) = selection.alone
    assert gain.gain == pytest.approx(0.5)
    undefined = ForwardSelection(["a"])
    undefined.tell({(): [None, None], ("a",): [0.5, 0.1]})
    assert undefined.kept == ()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{start: full}", "features.auto.start: 'full' is no list of steps; to begin from a recipe write"),
        ("{start: *block, groups: [places]}", "there is no such group; built-in: crossed, "),
        ("{start: *block, groups: [pairs, pairs]}", "features.auto.groups: 'pairs' occurs twice; remove one"),
        ("{start: []}", "features.auto.start"),
        ("{begin: *block}", "features.auto.begin: unknown key"),
        ("{start: *block, candidates: [{step: log, columns: [y]}]}", "features.auto: uses the target 'y'"),
    ],
)
def test_a_mistake_in_an_automatic_recipe_is_one_line(own_table: OwnTable, entry: str, said: str) -> None:
    recipes = f"features: {{full: &block [{{step: columns, columns: [a, b]}}], auto: {entry}}}"
    own_table.write("a,b,y\n1,2,3\n")
    file = own_table.folder / "datasets/own.yaml"
    text = re.sub(r"^features:.*(\n +.*)*", recipes, file.read_text(), flags=re.MULTILINE)
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_monotone_feature_must_be_one_of_the_start(own_table: OwnTable) -> None:
    own_table.write("a,b,y\n1,2,3\n")
    file = own_table.folder / "datasets/own.yaml"
    recipes = "features: {auto: {start: [{step: columns, columns: [a, b]}]}}"
    file.write_text(re.sub(r"^features:.*(\n +.*)*", recipes, file.read_text(), flags=re.MULTILINE))
    own_table.edit_params("features: full", "features: auto")
    own_table.edit_params("monotone: {}", "monotone: {a: 1}")
    assert load_config().booster.monotone == {"a": 1}
    own_table.edit_params("monotone: {a: 1}", "monotone: {linear_model: 1}")
    with pytest.raises(ConfigError, match=r"booster.monotone.linear_model: recipe 'auto' .* makes no such feature"):
        load_config()
