"""A file of text, or a workbook's sheet, as new-dataset reads it: the source's settings, and why."""

import codecs
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from lockstep.errors import ConfigError, SourceError
from lockstep.fetch.file_places import Obtained
from lockstep.fetch.source import SOURCES, FileSource
from lockstep.fetch.sources.excel import ExcelSheet, sheet_as_csv
from lockstep.fetch.text_table import TextTable, kept_columns, read_text, without_empty
from lockstep.guards.tables.contents import Contents
from lockstep.guards.text.messages import listed, repeated, shown
from lockstep.inspect.files.header_names import has_headings, is_data_like, is_value, unique_names
from lockstep.inspect.files.text_encoding import TextEncoding, decodes, detect_encoding
from lockstep.inspect.files.text_layout import Layout, detect_layout

# Rows that are compared with the names.
ROWS = 2000
Inspected = tuple[FileSource, pa.Table, Mapping[str, str], tuple[str, ...]]


@dataclass(frozen=True)
class TextOptions:
    """The options of new-dataset about text: see FileOptions."""

    header: str | None
    encoding: str | None


def inspected_text(facts: Mapping[str, object], file: Obtained, options: TextOptions) -> Inspected:
    """The source csv for an unpacked file of text, its table, the reasons of its settings, and notes.

    Raises:
        SourceError: if it is no table.
        ConfigError: if an option does not fit the file.
    """
    contents = Contents.of(file.file)
    if contents.blank:
        raise SourceError(f"{file.label}: the file is empty; check the source")
    encoding = _encoding(file, contents, options.encoding)
    if not encoding.name.startswith(("utf-16", "utf-32")) and b"\0" in contents.head:
        raise SourceError(f"{file.label}: is no table: neither text nor Parquet; save it as CSV or Parquet")
    layout = detect_layout(contents.head.decode(encoding.name, errors="ignore"), file.label)
    fields = {"kind": "csv", "delimiter": layout.delimiter, "encoding": encoding.name, "comment": layout.comment}
    source, table, reasons, notes = _inspected({**facts, **fields}, layout, file, options, _read_csv)
    if encoding.samples:
        samples = ", ".join(map(shown, encoding.samples))
        reasons = {**reasons, "encoding": f"not UTF-8; so read, it has: {samples}"}
        notes = (
            f"the text is not UTF-8; read as {encoding.name}, it has: {samples}; if that is wrong, name another"
            " encoding: --encoding NAME, or source.encoding in the dataset file",
            *notes,
        )
    return source, table, reasons, notes


def inspected_sheet(
    facts: Mapping[str, object], obtained: Obtained, options: TextOptions, sheet: str | None
) -> Inspected:
    """The same for a sheet of a workbook.

    Raises:
        SourceError: if it is damaged, has several sheets and none is named, or the sheet is no table.
        ConfigError: if an option does not fit the file.
    """
    if options.encoding is not None:
        raise ConfigError(f"--encoding: {obtained.label} has its own; leave the option out")
    with sheet_as_csv(obtained, sheet) as (file, title):
        copy = Obtained(file, obtained.label)
        contents = Contents.of(file)
        if contents.blank:
            raise SourceError(f"{obtained.label}: sheet {shown(title)} is empty; name another with --sheet NAME")
        layout = detect_layout(contents.head.decode("utf-8", errors="ignore"), obtained.label, (",",))
        return _inspected({**facts, "kind": "excel", "sheet": title}, layout, copy, options, _read_sheet)


def _encoding(file: Obtained, contents: Contents, named: str | None) -> TextEncoding:
    if named is None:
        return detect_encoding(file.file, contents, file.label)
    try:
        b"a".decode(named, "ignore")
        codecs.getincrementaldecoder(named)
    except (LookupError, UnicodeError):
        raise ConfigError(f"--encoding {named}: is unknown; write it as Python does: cp1251, shift_jis") from None
    if not decodes(file.file, named):
        raise ConfigError(f"--encoding {named}: {file.label} is no such text; name another, or leave the option out")
    return TextEncoding(named)


def _read_csv(source: TextTable, file: Obtained) -> pa.Table:
    return source.read(file)


def _read_sheet(source: TextTable, file: Obtained) -> pa.Table:
    return read_text(source, file, ",", "utf-8")


