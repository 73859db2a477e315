"""Titles, comments, units, two lines of names, spreadsheets' empty cells: read as a person would read them."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lockstep.cli import main
from lockstep.errors import LockstepError
from lockstep.fetch.source import SOURCES, FileSource
from lockstep.inspect.files.header_names import unique_names
from lockstep.inspect.files.table_file import FileOptions, TableFile, read_table_file
from tests.conftest import OwnTable

WORDS = ("red", "blue", "green")
CELLS = [[str(row * 37 % 41), f"{row % 7}.5", WORDS[row % 3], str(row * row % 23)] for row in range(30)]
H = "a,b,c,y\n"


def rows(delimiter: str = ",", end: str = "") -> str:
    return "".join(delimiter.join(cells) + end + "\n" for cells in CELLS)


@pytest.fixture(autouse=True)
def folder(own_table: OwnTable) -> Path:
    return own_table.folder


def _read(content: str | bytes, **options: str) -> TableFile:
    Path("t.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table_file("t.csv", FileOptions(**options))


def _settings(source: FileSource) -> dict[str, Any]:
    return source.model_dump(exclude={"path", "sha256"}, exclude_defaults=True)


# id, content, names, settings of the source
LAYOUTS: list[tuple[str, str, Sequence[str], dict[str, Any]]] = [
    ("plain", H + rows(), "abcy", {}),
    ("empty cells of a spreadsheet", "a,b,c,y,,\n" + rows(end=",,") + ",,,,,\n" * 3, "abcy", {"drop_empty": True}),
    ("a title", "Office report\n" + H + rows(), "abcy", {"skip_lines": 1}),
    ("a title with the delimiter", "Report, 2020\n\n" + H + rows(), "abcy", {"skip_lines": 1}),
    ("a spreadsheet's title", "Report,,,\n,,,\n" + H + rows(), "abcy", {"skip_lines": 2}),
    ("a title in quotes over two lines", '"Office\nreport"\n' + H + rows(), "abcy", {"skip_lines": 2}),
    ("groups above unique names", "size,,other,\n" + H + rows(), "abcy", {"skip_lines": 1}),
    (
        "two lines of names",
        "size,size,,out\nmin,max,colour,y\n" + rows(),
        ("size_min", "size_max", "size_colour", "out_y"),
        {"skip_lines": 2, "header": ("size_min", "size_max", "size_colour", "out_y")},
    ),
    ("units", H + "m,kg,,EUR\n" + rows(), "abcy", {"skip_after_header": 1}),
    (
        "units below a title",
        "Report\n" + H + "(m),(kg),-,(EUR)\n" + rows(),
        "abcy",
        {"skip_lines": 1, "skip_after_header": 1},
    ),
    ("missing words in the first row", H + "?,NA,red,unknown\n" + rows(), "abcy", {}),
    ("one word in the first row", H + "none yet,1,red,2\n" + rows(), "abcy", {}),
    ("comments", "# by me\n" + H + rows() + "# it's the end\n", "abcy", {"comment": "#"}),
    ("comments above a title", "# by me\nReport\n" + H + rows(), "abcy", {"comment": "#", "skip_lines": 1}),
    ("names in a comment", "# a,b,c,y\n" + rows(), "abcy", {"skip_lines": 1, "header": ("a", "b", "c", "y")}),
    ("a column called #", "#,b,c,y\n" + rows(), "#bcy", {}),
    (
        "repeated names",
        "a,a,c,y\n" + rows(),
        ("a", "a_2", "c", "y"),
        {"skip_lines": 1, "header": ("a", "a_2", "c", "y")},
    ),
    ("R's row names", "b,c,y\n" + rows(), ("", "b", "c", "y"), {"skip_lines": 1, "header": ("", "b", "c", "y")}),
    (
        "R's blanks",
        "b c y\n" + rows(" "),
        ("", "b", "c", "y"),
        {"skip_lines": 1, "header": ("", "b", "c", "y"), "delimiter": " "},
    ),
    (
        "a delimiter at the end of rows",
        H + rows(end=","),
        "abcy",
        {"skip_lines": 1, "header": ("a", "b", "c", "y", ""), "drop_empty": True},
    ),
    (
        "a spreadsheet's line sep=",
        "sep=;\n" + (H + rows()).replace(",", ";"),
        "abcy",
        {"skip_lines": 1, "delimiter": ";"},
    ),
    ("decimal commas", (H + rows()).replace(",", ";").replace(".", ","), "abcy", {"delimiter": ";"}),
    (
        "years as names",
        "land,2000,2001,2002\n" + "".join(f"x{row},{row},{row + 5},{row * 3}\n" for row in range(30)),
        ("land", "2000", "2001", "2002"),
        {},
    ),
]


@pytest.mark.parametrize(
    ("content", "names", "settings"), [case[1:] for case in LAYOUTS], ids=[case[0] for case in LAYOUTS]
)
def test_a_layout_is_found_and_declared(content: str, names: Sequence[str], settings: dict[str, Any]) -> None:
    file = _read(content)
    assert file.table.column_names == list(names)
    assert _settings(file.source) == settings
    assert SOURCES.parse({"kind": "csv", **file.source.model_dump()}).load().equals(file.table)
    last = [column[-1].as_py().replace(",", ".") for column in file.table.columns]
    assert last[-1] == ("87" if "land" in names else CELLS[-1][-1])


def test_settings_are_written_with_their_reasons(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("Report\n" + H + "m,kg,,EUR\n" + rows() + ",,,\n", encoding="utf-8")
    assert main(["new-dataset", "t.csv", "--target", "y"]) == 0
    text = (folder / "datasets/t.yaml").read_text(encoding="utf-8")
    for line in (
        "skip_lines: 1                               # above the names: 'Report'",
        "skip_after_header: 1                        # below the names, not a row: 'm,kg,,EUR'",
        "drop_empty: true                            # 1 last row without any value",
    ):
        assert f"  {line}\n" in text
    assert "file      source.skip_lines: above the names: 'Report'" in capsys.readouterr().out


HEADERLESS = {
    "numbers and words": rows(),
    "words alone": "".join(f"{WORDS[row % 3]},{'xy'[row % 2]},{'pqr'[row * row % 3]}\n" for row in range(30)),
    "dates and words": "".join(f"2020-01-{row + 1:02},word {row}\n" for row in range(30)),
    "currencies and dates of other forms": "".join(
        f"{row % 28 + 1}.12.2020;$ {row},5;name {row}\n" for row in range(30)
    ),
    "mostly words": "".join(f"person {row},street {row},{row + 20}\n" for row in range(30)),
    "a missing word first": "?," + rows()[rows().index(",") + 1 :],
}


@pytest.mark.parametrize("kind", HEADERLESS)
def test_a_first_line_of_values_is_refused_and_can_be_named(kind: str) -> None:
    content = HEADERLESS[kind]
    with pytest.raises(LockstepError, match=r"the first line has (numbers|values).*--header none.*--header first"):
        _read(content)
    file = _read(content, header="none")
    assert file.table.num_rows == content.count("\n")
    assert file.table.column_names == [f"c{number}" for number in range(1, file.table.num_columns + 1)]
    assert _read(content, header="first").table.num_rows == content.count("\n") - 1


@pytest.mark.parametrize("names", ["a,b,blue,y", "red,2020,c,y", "1,b,c,y"])
def test_a_line_of_names_with_one_that_could_be_a_value_is_read(names: str) -> None:
    assert _read(f"{names}\n{rows()}").table.column_names == names.split(",")


def test_given_names_replace_those_of_the_file() -> None:
    file = _read(H + rows(), header="p,q,s,t")
    assert file.table.column_names == ["p", "q", "s", "t"]
    assert file.table.num_rows == len(CELLS)
    with pytest.raises(LockstepError, match=r"--header: has 2 names, t\.csv 4 columns; name each, or take c1 to c4"):
        _read(H + rows(), header="p,q")


def test_rows_in_messages_count_from_the_first_row_of_values() -> None:
    content = "Report\n# note\n" + H + "m,kg,,EUR\n# note\n" + rows()
    file = _read(content)
    assert _settings(file.source) == {"comment": "#", "skip_lines": 1, "skip_after_header": 1}
    broken = (content + "1,2\n").encode()
    Path("t.csv").write_bytes(broken)
    source = file.source.model_copy(update={"sha256": hashlib.sha256(broken).hexdigest()})
    with pytest.raises(LockstepError, match=r"row 31: has 2 values, the header 4 names: '1,2'"):
        source.load()


def test_a_comments_sign_within_quotes_is_text() -> None:
    Path("t.csv").write_text('# x\na,y\n"one\n# two",1\n#3,4\n5,6\n', encoding="utf-8")
    digest = hashlib.sha256(Path("t.csv").read_bytes()).hexdigest()
    table = SOURCES.parse({"kind": "csv", "path": "t.csv", "sha256": digest, "comment": "#"}).load()
    assert table.to_pydict() == {"a": ["one\n# two", "5"], "y": ["1", "6"]}


def test_repeated_and_empty_names_become_unique() -> None:
    assert unique_names(["a", "a", "a_2", "b", "a"]) == ("a", "a_3", "a_2", "b", "a_4")
    assert unique_names(["", "a", "", "b", ""]) == ("", "a", "column_3", "b", "column_5")
    assert unique_names(["", "a"]) == ("", "a")
