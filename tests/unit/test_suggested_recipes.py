"""The recipes that lockstep new-dataset writes, from findings alone."""

import pytest

from lockstep.inspect.findings import Finding, Role, TableFindings, TargetFinding, Type
from lockstep.inspect.suggested_recipes import StepData, suggested_recipes


def _recipes(columns: dict[str, tuple[Type, Role]], renamed: dict[str, str] | None = None) -> dict[str, list[StepData]]:
    found = tuple(Finding(name, kind, role, "", 0, 100) for name, (kind, role) in columns.items())
    target = TargetFinding("y", "number", (), 0, ())
    recipes = suggested_recipes(TableFindings(100, target, found, ()), renamed or {})
    return {name: recipe.steps for name, recipe in recipes.items()}


def _named(steps: list[StepData], step: str) -> list[StepData]:
    return [{key: value for key, value in each.items() if key != "step"} for each in steps if each["step"] == step]


def test_full_has_the_difference_of_dates_and_of_times_of_day() -> None:
    columns: dict[str, tuple[Type, Role]] = {"a[1]": ("date", "plain"), "from": ("time", "plain")}
    columns |= {"n": ("number", "plain"), "end": ("date", "plain"), "until": ("time", "plain")}
    recipes = _recipes(columns, {"a[1]": "a"})
    assert _named(recipes["full"], "difference") == [
        {"name": "a_to_end", "start": "a", "end": "end"},
        {"name": "from_to_until", "start": "from", "end": "until", "period": 86400},
    ]
    assert not _named(recipes["raw"], "difference")


def test_of_many_dates_six_pairs_have_a_difference_and_neighbours_come_first() -> None:
    recipes = _recipes(dict.fromkeys("abcde", ("date", "plain")))
    pairs = [step["start"] + step["end"] for step in _named(recipes["full"], "difference")]
    assert pairs == ["ab", "bc", "cd", "de", "ac", "bd"]


def test_a_table_of_one_text_has_its_words_in_both_recipes() -> None:
    recipes = _recipes({"review": ("text", "words")})
    for steps in recipes.values():
        assert _named(steps, "words") == [{"column": "review"}]
        assert _named(steps, "text") == [{"columns": ["review"]}]


@pytest.mark.parametrize(
    ("taken", "step", "rest"),
    [("t_words_target", "words", [{"column": "t", "encode": False}]), ("a_to_b", "difference", [])],
)
def test_a_feature_whose_name_is_taken_is_left_out(taken: str, step: str, rest: list[StepData]) -> None:
    columns: dict[str, tuple[Type, Role]] = {"t": ("text", "words"), "a": ("date", "plain"), "b": ("date", "plain")}
    assert _named(_recipes(columns | {taken: ("number", "plain")})["full"], step) == rest
