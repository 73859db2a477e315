"""Any bytes and any table end well or with one line; tests/fuzz/coverage_guided.py tries for longer."""

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lockstep.check.config import Dataset
from lockstep.clean.cleaning import clean_table
from lockstep.errors import LockstepError
from lockstep.fetch.file_places import Obtained
from lockstep.fetch.source import SOURCES
from lockstep.storage.tables import write_json
from tests.fuzz.targets import FOLDER, TARGETS, beginnings

few = settings(max_examples=25, suppress_health_check=list(HealthCheck))

EXTREMES = st.sampled_from([b"", b"\xff" * 8, b"\0" * 8, b"\x7f" + b"\xff" * 7, b'"'])


@st.composite
def changed(draw: st.DrawFn, good: bytes) -> bytes:
    """A good input with bytes replaced, cut out and put in."""
    content = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        content[start : start + draw(st.sampled_from([0, 1, 2, 8, len(content)]))] = draw(
            st.one_of(
                st.binary(max_size=8), st.sampled_from([b"", b"\xff" * 8, b"\0" * 8, b"\x7f" + b"\xff" * 7, b'"'])
            )
        )
    return bytes(content)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_changed_file_ends_well_or_with_one_line(name: str) -> None:
    goods = beginnings(name)

    @few
    @given(data=st.data())
    def ends_well(data: st.DataObject) -> None:
        TARGETS[name](data.draw(changed(data.draw(st.sampled_from(goods)))))

    ends_well()


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
GRIDS = st.integers(2, 4).flatmap(
    lambda width: st.tuples(
        st.lists(TEXTS.filter(str.strip), min_size=width, max_size=width, unique=True),
        st.lists(st.lists(TEXTS, min_size=width, max_size=width), min_size=1, max_size=5),
    )
)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(grid=GRIDS)
def test_what_a_csv_writer_writes_is_read_as_it_was(grid: tuple[list[str], list[list[str]]]) -> None:
    names, rows = grid
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([names, *rows])
    file = FOLDER / "grid.csv"
    file.write_bytes(text.getvalue().encode())
    source = SOURCES.parse({"kind": "csv", "path": "grid.csv", "sha256": "0" * 64})
    read = source.parse(Obtained(file, "grid.csv"))
    assert read.column_names == names
    assert [list(row.values()) for row in read.to_pylist()] == rows


NAMES = ["a", "b", "c", "d", "y"]
CELLS = st.sampled_from(
    "|0|1|-1|3.5|1e400|-0|nan|inf|x|X|2020-02-30|2020-02-28|9999-12-31|0001|true|yes|9007199254740993|1,5|1e-320"
    f"|{'9' * 30}|\u00e9| |19991231|2020-01-01T23:59:60".split("|")
)
# Mostly names that fit, else no rule would ever run.
COLUMN = st.sampled_from([*NAMES, *NAMES, "n", "row_id", ""])
NUMERIC, DATED = st.sampled_from(["a", "b", "a", "b", "y", "n", "c"]), st.sampled_from(["d", "d", "d", "c"])
NEW = st.sampled_from(["n", "m", "p", "q", "a", "fold"])
COLUMNS = st.lists(COLUMN, min_size=1, max_size=3)
BOUNDS = st.sampled_from([None, 0.0, 1.0, -1.0, 2000.0, 1e300, 5e-324])
RULES = st.one_of(
    st.builds(lambda columns: {"rule": "drop_missing", "columns": columns}, COLUMNS),
    st.builds(
        lambda columns, keep, by, name: (
            {"rule": "drop_duplicates", "columns": columns, "keep": keep}
            | ({"by": by} if keep in ("highest", "lowest") else {})
            | ({"count_as": name} if name else {})
        ),
        COLUMNS,
        st.sampled_from(["first", "last", "highest", "lowest"]),
        COLUMN,
        st.one_of(st.none(), NEW),
    ),
    st.builds(
        lambda column, values: {"rule": "drop_values", "column": column, "values": values},
        COLUMN,
        st.lists(st.sampled_from([0, 1.0, "x", True, "3"]), min_size=1),
    ),
    st.builds(
        lambda column, low, high: {"rule": "drop_outside", "column": column, "min": low, "max": high},
        NUMERIC,
        BOUNDS,
        BOUNDS,
    ),
    st.builds(
        lambda name, top, bottom: {"rule": "ratio", "name": name, "numerator": top, "denominator": bottom},
        NEW,
        NUMERIC,
        NUMERIC,
    ),
    st.builds(
        lambda column, by: {"rule": "scale", "column": column, "divide_by": by},
        NUMERIC,
        st.sampled_from([2.0, 1e-300, 5e-324, 1e300, 0.0]),
    ),
    st.builds(
        lambda name, column, part: {"rule": "date_part", "name": name, "column": column, "part": part},
        NEW,
        DATED,
        st.sampled_from(["year", "quarter", "month", "weekday"]),
    ),
    st.builds(lambda names: {"rule": "rename", "columns": names}, st.dictionaries(COLUMN, NEW, min_size=1, max_size=2)),
    st.builds(lambda columns: {"rule": "drop_columns", "columns": columns}, COLUMNS),
)
TYPES = {"a": ["number"], "b": ["integer", "number"], "c": ["category", "text", "boolean", "ignore"], "d": ["date"]}


@st.composite
def tables(draw: st.DrawFn) -> tuple[pa.Table, dict[str, Any]]:
    """A raw table of text and the facts of a dataset file about it, sensible or not."""
    rows = draw(st.integers(10, 30))
    facts = {name: {"type": draw(st.sampled_from(types)), "missing": True} for name, types in TYPES.items()}
    facts |= {"y": {"type": "number", "missing": draw(st.booleans())}, "sound": {"type": "number"}}
    made = {"sound": ["1"] * rows}
    for name in NAMES:
        wanted = {"d": st.integers(1990, 2020)}.get(name, st.integers(0, 1 if name == "c" else 9)).map(str)
        cells = draw(st.lists(wanted, min_size=rows, max_size=rows))
        if draw(st.integers(0, 2)) == 0:
            cells[draw(st.integers(0, rows - 1))] = draw(CELLS)
        made[name] = cells
    described: dict[str, Any] = {
        "about": "",
        "target": "y",
        "metric": None,
        "weight": None,
        "exposure": None,
        "source": {"kind": "sklearn", "loader": "diabetes"},
        "missing_values": draw(st.sampled_from([[], [""], ["", "x"]])),
        "columns": facts,
        "clean": draw(st.lists(RULES, max_size=4)),
        "features": {"raw": [{"step": "columns", "columns": ["sound"]}]},
        "judging": {"slices": [], "coordinates": None},
    }
    return pa.table(made), described


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(made=tables())
def test_cleaning_ends_well_whatever_the_table_and_the_rules(made: tuple[pa.Table, dict[str, Any]]) -> None:
    raw, described = made
    try:
        dataset = Dataset.model_validate(described)
        frame, report = clean_table(raw, dataset, "facts")
    except (ValidationError, LockstepError):
        return
    rows = frame["row_id"].tolist()
    assert rows == sorted(set(rows))
    assert set(rows) <= set(range(raw.num_rows))
    assert report["rows"] == {"raw": raw.num_rows, "clean": len(frame)}
    assert set(frame.columns) == {"row_id", *dataset.clean_types()}
    write_json(report, Path(FOLDER) / "report.json")
