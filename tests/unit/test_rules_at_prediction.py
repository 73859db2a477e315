"""Rules behind each other do to new rows what they did in training, as the model's intake reads them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import yaml

from lockstep.check.config import Dataset, parse_dataset
from lockstep.clean.apply_rules import apply_rule
from lockstep.clean.cleaning import clean_table
from lockstep.clean.declaration import Declaration
from lockstep.clean.rule import RULES, DropRows, Rule
from lockstep.errors import ConfigError, DataError
from lockstep.model.intake import Intake
from lockstep.model.missing_cells import MissingCells
from lockstep.testing.tables import TYPES, standard_table

every_rule = pytest.mark.parametrize("name", RULES.built_in())


def _dataset(*rules: Mapping[str, Any]) -> Dataset:
    facts: dict[str, Any] = {
        "about": "made by a test",
        "target": "y",
        "metric": None,
        "weight": None,
        "exposure": None,
        "source": {"kind": "sklearn", "loader": "diabetes"},
        "missing_values": [""],
        "columns": {name: {"type": kind, "missing": name != "y"} for name, kind in TYPES.items()},
        "clean": list(rules),
        "features": {"raw": [{"step": "columns", "columns": ["latitude"]}]},
        "judging": {"slices": [], "coordinates": None},
    }
    return parse_dataset(yaml.safe_dump(facts, sort_keys=False), Path("facts"))


def _raw() -> pa.Table:
    frame = standard_table().drop(columns="row_id")
    frame["garden"] = frame["garden"].map({0.0: "false", 1.0: "true"})
    return pa.table({name: ["" if pd.isna(value) else str(value) for value in frame[name]] for name in frame.columns})


def _both(dataset: Dataset, clean: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that cleaning kept, as a model would read them from the source, and as cleaning made them."""
    columns = [name for name in clean.columns if name not in ("row_id", "y")]
    intake = Intake.of(dataset, columns)
    raw = _raw().take(pa.array(clean["row_id"]))
    for name in intake.given:
        raw = raw.append_column(name, pa.array([str(count) for count in clean[name]]))
    return intake.frame(raw)[columns], clean[columns]


def _examples(name: str) -> Iterator[dict[str, Any]]:
    for example in RULES[name].examples():
        yield {"rule": name, **example}


@every_rule
def test_every_rule_has_an_example_that_changes_the_standard_table(name: str) -> None:
    examples = list(_examples(name))
    assert examples
    for example in examples:
        assert not apply_rule(standard_table(), RULES.parse(example)).equals(standard_table())


@every_rule
def test_rules_behind_each_other_do_to_new_rows_what_they_did_in_training(name: str) -> None:
    tried = set[str]()
    for other in RULES.built_in():
        for first, second in ((one, two) for one in _examples(name) for two in _examples(other)):
            try:
                dataset = _dataset(first, second)
            except ConfigError:  # the first takes away what the second reads, or makes what it makes
                continue
            try:
                clean, _ = clean_table(_raw(), dataset, "facts")
            except DataError as error:
                if "rows are left after cleaning" not in str(error):
                    raise
                continue
            tried.add(other)
            pd.testing.assert_frame_equal(*_both(dataset, clean), check_dtype=False, check_exact=True)
    assert len(tried) >= len(RULES.built_in()) // 2


def test_a_rule_that_does_not_say_what_it_does_to_new_rows_cannot_exist() -> None:
    class Clip(Rule):
        column: str

        def reads(self) -> tuple[str]:
            return (self.column,)

    with pytest.raises(TypeError, match="for_new_rows"):
        Clip.model_validate({"column": "a"})


def test_a_rule_that_changes_a_column_in_place_reads_it_and_what_it_needs() -> None:
    class FillFrom(Rule):
        column: str
        other: str

        def reads(self) -> tuple[str, str]:
            return self.column, self.other

        def changes(self) -> tuple[str]:
            return (self.column,)

        def for_new_rows(self, needed: Any) -> "FillFrom | None":
            return self if self.column in needed else None

    declared = Declaration.of(FillFrom(column="b", other="a"))
    assert declared.needed_before({"b", "word"}) == {"a", "b", "word"}


def test_rules_that_only_drop_rows_do_nothing_to_new_ones() -> None:
    dropping = [kind for kind in RULES.classes().values() if issubclass(kind, DropRows)]
    assert len(dropping) >= 3
    for kind in dropping:
        assert kind.model_validate(kind.examples()[0]).for_new_rows(set(TYPES)) is None


