"""Workbooks, JSON, Feather, ARFF, zip archives and folders of Parquet files."""

import datetime as dt
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from lockstep.cli import main
from lockstep.errors import LockstepError
from lockstep.fetch.source import SOURCES
from lockstep.guards.tables import arrow_size, workbooks
from lockstep.inspect.files.table_file import FileOptions, TableFile, read_table_file
from tests.conftest import OwnTable

FRAME = pd.DataFrame(
    {
        "a": [row * 37 % 41 for row in range(40)],
        "b": [None if row == 3 else row / 8 for row in range(40)],
        "c": [f"word {row % 3}" for row in range(40)],
        "y": [row * row % 23 for row in range(40)],
    }
)
CSV = FRAME.to_csv(index=False).encode()


@pytest.fixture(autouse=True)
def folder(own_table: OwnTable) -> Path:
    return own_table.folder


def _read(content: bytes, name: str = "t.csv", **options: str) -> TableFile:
    Path(name).write_bytes(content)
    file = read_table_file(name, FileOptions(**options))
    # the source alone reads the same, from the place in the dataset file
    again = SOURCES.parse({"kind": file.source.kind_name(), **file.source.model_dump(exclude_defaults=True)})
    assert again.load().equals(file.table)
    return file


def _refused(content: bytes, line: str, **options: str) -> None:
    with pytest.raises(LockstepError) as error:
        _read(content, **options)
    assert line in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


def _workbook(sheets: Mapping[str, list[list[Any]]], formats: Mapping[str, str] | None = None) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    for cell, number_format in (formats or {}).items():
        book.worksheets[0][cell].number_format = number_format
    book.save(content)
    return content.getvalue()


ROWS: list[list[Any]] = [["a", "b", "y"], *[[row, row / 8, row * row % 23] for row in range(20)]]


def test_a_sheets_cells_are_the_text_of_a_csv_export() -> None:
    rows: list[list[Any]] = [
        ["when", "number", "zip", "yes", "time", "long", "text"],
        [dt.datetime(2020, 2, 3), 3.0, 1067, True, dt.time(5, 3), dt.timedelta(hours=30), 'say "a, b"'],
        [dt.datetime(2020, 2, 3, 4, 5), 0.1 + 0.2, 99999, False, None, None, "two\nlines"],
        [None, 1e-7, None, None, None, None, "é"],
    ]
    content = _workbook({"Data": rows, "empty": []}, {"C2": "00000", "J40": "0.00"})
    table = _read(content).table
    assert table.to_pylist() == [
        dict(zip(rows[0], values, strict=True))
        for values in (
            ["2020-02-03", "3", "01067", "TRUE", "05:03:00", "30:00:00", 'say "a, b"'],
            ["2020-02-03 04:05:00", "0.3", "99999", "FALSE", "", "", "two\nlines"],
            ["", "1e-07", "", "", "", "", "é"],
        )
    ]


def test_a_table_anywhere_on_a_sheet_below_a_title_is_found() -> None:
    rows: list[list[Any]] = [["Report"], [], *[[None, None, *row] for row in [*ROWS, [None, None, None]]]]
    file = _read(_workbook({"Data": rows}))
    assert file.table.column_names == ["a", "b", "y"]
    assert file.table.num_rows == 20
    assert file.source.model_dump(include={"sheet", "skip_lines"}) == {"sheet": "Data", "skip_lines": 2}


def test_one_of_several_sheets_must_be_named() -> None:
    content = _workbook({"one": ROWS, "two": [[*row, 1] for row in ROWS]})
    _refused(content, "t.csv: has several sheets: one, two; name one: source.sheet, or new-dataset --sheet NAME")
    _refused(content, "source.sheet: 'three': there is no such sheet; it has: one, two", sheet="three")
    assert _read(content, sheet="one").table.num_columns == 3
    _refused(CSV, "--sheet one: t.csv is no workbook; leave the option out", sheet="one")


def test_a_workbook_needs_openpyxl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    _refused(_workbook({"one": ROWS}), "a workbook needs openpyxl: pip install 'lockstep[excel]', or save it as CSV")


