"""check_rule: every built-in rule passes, and each planted defect is caught by the promise that it breaks."""

import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import pytest

from lockstep.clean.rule import RULES, AddColumns, DropRows, Mask, Rule
from lockstep.testing.rules import check_rule

EXAMPLES = [(name, dict(example)) for name in RULES.built_in() for example in RULES[name].examples()]


@pytest.mark.parametrize(("name", "settings"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_every_built_in_rule_keeps_its_promises(name: str, settings: dict[str, Any]) -> None:
    check_rule(RULES.parse({"rule": name, **settings}))


class Made(AddColumns):
    """A column made of the area; the defects below derive from it."""

    reading: ClassVar[tuple[str, ...]] = ("area",)

    def reads(self) -> tuple[str, ...]:
        return self.reading

    def makes(self) -> Mapping[str, str]:
        return {"made": "number"}

    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        return {"made": frame["area"] * 2}


class Centred(Made):
    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        return {"made": frame["area"] - frame["area"].mean()}


class Running(Made):
    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        return {"made": frame["area"].cumsum()}


class OnlyPresent(Made):
    reading: ClassVar[tuple[str, ...]] = ("rooms",)

    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        return {"made": frame["rooms"].dropna()}


class Sorted(Made):
    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        return {"made": frame["area"].sort_values()}


class Unnamed(Made):
    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        return {"made": frame["area"], "more": frame["area"]}


class Undeclared(Made):
    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        return {"made": frame["area"] / frame["floors"]}


class OtherType(Made):
    def makes(self) -> Mapping[str, str]:
        return {"made": "integer"}


class InPlace(Made):
    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        frame["area"] = frame["area"] * 2
        return {"made": frame["area"]}


class OfProcess(Made):
    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        return {"made": frame["area"] + os.getpid()}


class OfHash(Made):
    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        return {"made": frame["area"] + hash("area") % 1000}


class HiddenSource(Made):
    reading: ClassVar[tuple[str, ...]] = ("area", "y")

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        return {"made": ("area",)}

    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        return {"made": frame["area"] + frame["y"]}


class Forgotten(Made):
    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return None


class OnlyKnown(Made):
    reading: ClassVar[tuple[str, ...]] = ("kind",)

    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        numbers = {"flat": 1.0, "house": 2.0, "hut": 3.0}
        return {"made": pd.Series([np.nan if pd.isna(kind) else numbers[kind] for kind in frame["kind"]], frame.index)}


class OneRowMore(Made):
    """Fails on an empty table."""

    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        return {"made": frame["area"] - frame["area"].iloc[0]}


class Texts(DropRows):
    """Its mask is no mask of bools."""

    def reads(self) -> tuple[str]:
        return ("kind",)

    def rows_to_keep(self, frame: pd.DataFrame) -> Mask:
        return frame["kind"].to_numpy()


class LikeDropped(DropRows):
    """Changes new rows, but not those of training."""

    def reads(self) -> tuple[str]:
        return ("area",)

    def rows_to_keep(self, frame: pd.DataFrame) -> Mask:
        return (frame["area"] > 50).to_numpy()

    def removes(self) -> tuple[str, ...]:
        return ()


class RenamedInTraining(Rule):
    """Renames in training alone."""

    def reads(self) -> tuple[str, ...]:
        return ()

    def renames(self) -> Mapping[str, str]:
        return {"area": "size"}

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return None


def test_a_rule_without_defects_passes() -> None:
    check_rule(Made())
    check_rule(LikeDropped())


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (Centred, "new rows get the values of training; this rule gives others in column 'made' when 1 new rows"),
        (Running, "new rows get the values of training"),
        (OnlyPresent, r"returns what it declares; .* column 'made' has 110 rows, the table 120"),
        (Sorted, r"returns what it declares; .* has another index than the table"),
        (Unnamed, r"returns the columns made, more; the rule makes and changes made; return exactly those"),
        (Undeclared, r"with the columns that it reads, .*KeyError: 'floors'"),
        (OtherType, r"column 'made' has values that are not whole"),
        (InPlace, "a rule does not modify the table that it is given; this one does"),
        (OfProcess, "a rule gives the same bytes each time.*; this one differs in another process"),
        (OfHash, "a rule gives the same bytes each time.*; this one differs in another process"),
        (HiddenSource, "names every column from which 'made' is computed; 'y' is missing there"),
        (Forgotten, "this rule does not make 'made' for them"),
        (OnlyKnown, "takes new rows with missing and with unseen values; this one does not: KeyError: 'never seen'"),
        (OneRowMore, "works on empty tables"),
        (Texts, r"rows_to_keep\(\) returns values of type"),
        (RenamedInTraining, "this rule does not make 'size' for them"),
    ],
)
def test_a_planted_defect_is_caught(rule: type[Rule], sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_rule(rule())


def test_a_rule_of_custom_is_imported_by_the_other_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "custom/rules").mkdir(parents=True)
    (tmp_path / "custom/rules/double.py").write_text(
        '"""The rule double."""\n'
        "from lockstep.clean.rule import AddColumns\n\n\n"
        "class Double(AddColumns):\n"
        '    """Twice a column."""\n\n'
        "    column: str\n\n"
        "    def reads(self):\n        return (self.column,)\n\n"
        "    def makes(self):\n        return {'twice': 'number'}\n\n"
        "    def compute(self, frame):\n        return {'twice': frame[self.column] * 2}\n"
    )
    monkeypatch.chdir(tmp_path)
    check_rule(RULES.parse({"rule": "double", "column": "area"}))
