"""A report as plain data, from which both Markdown and HTML are rendered."""

from collections.abc import Iterable
from dataclasses import dataclass

from lockstep.report.drawing import Draw


class Name(str):
    """A name from the project, such as that of a parameter or a feature: shown as code, whatever its characters."""

    __slots__ = ()


class Strong(str):
    """Emphasised words."""

    __slots__ = ()


# Plain text, names and emphasised words, in order.
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
        caption: Its title.
        columns: Headings of the columns.
        rows: The cells.
        sortable: Whether the reader may sort the rows.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sortable: bool = False


@dataclass(frozen=True)
class Figure:
    """A chart; Markdown omits it."""

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
    """A paragraph of parts, joined without separators."""
    return Paragraph(parts)


def listed(names: Iterable[str]) -> Line:
    """Names separated by commas."""
    parts = list[str]()
    for name in names:
        parts += [", ", Name(name)] if parts else [Name(name)]
    return tuple(parts)