def test_damaged_and_hostile_workbooks_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    content = _workbook({"one": ROWS})
    _refused(content[:-80], "t.csv: is a zip archive or a spreadsheet: damaged archive")
    _refused(_changed(content, "xl/workbook.xml", b"<broken"), "t.csv: is no readable workbook: ")
    bomb = _changed(content, "xl/sharedStrings.xml", b" " * 2_000_000)
    with monkeypatch.context() as patch:
        patch.setattr(workbooks, "LARGE", 2**20)
        _refused(bomb, "t.csv: unpacks to more than 200 times its size, as no sheet does")
    far = _workbook({"one": [*ROWS, *[[None] * 16_000 + [1]] * 3]})
    monkeypatch.setattr(workbooks, "most_cells", lambda _: 40_000)
    monkeypatch.setattr("lockstep.fetch.sources.excel.most_cells", lambda _: 40_000)
    _refused(far, "spans more than 40,000 cells; delete what lies far from the table")


def _changed(archive: bytes, name: str, content: bytes) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for member in {*old.namelist(), name}:
            new.writestr(member, content if member == name else old.read(member))
    return changed.getvalue()


LINES = FRAME.to_json(orient="records", lines=True).encode()


def test_json_records_keep_their_types() -> None:
    for content in (LINES, FRAME.to_json(orient="records").encode(), b"\xef\xbb\xbf" + LINES):
        table = _read(content).table
        assert [str(kind) for kind in table.schema.types] == ["int64", "double", "string", "int64"]
        assert table.to_pydict()["b"][2:5] == [0.25, None, 0.5]
    mixed = b'{"a": 1, "y": true}\n\n{"y": null, "b": "x", "a": "n/a"}\n{"a": 1.50, "y": false}\n'
    expected = {"a": ["1", "n/a", "1.5"], "y": [True, None, False], "b": [None, "x", None]}
    assert _read(mixed).table.to_pydict() == expected
    assert _read(b'{"a": 99999999999999999999, "b": 1}').table.to_pydict()["a"] == ["99999999999999999999"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'{"a": 1, "b": [1]}', "line 1: key b: holds a list; write it as Parquet with pandas.json_normalize"),
        (b'{"a": 1}\n{"a": {"x": 1}}', "line 2: key a: holds an object; write it as Parquet"),
        (b'{"a": 1}\n{"a": 2', "line 2: Expecting ',' delimiter; write an object per line"),
        (b'[{"a": 1}, 7]', "record 2: is a number, not an object with a value per column"),
        (b'{"a": "\xff"}', "cannot be read as JSON: 'utf-8' codec"),
        (b'{"":' * 100_000, "its values are nested too deeply; write it as Parquet with pandas.json_normalize"),
        (b"[" * 100_000, "its values are nested too deeply"),
        (b"".join(b'{"k%d": 1}\n' % row for row in range(9000)), "different keys so far; write the table as CSV"),
    ],
)
def test_json_that_is_no_table_is_one_line(content: bytes, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lockstep.fetch.sources.json.LARGE", 2**20)
    _refused(content, line)


def _feather(table: pa.Table, **options: Any) -> bytes:
    feather.write_feather(table, "written.feather", **options)
    return Path("written.feather").read_bytes()


@pytest.mark.parametrize("compression", ["lz4", "zstd", "uncompressed"])
def test_a_feather_file_keeps_its_types(compression: str) -> None:
    table = pa.table({**{name: FRAME[name] for name in FRAME}, "v": pa.array(FRAME["c"]).cast(pa.string_view())})
    read = _read(_feather(table, compression=compression)).table
    assert read.to_pydict() == table.to_pydict()
    assert read.schema.field("v").type == pa.string()


BOMBS: dict[str, Callable[[], pa.Table]] = {
    "zeros": lambda: pa.table({"a": pa.array([0.0] * 400_000), "y": pa.array([0.0] * 400_000)}),
    "nothing": lambda: pa.table({"a": pa.nulls(1_000_000)}),
    "a dictionary": lambda: pa.table({"a": pa.array(["x" * 2**12] * 2000).dictionary_encode()}),
    "views": lambda: pa.table(
        {"a": pa.Array.from_buffers(pa.string_view(), 2000, [None, pa.py_buffer(_views()), pa.py_buffer(b"x" * 4096)])}
    ),
}


def _views() -> bytes:
    view = (4096).to_bytes(4, "little") + b"xxxx" + bytes(8)
    return view * 2000


@pytest.mark.parametrize("kind", BOMBS)
def test_a_feather_file_that_expands_without_end_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_size, "LARGE", 2**20)
    monkeypatch.setattr(arrow_size, "MAX_EXPANSION", 10)
    _refused(_feather(BOMBS[kind](), compression="zstd", chunksize=2_000_000), "MiB, as in no table; write it again")


