"""The source arff."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from lockstep.errors import SourceError
from lockstep.fetch.file_places import Obtained
from lockstep.fetch.source import TypedFile
from lockstep.guards.tables.contents import MAX_COLUMNS
from lockstep.guards.tables.unpacking import plain
from lockstep.guards.text.messages import shown

NUMERIC, TEXTS = ("numeric", "real", "integer"), ("string", "date")
ATTRIBUTE = re.compile(r"""@attribute\s+(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\S+))\s*(.+)""", re.IGNORECASE)
MISSING = "?"
LONGEST_LINE = 16 << 20


@dataclass(frozen=True)
class _Attribute:
    name: str
    numeric: bool


class ArffFile(TypedFile):
    """An ARFF file, as Weka and OpenML write it: numeric columns are numbers, all others text, ? is a missing value."""

    FORMAT = "an ARFF file"

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"path": "table.arff", "sha256": "0" * 64}]

    def read(self, obtained: Obtained) -> pa.Table:
        with plain(obtained.file, obtained.label) as file:
            try:
                try:
                    return _table(file, "utf-8-sig")
                except UnicodeDecodeError:
                    # Weka writes in the encoding of the machine
                    return _table(file, "cp1252")
            except (ValueError, csv.Error) as error:
                raise SourceError(f"{obtained.label}: cannot be read as ARFF: {error}") from None


def _table(file: Path, encoding: str) -> pa.Table:
    with file.open(encoding=encoding) as stream:
        lines = iter(partial(stream.readline, LONGEST_LINE), "")
        attributes = _attributes(lines)
        columns: list[list[Any]] = [[] for _ in attributes]
        for row, values in enumerate(_rows(lines), 1):
            if len(values) != len(attributes):
                raise ValueError(
                    f"row {row}: has {len(values)} values, the header {len(attributes)} attributes; write one value per"
                    " attribute"
                )
            for column, attribute, value in zip(columns, attributes, values, strict=True):
                column.append(_value(value.strip(), attribute, row))
    arrays = [
        pa.array(column, pa.float64() if attribute.numeric else pa.string())
        for column, attribute in zip(columns, attributes, strict=True)
    ]
    return pa.Table.from_arrays(arrays, [attribute.name for attribute in attributes])


def _attributes(lines: Iterator[str]) -> list[_Attribute]:
    attributes: list[_Attribute] = []
    for line in lines:
        text = line.strip()
        if text.lower().startswith("@data"):
            if not attributes:
                raise ValueError("there is no @attribute line above @data")
            return attributes
        if text.lower().startswith("@attribute"):
            attributes.append(_attribute(text))
        if len(attributes) > MAX_COLUMNS:
            raise ValueError(f"has more than {MAX_COLUMNS:,} attributes; leave some out of the file")
    raise ValueError("there is no @data line; get the complete file")


def _attribute(text: str) -> _Attribute:
    match = ATTRIBUTE.fullmatch(text)
    if not match:
        raise ValueError(f"{text[:80]!r}: is no attribute; write @attribute NAME TYPE")
    name = re.sub(r"\\(.)", r"\1", next(group for group in match.groups()[:3] if group is not None))
    kind = match[4].strip().lower()
    if not kind.startswith(("{", *TEXTS)) and kind.split()[0] not in NUMERIC:
        raise ValueError(f"attribute {shown(name)}: type {match[4].strip()[:40]!r} is no column; write it as CSV")
    return _Attribute(name, kind.split()[0] in NUMERIC)


def _rows(lines: Iterator[str]) -> Iterator[list[str]]:
    """The values of each line. Weka quotes with ', others with "; a file has one of them."""
    rows = (line for line in lines if line.strip() and not line.lstrip().startswith("%"))
    first = next(rows, "")
    if first.lstrip().startswith("{"):
        raise ValueError("its rows are sparse ({0 1, 3 5}); write them in full, or as CSV")
    ahead, quote = [first], None
    # the first line with a quote decides
    for line in rows if not _quote(first) else ():
        ahead.append(line)
        if _quote(line):
            break
    quote = next((mark for mark in map(_quote, ahead) if mark), "'")
    csv.field_size_limit(LONGEST_LINE)
    yield from _parsed([line for line in ahead if line], rows, quote)


def _parsed(ahead: list[str], rows: Iterator[str], quote: str) -> Iterator[list[str]]:
    delimiter = "\t" if ahead and "\t" in ahead[0] and "," not in ahead[0] else ","
    for lines in (ahead, rows):
        yield from csv.reader(lines, delimiter=delimiter, quotechar=quote, escapechar="\\", skipinitialspace=True)


def _quote(line: str) -> str:
    match = re.search(r"""(?:^|[,\t])\s*(['"])""", line)
    return match[1] if match else ""


def _value(text: str, attribute: _Attribute, row: int) -> float | str | None:
    if text == MISSING:
        return None
    if not attribute.numeric:
        return text
    try:
        return float(text)
    except ValueError:
        raise ValueError(
            f"row {row}: attribute {shown(attribute.name)}: {text[:80]!r} is no number; correct the value, or its type"
        ) from None
