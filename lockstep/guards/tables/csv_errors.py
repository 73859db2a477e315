"""Errors in a CSV file in the user's terms: rows counted from 1 after the header, and a remedy."""

import re

from lockstep.guards.tables.csv_delimiters import DELIMITERS

FIELDS = re.compile(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+): (.*)", re.DOTALL)
NOT_UTF8 = re.compile(r"In CSV column #(\d+): (?:Row #(\d+): )?.*invalid UTF8 data")
SAVE = "save it as UTF-8"


def csv_reason(
    error: Exception, *, header: bool = True, skipped: int = 0, longest: int = 1 << 20, encode: str = SAVE
) -> str:
    """The place, the problem and the remedy in one line.

    Args:
        error: The error of Arrow, or of decoding the text.
        header: Whether the file has a header line, which Arrow counts as a row.
        skipped: Lines skipped before the rows, which Arrow counts too.
        longest: Maximum bytes of a row.
        encode: The remedy for text that is not UTF-8.
    """
    message = str(error)
    if match := FIELDS.search(message):
        return _other_width(_row(match[1], header + skipped), int(match[2]), int(match[3]), match[4], header)
    if match := NOT_UTF8.search(message):
        return f"{_row(match[2], header + skipped)}column {int(match[1]) + 1}: is not UTF-8 text; {encode}"
    if isinstance(error, UnicodeDecodeError):
        return f"cannot be read as {error.encoding} text (byte {error.start} of a row or block); {encode}"
    if "straddling" in message:
        return f"a row is longer than {longest >> 20} MiB; close its quote, or take long texts out of the table"
    if "Empty CSV" in message:
        return "there is no complete line of column names; close its quote, or write one line with a name per column"
    return "".join(char if char.isprintable() else "?" for char in first_line(error))


def first_line(error: Exception) -> str:
    """The first line of Arrow's message; the others are about its code."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _row(number: str | None, before: int) -> str:
    return f"row {int(number) - before}: " if number else ""


def _other_width(row: str, expected: int, n_values: int, text: str, header: bool) -> str:
    remedy = "write one value per column"
    if '"' in text:
        remedy = "close the quote"
    elif text.startswith("#"):
        remedy = 'set source.comment to "#"'
    elif expected == 1:
        remedy = "skip the notes before the line of column names with source.skip_lines, or correct the delimiter"
    elif n_values == expected + 1 and text.rstrip().endswith(DELIMITERS):
        remedy = "remove the delimiter at the end of the rows, or name the column there"
    names = "the header" if header else "`source.header`"
    return f"{row}has {n_values} values, {names} {expected} names: {text.strip()[:60]!r}; {remedy}"