def _inspected(
    facts: Mapping[str, object],
    layout: Layout,
    file: Obtained,
    options: TextOptions,
    read: Callable[[TextTable, Obtained], pa.Table],
) -> Inspected:
    """The source with its table; its names are those of the file, made unique, or a person's."""
    fields = {
        **{name: value for name, value in facts.items() if value is not None},
        **{"skip_lines": layout.skip_lines, "skip_after_header": layout.skip_after_header, "header": layout.header},
        "drop_empty": False,
    }
    source: TextTable = SOURCES.parse(fields)
    whole = read(source, file)
    kept, table = kept_columns(whole), without_empty(whole)
    reasons = dict(layout.reasons)
    if table.shape != whole.shape:
        fields["drop_empty"] = True
        reasons["drop_empty"] = _dropped(whole, table)
    naming = _naming(table, layout, options.header, file.label)
    if naming:
        # the names of columns that are left out stay empty
        names = dict(zip(kept, naming.names, strict=True))
        header = tuple(names.get(index, "") for index in range(whole.num_columns))
        fields |= {"header": header, "skip_lines": naming.skip_lines, "skip_after_header": 0}
        reasons["header"] = naming.reason
    if isinstance(source, ExcelSheet):
        # the default of a workbook
        fields["drop_empty"] = True
    source = SOURCES.parse(fields)
    table = source.checked(read(source, file) if naming else table, file.label)
    notes = tuple(f"source.{name}: {reason}" for name, reason in reasons.items())
    return source, table, reasons, notes


def _dropped(whole: pa.Table, table: pa.Table) -> str:
    sizes = ((whole.num_columns - table.num_columns, "columns"), (whole.num_rows - table.num_rows, "last rows"))
    parts = (f"{size:,} {what if size > 1 else what.removesuffix('s')}" for size, what in sizes if size)
    return " and ".join(parts) + " without any value"


@dataclass(frozen=True)
class _Naming:
    """Names for the dataset file.

    Attributes:
        names: Of the columns that are kept.
        skip_lines: Lines above the first row of values.
        reason: Why they are not the file's.
    """

    names: tuple[str, ...]
    skip_lines: int
    reason: str


def _naming(table: pa.Table, layout: Layout, header: str | None, label: str) -> _Naming | None:
    names = table.column_names
    columns = [column.slice(0, ROWS).to_pylist() for column in table.columns]
    data_like = layout.header is None and is_data_like(names, columns)
    if header not in (None, "first"):
        given = _given_names(str(header), table.num_columns, label)
        replaces = not data_like and (layout.header is not None or has_headings(names, columns))
        skip_lines = layout.names_end if replaces else layout.skip_lines
        return _Naming(given, skip_lines, f"given, in place of {listed(names)}" if replaces else "given")
    if data_like and header is None:
        raise SourceError(_refusal(names, label))
    unique = unique_names(names)
    if unique == tuple(names):
        return None
    changed = [new for old, new in zip(names, unique, strict=True) if old != new]
    again = repeated([name for name in names if name.strip()])
    reason = f"{listed(again)} stands more than once" if again else "several columns have no name"
    return _Naming(unique, layout.names_end, f"{reason}; named here: {listed(changed)}")


def _given_names(header: str, width: int, label: str) -> tuple[str, ...]:
    if header == "none":
        return tuple(f"c{number}" for number in range(1, width + 1))
    names = tuple(name.strip() for name in header.split(","))
    if len(names) != width:
        raise ConfigError(
            f"--header: has {len(names)} names, {label} {width} columns; name each, or take c1 to c{width} with"
            " --header none"
        )
    if again := repeated(names):
        raise ConfigError(f"--header: {again[0]!r} stands twice; give each column a name of its own")
    return names


def _refusal(names: Sequence[str], label: str) -> str:
    """The refusal of a first line that is a row of values."""
    what = "numbers or dates, not names" if any(map(is_value, names)) else "values of the columns, not names"
    example = ",".join("abcdefghij"[: len(names)]) if len(names) <= 10 else "a,b,..."
    return (
        f"{label}: the first line has {what}: {listed(names[:5])}; name the columns with --header {example}, or take"
        f" c1 to c{len(names)} with --header none; if it is the line of names, --header first"
    )
