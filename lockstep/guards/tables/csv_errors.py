"""What is wrong with a CSV file, as a person sees the file: rows counted from 1 after the header, and what to do."""

import re

from lockstep.guards.tables.contents import DELIMITERS

FIELDS = re.compile(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+): (.*)", re.DOTALL)
NOT_UTF8 = re.compile(r"In CSV column #(\d+): (?:Row #(\d+): )?.*invalid UTF8 data")
SAVE = "save it as UTF-8"


def csv_reason(error: Exception, *, header: bool = True, longest: int = 1 << 20, encode: str = SAVE) -> str:
    """One line: where, what and the remedy.

    Args:
        error: What Arrow, or decoding the text, raised.
        header: Whether the file has a line of names, which Arrow counts as a row.
        longest: Bytes that a row may have.
        encode: What to do about text that is not UTF-8.
    """
    said = str(error)
    if found := FIELDS.search(said):
        return _other_width(_row(found[1], header), int(found[2]), int(found[3]), found[4], header)
    if found := NOT_UTF8.search(said):
        return f"{_row(found[2], header)}column {int(found[1]) + 1}: is not UTF-8 text; {encode}"
    if isinstance(error, UnicodeDecodeError):
        return f"cannot be read as {error.encoding} text (byte {error.start} of a row or block); {encode}"
    if "straddling" in said:
        return f"a row is longer than {longest >> 20} MiB; close its quote, or take long texts out of the table"
    if "Empty CSV" in said:
        return "there is no complete line of column names; close its quote, or write one line with a name per column"
    return "".join(sign if sign.isprintable() else "?" for sign in first_line(error))


def first_line(error: Exception) -> str:
    """The first line of what Arrow says; more is of its own code."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _row(number: str | None, header: bool) -> str:
    return f"row {int(number) - header}: " if number else ""


def _other_width(row: str, expected: int, found: int, text: str, header: bool) -> str:
    remedy = "write one value per column"
    if '"' in text:
        remedy = "close the quote"
    elif expected == 1:
        remedy = "remove the notes before the line of column names, or correct the delimiter"
    elif found == expected + 1 and text.rstrip().endswith(DELIMITERS):
        remedy = "remove the delimiter at the end of the rows, or name the column there"
    names = "the header" if header else "`source.header`"
    return f"{row}has {found} values, {names} {expected} names: {text.strip()[:60]!r}; {remedy}"
