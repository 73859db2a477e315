"""The report as one self-contained page in the style of reports/index.html."""

from pathlib import Path
from typing import Any

from lockstep.compare.document import Block, Bullets, Document, Line, Name, Paragraph, ReportTable, Strong
from lockstep.report.drawing import Picture, one_chart
from lockstep.report.templates import environment

TEMPLATE = Path(__file__).with_name("page.html.jinja")


def html(document: Document) -> str:
    """The whole report, with its figures."""
    sections = [
        {"title": section.title, "blocks": [_block(block) for block in section.blocks]} for section in document.sections
    ]
    template = environment().from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(title=_line(document.title), sections=sections)


def _block(block: Block) -> dict[str, Any]:
    kind = type(block).__name__
    if isinstance(block, Paragraph):
        return {"kind": kind, "line": _line(block.line)}
    if isinstance(block, Bullets):
        return {"kind": kind, "lines": [_line(line) for line in block.lines]}
    if isinstance(block, ReportTable):
        rows = [[_part(cell) for cell in row] for row in block.rows]
        return {
            "kind": kind,
            "caption": block.caption,
            "sortable": block.sortable,
            "columns": [_part(cell) for cell in block.columns],
            "rows": rows,
        }
    return {"kind": kind, "picture": Picture(one_chart(block.draw), block.caption, block.caption)}


def _line(line: Line) -> list[tuple[str, str]]:
    return [_part(part) for part in line]


def _part(part: str) -> tuple[str, str]:
    return "name" if isinstance(part, Name) else "strong" if isinstance(part, Strong) else "plain", str(part)
