"""A report as plain data, so that Markdown and HTML say the same."""

from collections.abc import Iterable
from dataclasses import dataclass

from lockstep.report.drawing import Draw


class Name(str):
    """A name out of the project, such as a parameter's or a feature's: shown as code, whatever characters it has."""

    __slots__ = ()


class Strong(str):
    """Words that matter most."""

    __slots__ = ()


# Plain text, names and strong words, one after the other.
Line = tuple[str, ...]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    line: Line


@dataclass(frozen=True)
class Bullets:
    """A list of lines."""

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class ReportTable:
    """A table; the first column is text, the others are numbers or short words.

    Attributes:
        caption: What it shows, where the columns' heads do not stand under a title of their own.
        columns: Heads of the columns.
        rows: Their cells.
        sortable: Whether another order of the rows makes sense.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sortable: bool = False


@dataclass(frozen=True)
class Figure:
    """A chart, which Markdown leaves out."""

    caption: str
    draw: Draw


Block = Paragraph | Bullets | ReportTable | Figure


@dataclass(frozen=True)
class Section:
    """A part of the report."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """The report."""

    title: Line
    sections: tuple[Section, ...]


def text(*parts: str) -> Paragraph:
    """A paragraph of parts, which stand one after the other without anything between."""
    return Paragraph(parts)


def listed(names: Iterable[str]) -> Line:
    """Names with commas between."""
    parts = list[str]()
    for name in names:
        parts += [", ", Name(name)] if parts else [Name(name)]
    return tuple(parts)