def test_a_damaged_feather_file_is_one_line() -> None:
    content = _feather(pa.Table.from_pandas(FRAME))
    for keep in (7, 40, 300, len(content) // 2):
        _refused(content[:keep], "t.csv: is no readable Feather file: " if keep > 7 else "t.csv: ")


ARFF = b"""% by Weka
@RELATION 'r'
@attribute 'my a' numeric
@attribute b REAL
@ATTRIBUTE c {x, 'y, z', "w"}
@attribute s string
@attribute d date "yyyy-MM-dd"
@data
1, 2.5,x,'it\\'s',2020-01-01
% between
?,3,'y, z',?,2020-01-02
"""


def test_an_arff_file_has_numbers_and_text() -> None:
    assert _read(ARFF).table.to_pylist() == [
        {"my a": 1.0, "b": 2.5, "c": "x", "s": "it's", "d": "2020-01-01"},
        {"my a": None, "b": 3.0, "c": "y, z", "s": None, "d": "2020-01-02"},
    ]
    assert _read(ARFF.replace(b"x", "é".encode("cp1252"))).table.column("c")[0].as_py() == "é"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (ARFF + b"1,2\n", "row 3: has 2 values, the header 5 attributes; write one value per attribute"),
        (ARFF.replace(b"2.5", b"two"), "row 1: attribute b: 'two' is no number; correct the value, or its type"),
        (ARFF[: ARFF.index(b"1, 2.5")] + b"{0 1, 3 5}\n", "its rows are sparse"),
        (ARFF[: ARFF.index(b"@data")], "there is no @data line; get the complete file"),
        (ARFF.replace(b"b REAL", b"b relational"), "attribute b: type 'relational' is no column; write it as CSV"),
    ],
)
def test_an_arff_file_that_is_no_table_is_one_line(content: bytes, line: str) -> None:
    _refused(content, f"t.csv: cannot be read as ARFF: {line}")