def test_a_column_that_no_new_row_can_have_is_refused_when_the_model_is_made() -> None:
    with pytest.raises(DataError, match="column 'nowhere' of the cleaned table cannot be computed for a new row"):
        Intake.of(_dataset(), ["area", "nowhere"])


def test_of_a_rename_a_model_keeps_the_columns_that_it_needs() -> None:
    rename = {"rule": "rename", "columns": {"area": "size", "kind": "building"}}
    saved = Intake.of(_dataset(rename), ["building", "rooms"]).to_json()
    assert saved["rules"] == [{"rule": "rename", "columns": {"kind": "building"}}]
    assert [column["name"] for column in saved["columns"]] == ["rooms", "kind"]


COUNTED = {"rule": "drop_duplicates", "columns": ["kind", "floors"], "keep": "first", "count_as": "n_copies"}


def test_new_rows_without_a_count_have_the_number_that_the_rule_states() -> None:
    intake = Intake.of(_dataset(COUNTED | {"at_prediction": 3}), ["n_copies"])
    restored = Intake.from_json(intake.to_json())
    for each in (intake, restored):
        assert each.frame(_raw())["n_copies"].unique().tolist() == [3]
    brought = _raw().append_column("n_copies", pa.array(["", *["7"] * (_raw().num_rows - 1)]))
    assert intake.frame(brought)["n_copies"].tolist()[:2] == [3, 7]
    (note,) = intake.check_columns([], "rows.csv")
    assert note.startswith("rows.csv: no column 'n_copies'; every row counts as 3 copies; rows that count otherwise")


def test_a_count_that_new_rows_must_bring_is_asked_for() -> None:
    intake = Intake.of(_dataset(COUNTED | {"at_prediction": "required"}), ["n_copies"])
    with pytest.raises(DataError, match=r"^rows: no column 'n_copies', which no row alone tells \(at_prediction: req"):
        intake.frame(_raw(), "rows")
    brought = _raw().append_column("n_copies", pa.array(["", *["7"] * (_raw().num_rows - 1)]))
    with pytest.raises(DataError, match="rows: column 'n_copies': row 1: the value is missing; correct the value"):
        intake.frame(brought, "rows", missing=MissingCells())
    assert intake.frame(brought.slice(1))["n_copies"].unique().tolist() == [7]


def test_what_new_rows_get_without_a_count_is_no_setting_of_a_rule_that_counts_none() -> None:
    without = {key: value for key, value in COUNTED.items() if key != "count_as"}
    with pytest.raises(ConfigError, match="`at_prediction` goes with count_as; leave it out, or name the column"):
        _dataset(without | {"at_prediction": "required"})


class Reused(Rule):
    """Renames or removes a column, and makes one of the given name."""

    removed: tuple[str, ...] = ()
    renamed: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    made: tuple[str, ...] = ()

    def reads(self) -> tuple[str, ...]:
        return ()

    def removes(self) -> tuple[str, ...]:
        return self.removed

    def renames(self) -> dict[str, str]:
        return self.renamed

    def makes(self) -> dict[str, str]:
        return dict.fromkeys(self.made, "number")

    def for_new_rows(self, needed: Any) -> "Reused | None":
        return self


def test_a_removed_column_frees_its_name_for_a_renamed_one_but_not_for_values() -> None:
    types = {"a": "number", "b": "text"}
    freed = Declaration.of(Reused(removed=("a",), renamed={"b": "a"}))
    assert freed.types_after(types, "rule") == {"a": "text"}
    for taken in (
        Reused(removed=("a",), made=("a",)),
        Reused(renamed={"a": "c"}, made=("a",)),
        Reused(renamed={"a": "c"}, made=("c",)),
        Reused(renamed={"a": "b"}),
    ):
        with pytest.raises(ValueError, match=r"^rule: makes column '[abc]' twice"):
            Declaration.of(taken).types_after(types, "rule")


def test_a_saved_rule_that_this_version_does_not_have_is_named() -> None:
    described = Intake.of(_dataset(next(_examples("ratio"))), ["area_per_room"]).to_json()
    assert described["rules"][0] == next(_examples("ratio"))
    described["rules"][0]["rule"] = "winsorise"
    with pytest.raises(DataError) as refused:
        Intake.from_json(described)
    assert "trained with the cleaning rule 'winsorise', which this version of Lockstep does not have" in str(
        refused.value
    )
    assert "damaged" not in str(refused.value)
