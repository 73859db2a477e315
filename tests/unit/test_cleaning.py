"""Types and cleaning rules."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.clean.apply_rules import apply_rule
from lockstep.clean.column_block import Column
from lockstep.clean.columns import convert_columns
from lockstep.clean.conversion import WITH_COMMAS
from lockstep.clean.rule import RULES
from lockstep.errors import DataError


def _typed(values: list[str], **facts: object) -> pd.Series:
    column = Column.model_validate(facts)
    frame, _ = convert_columns(pa.table({"c": values}), {"c": column}, ["", "NA"], "facts")
    return frame["c"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_float_in_a_csv_keeps_its_last_bit(values: list[float]) -> None:
    series = _typed([repr(value) for value in values], type="number")
    assert series.tolist() == values


def test_partial_dates_are_the_first_day() -> None:
    dates = _typed(["2012", "2012-08", "2012-08-09", "NA"], type="date", missing=True)
    assert [str(date.date()) for date in dates[:3]] == ["2012-01-01", "2012-08-01", "2012-08-09"]
    assert pd.isna(dates[3])


def test_wrong_values_are_named() -> None:
    with pytest.raises(DataError, match=r"columns.c: row 2: '2012-13-01' is not a date"):
        _typed(["2012", "2012-13-01"], type="date")
    with pytest.raises(DataError, match=r"columns.c: row 1: .*1\.5.* is not a whole number"):
        _typed(["1.5"], type="integer")
    with pytest.raises(DataError, match=r"columns.c: row 2: 'maybe' is neither true nor false"):
        _typed(["True", "maybe"], type="boolean")


@pytest.mark.parametrize("name", ["\x1b[2Jb", "b\x07", "b" * 200])
def test_a_name_of_the_table_cannot_steer_a_terminal(name: str) -> None:
    short = repr(name) if len(name) < 80 else f"{name[:80]}..."
    number = Column.model_validate({"type": "number"})
    for table, line in (
        (pa.table({"c": ["1"]}), f"facts: columns.{short}: the table has no such column; it has: c"),
        (
            pa.table({name: ["x"]}),
            f"facts: columns.{short}: row 1: 'x' is not a number; correct the type, the file, or list",
        ),
        (pa.table({name: [""]}), f"facts: columns.{short}: every value is missing; leave the column out"),
    ):
        with pytest.raises(DataError) as error:
            convert_columns(table, {name: number}, [""], "facts")
        assert str(error.value).startswith(line)


def test_a_long_text_is_seen_to_be_no_number_in_one_pass() -> None:
    # 10^10 steps where each sign is a new beginning
    assert not WITH_COMMAS.fullmatch(" " * 100_000 + "x")
    assert not WITH_COMMAS.fullmatch("1" * 100_000 + "x")
    assert WITH_COMMAS.fullmatch("  1 234,5 ")


def test_whole_numbers_are_exact_or_refused() -> None:
    ids = [str(2**53 + number) for number in range(1, 41)]
    assert _typed(ids, type="integer").tolist() == [2**53 + number for number in range(1, 41)]
    assert _typed(["3.0", "4"], type="integer").tolist() == [3, 4]
    with pytest.raises(DataError, match=r"row 1: 1e\+300 is not a whole number"):
        _typed(["1e300"], type="integer")
    with pytest.raises(DataError, match=r"row 1: .* is not a whole number that a column with missing"):
        _typed([str(2**60), "NA"], type="integer", missing=True)


@pytest.mark.parametrize("kind", ["number", "category", "date", "boolean", "integer"])
def test_nested_columns_are_refused(kind: str) -> None:
    table = pa.table({"c": [[1, 2], [3]]})
    with pytest.raises(DataError, match=r"columns.c: values of type list<.*> cannot be read as"):
        convert_columns(table, {"c": Column.model_validate({"type": kind})}, [""], "facts")


def test_dates_with_something_behind_them_are_refused() -> None:
    with pytest.raises(DataError, match="'2020-01-01x' is not a date"):
        _typed(["2020-01-01x"], type="date")


def test_date_times_keep_their_clock() -> None:
    texts = ["2020-01-02T03:04:05Z", "2020-01-02 03:04", "20200102T030400", "20200102", "2020-01-02T03:04:05.678+02:00"]
    dates = _typed(texts, type="date")
    assert [str(date) for date in dates] == [
        "2020-01-02 03:04:05",
        "2020-01-02 03:04:00",
        "2020-01-02 03:04:00",
        "2020-01-02 00:00:00",
        "2020-01-02 03:04:05",
    ]
    with pytest.raises(DataError, match="'2020-01-02T25:00' is not a date"):
        _typed(["2020-01-02T25:00"], type="date")


def test_dictionary_columns_have_missing_values_too() -> None:
    table = pa.table({"c": pa.array(["x", "NA", "y"]).dictionary_encode()})
    frame, missing = convert_columns(table, {"c": Column(type="category", missing=True)}, ["NA"], "facts")
    assert frame["c"].isna().tolist() == [False, True, False]
    assert missing == {"c": 1}


def test_types() -> None:
    assert _typed(["1", "2"], type="integer").dtype == np.int64
    assert _typed(["True", "no"], type="boolean").tolist() == [1.0, 0.0]
    assert _typed(["x", "NA"], type="text", missing=True).isna().tolist() == [False, True]


FRAME = pd.DataFrame({"row_id": range(6), "a": [1, 1, 2, 2, 3, 3], "y": [5.0, 7.0, 7.0, 5.0, 0.0, np.nan]})


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ({"rule": "drop_missing", "columns": ["y"]}, [0, 1, 2, 3, 4]),
        ({"rule": "drop_values", "column": "y", "values": [0]}, [0, 1, 2, 3, 5]),
        ({"rule": "drop_outside", "column": "y", "min": 1.0, "max": 6.0}, [0, 3, 5]),
        ({"rule": "drop_duplicates", "columns": ["a"], "keep": "first"}, [0, 2, 4]),
        ({"rule": "drop_duplicates", "columns": ["a"], "keep": "last"}, [1, 3, 5]),
        ({"rule": "drop_duplicates", "columns": ["a"], "keep": "highest", "by": "y"}, [1, 2, 4]),
        ({"rule": "drop_duplicates", "columns": ["a"], "keep": "lowest", "by": "y"}, [0, 3, 4]),
    ],
)
def test_row_rules_keep_the_right_rows_in_file_order(rule: dict[str, object], kept: list[int]) -> None:
    before = FRAME.copy()
    assert _apply(FRAME, rule)["row_id"].tolist() == kept
    pd.testing.assert_frame_equal(FRAME, before)


def test_ratio_by_zero_is_missing() -> None:
    frame = _apply(FRAME, {"rule": "ratio", "name": "r", "numerator": "a", "denominator": "y"})
    assert frame["r"].isna().tolist() == [False, False, False, False, True, True]


def test_scale_rename_and_drop_columns() -> None:
    frame = _apply(FRAME, {"rule": "scale", "column": "y", "divide_by": 2.0})
    frame = _apply(frame, {"rule": "rename", "columns": {"y": "half"}})
    frame = _apply(frame, {"rule": "drop_columns", "columns": ["a"]})
    assert frame.columns.tolist() == ["row_id", "half"]
    assert frame["half"][0] == 2.5


def _apply(frame: pd.DataFrame, rule: Mapping[str, object]) -> pd.DataFrame:
    return apply_rule(frame, RULES.parse(rule))


def test_copies_are_counted_on_the_row_that_stays() -> None:
    frame = pd.DataFrame({"row_id": range(5), "a": [1.0, 2.0, 1.0, None, None], "y": [3, 9, 5, 1, 2]})
    kept = _apply(
        frame, {"rule": "drop_duplicates", "columns": ["a"], "keep": "highest", "by": "y", "count_as": "copies"}
    )
    assert kept[["row_id", "copies"]].to_numpy().tolist() == [[1, 1], [2, 2], [4, 2]]


def test_a_part_of_a_date_is_a_column() -> None:
    dates = pd.Series(["2020-02-29", None], dtype="datetime64[s]")
    rule = {"rule": "date_part", "name": "month", "column": "day", "part": "month"}
    assert _apply(pd.DataFrame({"row_id": [0, 1], "day": dates}), rule)["month"].tolist()[0] == 2
    assert _apply(pd.DataFrame({"row_id": [0], "day": dates[:1]}), rule)["month"].dtype == np.int64