def _zip(members: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def test_the_one_table_of_a_zip_archive_is_read() -> None:
    file = _read(_zip({"in/t.csv": CSV, "README.md": b"x", "__MACOSX/in/._t.csv": b"x", ".hidden.csv": b"x"}))
    assert file.source.model_dump(include={"archive_member"}) == {"archive_member": "in/t.csv"}
    assert file.table.num_rows == 40
    several = _zip({"a.csv": CSV, "b.json": LINES})
    _refused(several, "t.csv: the archive has several tables: a.csv, b.json; name one with --member NAME")
    _refused(several, "t.csv: the archive has no member 'c'; correct source.archive_member", member="c")
    assert _read(several, member="b.json").source.kind_name() == "json"
    _refused(_zip({"notes.md": b"x"}), "the archive has no table; it has: notes.md")
    _refused(_zip({"mimetype": b"x"}), "is a spreadsheet of OpenDocument (.ods); save the sheet as CSV or .xlsx")


def test_a_folder_of_parquet_files_is_one_table_with_one_sha256(capsys: pytest.CaptureFixture[str]) -> None:
    for number, name in enumerate(["year=2021/part-0.parquet", "year=2020/part-1.parquet", "year=2020/part-0.parquet"]):
        Path("parts", name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"a": [number] * 20, "y": [row / 7 for row in range(20)]}), Path("parts", name))
    Path("parts/_SUCCESS").touch()
    Path("parts/year=2020/.part-0.parquet.crc").touch()
    assert main(["new-dataset", "parts", "--target", "y"]) == 0
    file = read_table_file("parts", FileOptions())
    assert file.table.column("a").to_pylist()[::20] == [2, 1, 0]
    assert file.table.column("year").to_pylist()[::20] == [2020, 2020, 2021]
    command = "find . -type f -not -path '*/[._]*' -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
    done = subprocess.run(["bash", "-c", command], cwd="parts", capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == file.source.sha256
    Path("parts/notes.txt").write_text("x", encoding="utf-8")
    with pytest.raises(LockstepError, match=r"parts: sha256 is \w+, the dataset file promises"):
        file.source.load()
    with pytest.raises(LockstepError, match=r"parts/notes\.txt: is no readable Parquet file"):
        read_table_file("parts", FileOptions())


def test_a_changed_folder_is_taken_in(own_table: OwnTable, capsys: pytest.CaptureFixture[str]) -> None:
    Path("parts").mkdir()
    pq.write_table(pa.Table.from_pandas(FRAME), "parts/0.parquet")
    assert main(["new-dataset", "parts", "--target", "y", "--name", "own", "--force"]) == 0
    assert main(["check"]) == 0
    pq.write_table(pa.Table.from_pandas(FRAME), "parts/1.parquet")
    assert main(["check"]) == 1
    assert main(["check", "--update-source"]) == 0
    own_table.run("fetch")
    assert pq.read_metadata("data/raw/table.parquet").num_rows == 80


@pytest.mark.parametrize("kind", ["csv", "parquet", "json"])
def test_a_folder_is_no_file_and_a_pipe_no_table(kind: str) -> None:
    Path("parts").mkdir()
    Path("parts/t.csv").write_bytes(CSV)
    digest = read_digest("parts")
    with pytest.raises(LockstepError, match=r"parts: is a folder; name a file, or set source\.kind to parquet_folder"):
        SOURCES.parse({"kind": kind, "path": "parts", "sha256": digest}).load()
    os.mkfifo("pipe")
    with pytest.raises(LockstepError, match="pipe: no such file"):
        SOURCES.parse({"kind": kind, "path": "pipe", "sha256": digest}).load()


def read_digest(place: str) -> str:
    from lockstep.fetch.file_digest import digest_of

    return digest_of(Path(place), place)


WAYS = {
    "SPSS": (b"$FL2@(#) SPSS DATA FILE", "pandas.read_spss(...).to_parquet(...)"),
    "Stata": (b"<stata_dta><header>", "pandas.read_stata(...).to_parquet(...)"),
    "old Stata": (bytes([0x72, 2, 1, 0]) + b"x" * 90, "pandas.read_stata(...).to_parquet(...)"),
    "SAS": (b"\0" * 12 + b"\xc2\xea\x81\x60" + b"x" * 90, "pandas.read_sas(...).to_parquet(...)"),
    "SQLite": (b"SQLite format 3\0", "pandas.read_sql(...).to_parquet(...)"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", "pandas.read_hdf(...).to_parquet(...)"),
    "R": (b"X\n\0\0\0\3", "write.csv(x, row.names = FALSE) in R"),
    "xls": (b"\xd0\xcf\x11\xe0" + b"\0" * 90, "save the sheet as CSV or .xlsx"),
    "HTML": (b"<html><body><table><tr><td>1</td></tr></table>", "pandas.read_html(...)[0].to_parquet(...)"),
    "PDF": (b"%PDF-1.7", "save its table as CSV"),
    "aligned text": (b"a   b    y\n1   2    3\n" * 20, "pandas.read_csv(FILE, sep=r'\\s+').to_csv(...)"),
}


@pytest.mark.parametrize("kind", WAYS)
def test_other_formats_are_refused_with_the_way(kind: str) -> None:
    _refused(WAYS[kind][0], WAYS[kind][1])


def test_options_that_do_not_fit_a_format_are_refused() -> None:
    _refused(LINES, "--header: t.csv has its own (kind json); leave the option out", header="a,b")
    _refused(_workbook({"one": ROWS}), "--encoding: t.csv has its own; leave the option out", encoding="cp1251")
