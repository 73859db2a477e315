"""The source json."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from lockstep.errors import SourceError
from lockstep.fetch.file_places import Obtained
from lockstep.fetch.source import TypedFile
from lockstep.guards.tables.contents import MAX_COLUMNS
from lockstep.guards.tables.unpacking import LARGE, MAX_EXPANSION, plain
from lockstep.guards.text.messages import shown

# A list of all records is read at once, which takes some ten times its bytes; a line at a time has no such limit.
MAX_LIST_BYTES = 1 << 30
MAX_LINE_BYTES = 16 << 20
CELL_BYTES = 8
FLATTEN = "write it as Parquet with pandas.json_normalize, or pandas.read_json where each key is a column"


class JsonFile(TypedFile):
    """JSON records, an object per line or one list of objects; keys are columns, values have their own types.

    A key that a record lacks is a missing value. A column of numbers and texts is text.
    """

    FORMAT = "a JSON file"

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"path": "table.jsonl", "sha256": "0" * 64}]

    def read(self, obtained: Obtained) -> pa.Table:
        columns: dict[str, list[Any]] = {}
        with plain(obtained.file, obtained.label) as file:
            most = max(LARGE, MAX_EXPANSION * file.stat().st_size) // CELL_BYTES
            try:
                for number, (place, record) in enumerate(_records(file)):
                    _add(columns, record, number, place)
                    if len(columns) > MAX_COLUMNS or len(columns) * (number + 1) > most:
                        raise ValueError(f"{place}: {len(columns):,} different keys so far; write the table as CSV")
                n_rows = max((len(values) for values in columns.values()), default=0)
                return pa.table({name: _column(values, n_rows) for name, values in columns.items()})
            except RecursionError:
                raise SourceError(f"{obtained.label}: its values are nested too deeply; {FLATTEN}") from None
            # what is not UTF-8 or not JSON is a ValueError too
            except ValueError as error:
                raise SourceError(f"{obtained.label}: cannot be read as JSON: {error}") from None


def _records(file: Path) -> Iterator[tuple[str, Any]]:
    with file.open("rb") as stream:
        first = next((line for line in iter(lambda: stream.readline(MAX_LINE_BYTES), b"") if line.strip()), b"")
        stream.seek(0)
        if not first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
            yield from _lines(iter(lambda: stream.readline(MAX_LINE_BYTES + 1), b""))
            return
        if file.stat().st_size > MAX_LIST_BYTES:
            raise ValueError(f"a list of more than {MAX_LIST_BYTES >> 30} GiB; write an object per line instead")
        records = json.loads(stream.read())
    yield from ((f"record {number}", record) for number, record in enumerate(records, 1))


def _lines(lines: Iterator[bytes]) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(lines, 1):
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        if len(line) > MAX_LINE_BYTES:
            raise ValueError(f"line {number}: is longer than {MAX_LINE_BYTES >> 20} MiB; write an object per line")
        try:
            record = json.loads(text) if text else None
        except json.JSONDecodeError as error:
            raise ValueError(
                f"line {number}: {error.msg}; write an object per line, or one list of objects, or read it with"
                " pandas.read_json and write it as Parquet"
            ) from None
        if text:
            yield f"line {number}", record


def _add(columns: dict[str, list[Any]], record: Any, row: int, place: str) -> None:
    if not isinstance(record, dict):
        raise ValueError(f"{place}: is {_type_name(record)}, not an object with a value per column")
    for name, value in record.items():
        if isinstance(value, dict | list):
            raise ValueError(f"{place}: key {shown(name)}: holds {_type_name(value)}; {FLATTEN}")
        values = columns.setdefault(name, [])
        values += chain([None] * (row - len(values)), [value])


def _type_name(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")


def _column(values: list[Any], n_rows: int) -> pa.Array:
    values = [*values, *[None] * (n_rows - len(values))]
    types = {type(value) for value in values} - {type(None)}
    try:
        if types <= {bool} or types <= {str} or types <= {int}:
            return pa.array(values)
        if types <= {int, float}:
            return pa.array(values, pa.float64())
    # a whole number that needs more than 64 bits, or more than a float holds
    except (pa.ArrowInvalid, OverflowError):
        pass
    return pa.array([value if value is None else _text(value) for value in values], pa.string())


def _text(value: bool | int | float | str) -> str:
    return value if isinstance(value, str) else json.dumps(value)
