"""Every cleaning rule states what it does to new rows, and does it as it did in training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pytest
import yaml

from lockstep.check.config import Dataset, parse_dataset
from lockstep.clean.cleaning import clean_table
from lockstep.clean.rules import RULES, BaseRule, DropRows
from lockstep.errors import ConfigError, DataError
from lockstep.model.intake import Intake

# One use of each rule on the table below, in which it changes something.
EXAMPLES: Mapping[str, dict[str, Any]] = {
    "drop_missing": {"columns": ["b"]},
    "drop_duplicates": {"columns": ["a", "word"], "keep": "first", "count_as": "n_alike"},
    "drop_values": {"column": "word", "values": ["x"]},
    "drop_outside": {"column": "a", "min": 2.0, "max": 8.0},
    "ratio": {"name": "quotient", "numerator": "a", "denominator": "b"},
    "scale": {"column": "a", "divide_by": 1.25},
    "date_part": {"name": "weekday", "column": "day", "part": "weekday"},
    "rename": {"columns": {"word": "kind"}},
    "drop_columns": {"columns": ["word"]},
}
ROWS = 60
every_rule = pytest.mark.parametrize("name", sorted(RULES))


def _dataset(*rules: Mapping[str, Any]) -> Dataset:
    facts = {
        "about": "made by a test",
        "target": "y",
        "source": {"kind": "sklearn", "loader": "diabetes"},
        "missing_values": [""],
        "columns": {
            "a": {"type": "number"},
            "b": {"type": "number", "missing": True},
            "word": {"type": "category"},
            "day": {"type": "date"},
            "y": {"type": "number"},
        },
        "clean": list(rules),
        "features": {"raw": [{"step": "count", "columns": ["day"]}]},
        "judging": {"slices": [], "coordinates": None},
    }
    return parse_dataset(yaml.safe_dump(facts, sort_keys=False), Path("facts"))


def _raw() -> pa.Table:
    return pa.table(
        {
            "a": [str(row % 11) for row in range(ROWS)],
            "b": ["" if row % 9 == 4 else str(row % 5) for row in range(ROWS)],
            "word": ["xyz"[row % 3] for row in range(ROWS)],
            "day": [f"2024-03-{1 + row % 28:02d}" for row in range(ROWS)],
            "y": [str(row * row % 7) for row in range(ROWS)],
        }
    )


def _cleaned(dataset: Dataset) -> pd.DataFrame:
    clean, _ = clean_table(_raw(), dataset, "facts")
    return clean


def _both(dataset: Dataset, clean: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that cleaning kept, as a model would read them from the source, and as cleaning made them."""
    columns = [name for name in clean.columns if name not in ("row_id", "y")]
    intake = Intake.of(dataset, columns)
    raw = _raw().take(pa.array(clean["row_id"]))
    for name in intake.given:
        raw = raw.append_column(name, pa.array([str(count) for count in clean[name]]))
    return intake.frame(raw)[columns], clean[columns]


def test_every_rule_has_an_example_here() -> None:
    kinds = BaseRule.__subclasses__()
    for kind in kinds:
        kinds += kind.__subclasses__()
    rules = {kind for kind in kinds if "rule" in kind.model_fields and kind.__module__ == "lockstep.clean.rules"}
    assert rules == set(RULES.values())
    assert set(EXAMPLES) == set(RULES)


@every_rule
def test_a_rule_does_to_new_rows_what_it_did_in_training(name: str) -> None:
    dataset = _dataset({"rule": name, **EXAMPLES[name]})
    clean = _cleaned(dataset)
    assert not clean.equals(_cleaned(_dataset()))
    pd.testing.assert_frame_equal(*_both(dataset, clean), check_dtype=False, check_exact=True)


@every_rule
def test_no_new_row_is_dropped(name: str) -> None:
    dataset = _dataset({"rule": name, **EXAMPLES[name]})
    columns = [each for each in _cleaned(dataset).columns if each not in ("row_id", "y")]
    assert len(Intake.of(dataset, columns).frame(_raw())) == ROWS


@every_rule
def test_rules_behind_each_other_do_to_new_rows_what_they_did_in_training(name: str) -> None:
    tried = 0
    for other in sorted(RULES):
        try:
            dataset = _dataset({"rule": name, **EXAMPLES[name]}, {"rule": other, **EXAMPLES[other]})
        except ConfigError:  # the first takes away what the second reads, or makes what it makes
            continue
        clean, tried = _cleaned(dataset), tried + 1
        pd.testing.assert_frame_equal(*_both(dataset, clean), check_dtype=False, check_exact=True)
    assert tried >= len(RULES) // 2


def test_a_rule_that_does_not_say_what_it_does_to_new_rows_cannot_exist() -> None:
    class Clip(BaseRule):
        rule: Literal["clip"]
        column: str

    with pytest.raises(TypeError, match="for_new_rows"):
        Clip.model_validate({"rule": "clip", "column": "a"})


def test_a_rule_that_changes_a_column_in_place_reads_it_and_what_it_needs() -> None:
    class FillFrom(BaseRule):
        rule: Literal["fill_from"] = "fill_from"
        column: str
        other: str

        def needs(self) -> tuple[str, str]:
            return self.column, self.other

        def for_new_rows(self, needed: Any) -> "FillFrom | None":
            return self if self.column in needed else None

    assert FillFrom(column="b", other="a").needed_before({"b", "word"}) == {"a", "b", "word"}


def test_rules_that_only_drop_rows_do_nothing_to_new_ones() -> None:
    for name, kind in RULES.items():
        rule = kind.model_validate({"rule": name, **EXAMPLES[name]})
        assert (rule.for_new_rows({"a", "b", "word", "day"}) is None) or not isinstance(rule, DropRows)


def test_a_column_that_no_new_row_can_have_is_refused_when_the_model_is_made() -> None:
    with pytest.raises(DataError, match="column 'nowhere' of the cleaned table cannot be computed for a new row"):
        Intake.of(_dataset(), ["a", "nowhere"])


def test_a_saved_rule_that_this_version_does_not_have_is_named() -> None:
    described = Intake.of(_dataset({"rule": "ratio", **EXAMPLES["ratio"]}), ["quotient"]).to_json()
    described["rules"][0]["rule"] = "winsorise"
    with pytest.raises(DataError) as refused:
        Intake.from_json(described)
    assert "trained with the cleaning rule 'winsorise', which this version of Lockstep does not have" in str(
        refused.value
    )
    assert "damaged" not in str(refused.value)
