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

from lockstep.data.cleaning import clean_table
from lockstep.data.sources import files
from lockstep.data.sources.download import Obtained
from lockstep.data.tables import write_json
from lockstep.errors import LockstepError
from lockstep.schema.dataset import Dataset
from lockstep.schema.source import FileSource
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
    source = FileSource.model_validate({"kind": "csv", "path": "grid.csv", "sha256": "0" * 64})
    read = files.parse(source, Obtained(file, "grid.csv"))
    assert read.column_names == names
    assert [list(row.values()) for row in read.to_pylist()] == rows


NAMES = ["a", "b", "c", "d", "y"]
CELLS = st.sampled_from(
    "|0|1|-1|3.5|1e400|-0|nan|inf|x|X|2020-02-30|2020-02-28|9999-12-31|0001|true|yes|9007199254740993|1,5|1e-320"
    f"|{'9' * 30}|\u00e9| |19991231|2020-01-01T23:59:60".split("|")
)
COLUMN = st.one_of(st.sampled_from(NAMES), st.sampled_from(["n", "row_id", "fold", ""]))
COLUMNS = st.lists(COLUMN, min_size=1, max_size=3)
NUMBERS = st.one_of(st.none(), st.sampled_from([0.0, 1.0, -1.0, 1e300, 5e-324]))
RULES = st.one_of(
    st.fixed_dictionaries({"rule": st.just("drop_missing"), "columns": COLUMNS}),
    st.fixed_dictionaries(
        {
            "rule": st.just("drop_duplicates"),
            "columns": COLUMNS,
            "keep": st.sampled_from(["first", "last", "highest", "lowest"]),
            "by": st.one_of(st.none(), COLUMN),
            "count_as": st.one_of(st.none(), COLUMN),
        }
    ),
    st.fixed_dictionaries(
        {"rule": st.just("drop_values"), "column": COLUMN, "values": st.lists(st.sampled_from([0, 1.0, "x", True]))}
    ),
    st.fixed_dictionaries({"rule": st.just("drop_outside"), "column": COLUMN, "min": NUMBERS, "max": NUMBERS}),
    st.fixed_dictionaries({"rule": st.just("ratio"), "name": COLUMN, "numerator": COLUMN, "denominator": COLUMN}),
    st.fixed_dictionaries({"rule": st.just("scale"), "column": COLUMN, "divide_by": NUMBERS}),
    st.fixed_dictionaries(
        {"rule": st.just("date_part"), "name": COLUMN, "column": COLUMN, "part": st.sampled_from(["year", "weekday"])}
    ),
    st.fixed_dictionaries({"rule": st.just("rename"), "columns": st.dictionaries(COLUMN, COLUMN, max_size=2)}),
    st.fixed_dictionaries({"rule": st.just("drop_columns"), "columns": COLUMNS}),
)
TYPES = st.sampled_from(["number", "integer", "boolean", "category", "text", "date", "ignore"])
FACTS = st.fixed_dictionaries(
    {"type": TYPES, "missing": st.booleans(), "min": st.sampled_from([None, None, 0.0]), "max": st.none()}
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[pa.Table, dict[str, Any]]:
    """A raw table of text and the facts of a dataset file about it, sensible or not."""
    rows = draw(st.integers(10, 30))
    facts = {name: draw(FACTS) for name in NAMES[:-1]} | {"y": {"type": "number", "missing": draw(st.booleans())}}
    facts["sound"] = {"type": "number"}
    made = {"sound": ["1"] * rows}
    for name in NAMES:
        # mostly what the type wants: else every table ends at its first column
        wanted = st.integers(1990, 2020).map(str) if facts[name]["type"] == "date" else st.integers(0, 9).map(str)
        cells = draw(st.lists(wanted, min_size=rows, max_size=rows))
        for place, cell in draw(st.lists(st.tuples(st.integers(0, rows - 1), CELLS), max_size=2)):
            cells[place] = cell
        made[name] = cells
    described = {
        "about": "",
        "target": "y",
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
