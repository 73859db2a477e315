"""The report as Markdown that is also readable on a terminal: GitHub tables with aligned columns."""

import re
import unicodedata

from lockstep.compare.document import Block, Bullets, Document, Line, Name, Paragraph, ReportTable, Strong

# Characters with a special meaning in Markdown or on GitHub.
SPECIAL = re.compile(r"([\\`*\[\]|~<>@#]|(?<!\w)_|_(?!\w))")


def markdown(document: Document) -> str:
    """The whole report without figures."""
    parts = [f"# {_inline(document.title)}"]
    for section in document.sections:
        parts.append(f"## {_inline((section.title,))}")
        parts += [rendered for block in section.blocks if (rendered := _block(block))]
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return _inline(block.line)
    if isinstance(block, Bullets):
        return "\n".join(f"- {_inline(line)}" for line in block.lines)
    return _table(block) if isinstance(block, ReportTable) else ""


def _table(table: ReportTable) -> str:
    rows = [[_inline((cell,)) for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(3, *(_width(cell) for cell in column)) for column in zip(*rows, strict=True)]
    head, *body = (_row(row, widths) for row in rows)
    rule = [f":{'-' * (widths[0] - 1)}", *(f"{'-' * (width - 1)}:" for width in widths[1:])]
    return "\n".join([head, f"| {' | '.join(rule)} |", *body])


def _row(cells: list[str], widths: list[int]) -> str:
    padded = [
        cell + " " * (width - _width(cell)) if place == 0 else " " * (width - _width(cell)) + cell
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"


def _width(cell: str) -> int:
    """Width in terminal columns; Chinese characters take two."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in cell
    )


def _inline(line: Line) -> str:
    return "".join(_part(part) for part in line)


def _part(part: str) -> str:
    plain = _visible(" ".join(part.split()) if isinstance(part, Name) else re.sub(r"\s", " ", part))
    if isinstance(part, Name):
        return _code(plain)
    escaped = SPECIAL.sub(_escaped, plain)
    return f"**{escaped}**" if isinstance(part, Strong) else escaped


def _visible(text: str) -> str:
    """Replace control characters by their escape codes."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _escaped(match: re.Match[str]) -> str:
    return {"<": "&lt;", ">": "&gt;", "@": "&#64;"}.get(match[0], f"\\{match[0]}")


def _code(name: str) -> str:
    """A code span, fenced by more backticks than the name has in a row; a | must be escaped for tables even here."""
    longest = max((len(run) for run in re.findall("`+", name)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{pad}{name}{pad}{fence}".replace("|", "\\|")
