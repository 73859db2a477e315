"""reports/index.html: one self-contained page that needs no network."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from lockstep.data.tables import replacing

TEMPLATE = Path(__file__).with_name("page.html.jinja")


def write_page(
    path: Path,
    *,
    about: Mapping[str, Any],
    metrics: Mapping[str, Any],
    gates: Mapping[str, Any],
    best: Mapping[str, Any],
    search: Mapping[str, Any],
    figures: Sequence[Path],
) -> None:
    """Render the page.

    Args:
        path: Where to write it.
        about: Rows, features and target of the run.
        metrics: The content of metrics.json.
        gates: The content of gates.json.
        best: The content of best_params.json.
        search: The content of search.json.
        figures: PNG files, embedded in this order.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        about=about,
        rows=[
            ("test", metrics["test"]),
            ("cross-validation", metrics["cv"]),
            ("training", metrics["train"]),
            *((f"baseline: {name.replace('_', ' ')}", values) for name, values in metrics["baseline"].items()),
        ],
        gates=gates,
        best=best,
        search=search,
        figures=[(_caption(file), base64.b64encode(file.read_bytes()).decode("ascii")) for file in figures],
    )
    with replacing(path) as part:
        part.write_text(page, encoding="utf-8")


def _caption(file: Path) -> str:
    return file.stem.replace("_", " ")
